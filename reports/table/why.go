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
		case t.kind != arbench.CleanCell, t.name == accuracy && t.split == arbench.Test: // is in the ledger
		case (t.split != arbench.Train || t.name == accuracy) && slices.Contains(plainOutputs[t.name], t.detail):
			main = append(main, t)
		case detailedOutputs[t.name] == nil || slices.Contains(detailedOutputs[t.name], t.detail):
			detail = append(detail, t)
		}
	}
	s := Section{
		Title: "What it regularizes: the outputs",
		Text: "Test examples, but for the accuracy on training examples; other training examples and more quantiles are folded away, and every quantile is in " +
			"the CSV and JSON reports. Models of one net side by side, the twin first, then by the eps they " +
			"were trained against. " +
			"▲ and ▼ mark numbers above and below the twin's by a difference whose interval excludes 0; where " +
			"nothing differs, about one comparison in " + format(1/(1-b.level), 0) + " is marked by chance, and " +
			"there are many here. What goes along with robustness need not come from it.",
	}
	for _, group := range b.columnGroups() {
		p := b.beside("", group, main, b.arrow)
		title := "Training examples, quantiles and groups of examples: " + strings.Join(group, ", ")
		q := b.beside(title, group, detail, b.arrow)
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
	heads := []string{"quantity", "split", "rests on"}
	for _, name := range group {
		heads = append(heads, "#"+name)
	}
	var rows [][]Text
	for _, t := range topics {
		if row := b.besideRow(group, t, mark); row != nil {
			rows = append(rows, row)
		}
	}
	return tabulate(title, columns(heads...), rows)
}

// besideRow is the row of t, nil if none of the models has it.
func (b *builder) besideRow(group []string, t topic, mark func(string, topic) string) []Text {
	numbers := make([]Number, len(group))
	found := false
	for i, name := range group {
		numbers[i] = b.index.number(name, t)
		found = found || numbers[i].Seeds > 0
	}
	if !found {
		return nil
	}
	rests, alike := together(numbers)
	row := []Text{plain(b.about(t)), plain(dash(string(t.split))), plain(rests)}
	for i, n := range numbers {
		s := n.String()
		if alike {
			s = n.short()
		}
		row = append(row, b.text(s+mark(group[i], t), n.Warnings))
	}
	return row
}

// shared returns what all of numbers rest on, and each as a cell that says it itself only where they
// differ.
func (b *builder) shared(numbers ...Number) (rests Text, cells []Text) {
	rests = plain("–")
	alike := true
	for _, n := range numbers {
		if r := n.rests(); r != "" {
			alike = alike && (rests.Text == "–" || rests.Text == r)
			rests.Text = r
		}
	}
	if !alike {
		rests.Text = "–"
	}
	for _, n := range numbers {
		s := n.String()
		if alike && n.Seeds > 0 {
			s = n.short()
		}
		cells = append(cells, b.text(s, n.Warnings))
	}
	return rests, cells
}

// together returns what all of numbers rest on. If they differ in the number of seeds they are not
// alike, and each must say it.
func together(numbers []Number) (rests string, alike bool) {
	var all Number
	for _, n := range numbers {
		switch {
		case n.Seeds == 0:
		case all.Seeds == 0:
			all = n
		case n.Seeds != all.Seeds:
			return "–", false
		default:
			all.Least, all.Most = min(all.Least, n.Least), max(all.Most, n.Most)
		}
	}
	return dash(all.rests()), true
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
	case t.name == classCost, t.name == marginCost:
		s = "drop, " + t.detail
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
