package table

import (
	"fmt"
	"math"
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
		p := b.beside("", group, main)
		q := b.beside("Quantiles and groups of examples: "+strings.Join(group, ", "), group, detail)
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

// beside is a table of topics as rows and models as columns.
func (b *builder) beside(title string, group []string, topics []topic) Part {
	heads := []string{"quantity", "split"}
	for _, name := range group {
		heads = append(heads, "#"+name)
	}
	var rows [][]Text
	for _, t := range topics {
		row := []Text{plain(b.about(t)), plain(dash(string(t.split)))}
		any := false
		for _, name := range group {
			n := b.index.number(name, t)
			any = any || n.Seeds > 0
			row = append(row, b.text(n.String()+b.arrow(name, t), n.Warnings))
		}
		if any {
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
	s := words(t.name)
	switch {
	case t.name == near:
		s += ", within " + t.detail
	case t.detail != "":
		s += ", " + t.detail
	}
	if w := x.where(t); w != "" {
		s += ", " + w
	}
	return s
}

// spectra is the section on the singular values of each layer.
func (b *builder) spectra() Section {
	return b.layered("What it regularizes: the weights", spectral,
		"Singular values of each layer's weights: their standard deviation is small where a layer "+
			"stretches all directions alike. A ratio is the model's number divided by its twin's.")
}

// features is the section on how far each layer's output moves with the image.
func (b *builder) features() Section {
	return b.layered("What it regularizes: the features", featural,
		"How far each layer's output moves when the image moves to a neighbour: absolute, relative to the "+
			"output's size, per length of the image's change (gain), and how unevenly over random directions "+
			"(direction spread). A ratio is the model's number divided by its twin's.")
}

// layered is a section of quantities that each layer has: a summary, and a table for each pair.
func (b *builder) layered(title string, names []string, text string) Section {
	b.use(arbench.ProbeCell, names...)
	s := Section{Title: title, Text: text}
	var sums [][]Text
	var parts []Part
	for _, name := range b.pairs() {
		var rows [][]Text
		for _, g := range b.layerGroups(names) {
			sum := b.sum(name, g)
			if sum.layers == 0 {
				continue
			}
			sums = append(sums, sum.row(name, g))
			rows = append(rows, b.layerRows(name, g)...)
		}
		if len(rows) > 0 {
			p := tabulate(name+" beside "+b.twin(name)+", layer by layer", columns("quantity", "layer",
				"#"+name, "#"+b.twin(name), "#ratio"), rows)
			p.Folded = true
			parts = append(parts, p)
		}
	}
	if len(sums) > 0 {
		s.Parts = append([]Part{tabulate("", columns("model", "quantity", "#smaller than the twin's",
			"#clearly so (interval below 1)", "#mean ratio", "#least and greatest ratio"), sums)}, parts...)
	}
	return s
}

// A layerGroup is one quantity of all layers.
type layerGroup struct {
	about  string
	topics []topic
}

// layerGroups splits the topics of the named quantities by quantity, probe and, where the detail is
// "layer/neighbour", neighbour.
func (x *index) layerGroups(names []string) []layerGroup {
	var out []layerGroup
	for _, t := range x.named(names) {
		about := words(t.name)
		if _, neighbour := layer(t.detail); neighbour != "" {
			about += ", " + neighbour
		}
		if x.probesOf(t.name) > 1 {
			about += ", " + x.where(t)
		}
		i := slices.IndexFunc(out, func(g layerGroup) bool { return g.about == about })
		if i < 0 {
			i = len(out)
			out = append(out, layerGroup{about: about})
		}
		out[i].topics = append(out[i].topics, t)
	}
	return out
}

// probesOf returns how many probes of the suite gave the named quantity.
func (x *index) probesOf(name string) int {
	seen := make(map[string]bool)
	for _, t := range x.topics {
		if t.name == name {
			seen[t.probe] = true
		}
	}
	return len(seen)
}

// layer splits a detail into the layer and what follows the last slash, if anything does.
func layer(detail string) (name, rest string) {
	if i := strings.LastIndexByte(detail, '/'); i >= 0 {
		return detail[:i], detail[i+1:]
	}
	return detail, ""
}

// A sum counts layers by the ratio of the model's number to the twin's.
type sum struct {
	layers, smaller, clearly int
	logs, least, greatest    float64
}

func (b *builder) sum(name string, g layerGroup) sum {
	s := sum{least: math.Inf(1), greatest: math.Inf(-1)}
	for _, t := range g.topics {
		r := pool(b.against(name, t, ratio), b.level)
		if r.Seeds == 0 || !finite(r.Value) || r.Value <= 0 {
			continue
		}
		s.layers++
		s.logs += math.Log(r.Value)
		s.least, s.greatest = min(s.least, r.Value), max(s.greatest, r.Value)
		if r.Value < 1 {
			s.smaller++
		}
		if r.Hi < 1 {
			s.clearly++
		}
	}
	return s
}

func (s sum) row(name string, g layerGroup) []Text {
	of := func(k int) Text { return plain(fmt.Sprintf("%d of %s", k, count(s.layers, "layer"))) }
	ratio := func(v float64) string { return format(v, significant(v)) }
	return []Text{
		plain(name), plain(g.about), of(s.smaller), of(s.clearly),
		plain(ratio(math.Exp(s.logs / float64(s.layers)))),
		plain(ratio(s.least) + " – " + ratio(s.greatest)),
	}
}

func (b *builder) layerRows(name string, g layerGroup) [][]Text {
	var rows [][]Text
	for _, t := range g.topics {
		own := b.index.number(name, t)
		if own.Seeds == 0 {
			continue
		}
		l, _ := layer(t.detail)
		rows = append(rows, []Text{
			plain(g.about), plain(l), b.number(own), b.number(b.index.number(b.twin(name), t)),
			b.number(pool(b.against(name, t, ratio), b.level)),
		})
	}
	return rows
}
