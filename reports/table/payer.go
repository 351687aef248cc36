package table

import (
	"cmp"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// maxClasses is the greatest number of classes in a table of who pays.
const maxClasses = 10

// payers is the section on which examples the drop in clean accuracy is of.
func (b *builder) payers() Section {
	b.use(arbench.CleanCell, lost, won, classCost, marginCost)
	s := Section{
		Title: "Who pays",
		Text: "The drop in clean test accuracy is what was lost less what was won: examples that the twin has " +
			"right and the model wrong, and the reverse. Below it are the drops of quarters of the examples by " +
			"the twin's logit margin, and of classes, those that lose most to the model trained against the " +
			"greatest eps first. ▲ and ▼ mark drops and rises whose interval excludes 0. The lowest quarter has " +
			"the twin's errors, some of which any other net gets right, and so it seems to pay too little.",
	}
	for _, group := range b.columnGroups() {
		if len(group) < 2 {
			continue
		}
		group = group[1:]
		p := b.beside("", group, b.clean([]string{lost, won, marginCost}), b.sign)
		q := b.beside("By class: "+strings.Join(group, ", "), group, b.classes(group[len(group)-1]), b.sign)
		if n := len(q.Rows) - maxClasses; n > 0 {
			q.Rows, q.LeftOut = q.Rows[:maxClasses], q.LeftOut+n
		}
		for _, p := range []Part{p, q} {
			if len(p.Rows) > 0 {
				s.Parts = append(s.Parts, p)
			}
		}
	}
	return s
}

// clean returns the topics of the named quantities of clean test examples, by name in the order given.
func (x *index) clean(names []string) []topic {
	return slices.DeleteFunc(x.named(names), func(t topic) bool {
		return t.kind != arbench.CleanCell || t.split != arbench.Test
	})
}

// classes returns the topics of the drop of each class, the greatest drop of a model first.
func (x *index) classes(model string) []topic {
	topics := x.clean([]string{classCost})
	slices.SortStableFunc(topics, func(a, b topic) int {
		return cmp.Compare(x.number(model, b).Value, x.number(model, a).Value)
	})
	return topics
}

// sign marks a drop that is clearly above or below 0. That examples were lost or won is no mark.
func (x *index) sign(name string, t topic) string {
	n := x.number(name, t)
	switch {
	case t.name == lost || t.name == won || n.Seeds == 0:
		return ""
	case n.Lo > 0:
		return " ▲"
	case n.Hi < 0:
		return " ▼"
	}
	return ""
}
