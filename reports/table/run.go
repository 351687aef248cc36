package table

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/arbench/arbench"
)

// attacks is the section on each attack: its options, what it left, what it spent.
func (b *builder) attacks() Section {
	s := Section{
		Title: "Attacks",
		Text: "Accuracy on test examples that the attack left. Passes are examples put through the net, " +
			"forward and backward, in all seeds together; seconds are a fact of the machine.",
	}
	if b.answeredOnce() {
		s.Text += " What an attack that looks for the smallest change spent stands beside every eps, and was spent once."
	}
	b.use(arbench.AttackCell, spent...)
	var rows [][]Text
	for _, t := range b.under(arbench.Test) {
		for _, name := range b.names() {
			if n := b.index.number(name, t); n.Seeds > 0 {
				passes, seconds := b.spent(name, t)
				rows = append(rows, []Text{
					plain(b.titled(t.attack)), plain(b.threat(t.threat)), plain(name), b.number(n), plain(dash(string(n.Trust))),
					plain(fmt.Sprint(passes.Forward)), plain(fmt.Sprint(passes.Backward)),
					plain(duration(seconds)),
				})
			}
		}
	}
	if len(rows) > 0 {
		p := tabulate("Every attack on every model", columns("attack", "threat", "model", "#accuracy", "trust",
			"#forward passes", "#backward passes", "#time"), rows)
		p.Folded = true
		s.Parts = append(s.Parts, p)
	}
	if p := options("Options of the attacks", b.r.Cells, func(c arbench.Cell) string {
		return c.Attack
	}); p.Listing != "" {
		s.Parts = append(s.Parts, p)
	}
	return s
}

// answeredOnce reports whether one answer of an attack is that of two threats.
func (x *index) answeredOnce() bool {
	for _, r := range x.rays() {
		for i := 1; i < len(r.at); i++ {
			if x.oneAnswer(r.at[i-1], r.at[i]) {
				return true
			}
		}
	}
	return false
}

// oneAnswer reports whether an attack answered within two threats at once, as one that looks for the
// smallest change does.
func (x *index) oneAnswer(a, b topic) bool {
	ids := map[string]bool{}
	about := func(c arbench.Result, t topic) bool {
		return c.Cell.Attack == t.attack && c.Cell.Threat == t.threat && c.Cell.Split == t.split
	}
	for _, c := range x.r.Cells {
		ids[c.ID] = ids[c.ID] || c.ID != "" && about(c, a)
	}
	return slices.ContainsFunc(x.r.Cells, func(c arbench.Result) bool { return ids[c.ID] && about(c, b) })
}

// spent returns what an attack spent on a model, over all seeds.
func (x *index) spent(model string, t topic) (passes arbench.Passes, seconds float64) {
	for _, c := range x.r.Cells {
		if c.Cell.Kind == arbench.AttackCell && c.Cell.Model == model && c.Cell.Attack == t.attack &&
			c.Cell.Threat == t.threat && c.Cell.Split == t.split {
			passes.Add(c.Passes)
			seconds += c.Seconds
		}
	}
	return passes, seconds
}

// options lists, in TOML, the options of what name names in each cell, each set once.
func options(title string, cells []arbench.Result, name func(arbench.Cell) string) Part {
	var list []string
	for _, c := range cells {
		n := name(c.Cell)
		text := fmt.Sprintf("[%s]\n%s", n, strings.TrimSpace(c.Options))
		if n != "" && c.Options != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return Part{Title: title, Folded: true, Listing: strings.Join(list, "\n\n")}
}

// duration returns seconds as people write them.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return format(seconds, 2) + " s"
	case d < 10*time.Minute:
		return format(seconds, 0) + " s"
	case d < 10*time.Hour:
		return format(d.Minutes(), 0) + " min"
	}
	return format(d.Hours(), 0) + " h"
}
