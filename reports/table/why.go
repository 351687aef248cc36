package table

import (
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// regularized is the section on what became of the outputs.
func (b *builder) regularized() Section {
	b.use(arbench.CleanCell, outputs...)
	var main, detail []topic
	for _, t := range b.named(outputs) {
		switch {
		case t.kind != arbench.CleanCell:
		case slices.Contains(plainOutputs[t.name], t.detail):
			main = append(main, t)
		default:
			detail = append(detail, t)
		}
	}
	s := Section{
		Title: "What it regularizes: the outputs",
		Text: "Models of one net side by side, the twin first, then by the eps they were trained against. " +
			"▲ and ▼ mark numbers above and below the twin's by a difference whose interval excludes 0. What " +
			"goes along with robustness need not come from it.",
	}
	for _, group := range b.columnGroups() {
		p := b.beside("", group, main, b.arrow)
		q := b.beside("Quantiles and groups of examples: "+strings.Join(group, ", "), group, detail, b.arrow)
		q.Folded = true
		for _, p := range []Part{p, q} {
			if len(p.Rows) > 0 {
				s.Parts = append(s.Parts, p)
			}
		}
	}
	return s
}

// maxBeside is the greatest number of models side by side.
const maxBeside = 6

// columnGroups returns the models of one net, its twin first, maxBeside at most and the twin again
// where there are more.
func (x *index) columnGroups() [][]string {
	var out [][]string
	for _, g := range x.groups {
		if len(g) == 1 {
			out = append(out, g)
			continue
		}
		for others := range slices.Chunk(g[1:], maxBeside-1) {
			out = append(out, slices.Concat(g[:1], others))
		}
	}
	return out
}

// beside is a table of topics as rows and models as columns, with a mark after each number.
func (b *builder) beside(
	title string, group []string, topics []topic, mark func(model string, t topic) string,
) Part {
	heads := []string{"quantity", "split"}
	for _, name := range group {
		heads = append(heads, "#"+name)
	}
	var rows [][]Text
	for _, t := range topics {
		row := []Text{plain(b.about(t)), plain(dash(string(t.split)))}
		found := false
		for _, name := range group {
			n := b.index.number(name, t)
			found = found || n.Seeds > 0
			row = append(row, b.text(n.String()+mark(name, t), n.Warnings))
		}
		if found {
			rows = append(rows, row)
		}
	}
	return tabulate(title, columns(heads...), rows)
}

// arrow marks a number that is clearly above or below the twin's.
func (x *index) arrow(name string, t topic) string {
	d := pool(x.against(name, t, difference), x.level)
	switch {
	case d.Seeds == 0 || d.Lo == d.Hi: // an exact number of one training says nothing of others
		return ""
	case d.Lo > 0:
		return " ▲"
	case d.Hi < 0:
		return " ▼"
	}
	return ""
}

// named returns the topics of the named quantities, by name in the order given.
func (x *index) named(names []string) []topic {
	var out []topic
	for _, name := range names {
		out = append(out, x.find(func(t topic) bool { return t.name == name })...)
	}
	return out
}

// about says what a topic's quantity is.
func (x *index) about(t topic) string {
	s := t.name
	switch {
	case t.name == near:
		s += ", within " + t.detail
	case t.detail != "":
		s += ", " + t.detail
	}
	if w := x.where(t); w != "" && (t.kind != arbench.ProbeCell || x.probesOf(t.name) > 1) {
		s += ", " + w
	}
	return s
}
