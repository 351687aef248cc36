package table

import (
	"fmt"

	"github.com/arbench/arbench"
)

// cascades is the section on what each stage of an attack with stages broke, left and spent.
func (b *builder) cascades() Section {
	b.use(arbench.AttackCell, leftAfter, brokenBy, stageForward, stageBackward)
	s := Section{
		Title: "Cascades",
		Text: "An attack of several stages, each put to the examples that no stage before it broke. An example " +
			"belongs to the first stage that broke it. Passes are of a stage, divided by all examples of the attack. " +
			"A last stage without gradients that breaks what those with gradients left is a sign of masked gradients.",
	}
	for _, t := range b.under(arbench.Test) {
		var rows [][]Text
		for _, name := range b.names() {
			rows = append(rows, b.stages(name, t)...)
		}
		if len(rows) == 0 {
			continue
		}
		title := fmt.Sprintf("%s at %s", t.attack, b.threat(t.threat))
		s.Parts = append(s.Parts, tabulate(title, columns("model", "stage", "#broken", "#left",
			"#forward passes", "#backward passes"), rows))
	}
	return s
}

// stages returns the rows of one model under the attack of t, one for each stage, in order.
func (b *builder) stages(model string, t topic) [][]Text {
	var rows [][]Text
	for _, after := range b.find(func(o topic) bool {
		return o.kind == arbench.AttackCell && o.name == leftAfter &&
			o.attack == t.attack && o.threat == t.threat && o.split == t.split
	}) {
		n := b.index.number(model, after)
		if n.Seeds == 0 {
			continue
		}
		row := []Text{plain(model), plain(after.detail)}
		of := func(name string) Number {
			after.name = name
			return b.index.number(model, after)
		}
		broken := of(brokenBy)
		row = append(row, b.text(broken.short(), broken.Warnings), b.number(n))
		for _, name := range []string{stageForward, stageBackward} {
			row = append(row, plain(of(name).value()))
		}
		rows = append(rows, row)
	}
	return rows
}
