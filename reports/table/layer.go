package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// spectra is the section on the singular values of each layer.
func (b *builder) spectra() Section {
	return b.layered("What it regularizes: the weights", spectral,
		"Singular values of each layer's weights. Their standard deviation, and cv, which is that divided "+
			"by their mean, are small where a layer stretches all directions alike.")
}

// features is the section on how far each layer's output moves with the image.
func (b *builder) features() Section {
	return b.layered("What it regularizes: the features", featural,
		"How far each layer's output moves when the image moves to a neighbour: absolute, relative to the "+
			"output's size, per length of the image's change (gain), per length of the layer's input's change "+
			"(local gain), and how unevenly over random directions (direction spread). Standard deviations "+
			"and quantiles over examples are in the CSV report.")
}

// layered names quantities that each layer has: some are counted over layers, others only listed.
type layered struct{ counted, listed []string }

// layered is a section of such quantities: for each net the count and, folded, every layer.
func (b *builder) layered(title string, names layered, text string) Section {
	all := slices.Concat(names.counted, names.listed)
	b.use(arbench.ProbeCell, all...)
	b.useSpreads(all)
	s := Section{Title: title, Text: text + " A cell of the first table says in how many layers the " +
		"model's number is smaller than its twin's, in how many the interval of their ratio lies below 1, " +
		"and the geometric mean of the ratios; × is the ratio of one layer."}
	for _, group := range b.columnGroups() {
		if p := b.counts(group, b.layerGroups(names.counted)); len(p.Rows) > 0 {
			s.Parts = append(s.Parts, p)
		}
		p := b.beside("Layer by layer: "+strings.Join(group, ", "), group, b.named(all), b.times)
		if p.Folded = true; len(p.Rows) > 0 {
			s.Parts = append(s.Parts, p)
		}
	}
	return s
}

// useSpreads marks the standard deviations and quantiles of the named quantities as shown.
func (b *builder) useSpreads(names []string) {
	for _, t := range b.topics {
		for _, name := range names {
			if rest, ok := strings.CutPrefix(t.name, name+" "); ok &&
				(rest == "std" || strings.HasSuffix(rest, " %")) {
				b.use(t.kind, t.name)
			}
		}
	}
}

// counts is the table that counts layers, with models as columns.
func (b *builder) counts(group []string, gs []layerGroup) Part {
	heads := []string{"quantity"}
	for _, name := range group[1:] {
		heads = append(heads, "#"+name)
	}
	var rows [][]Text
	for _, g := range gs {
		row := []Text{plain(g.about())}
		found := false
		for _, name := range group[1:] {
			sum := b.sum(name, g)
			found = found || sum.layers > 0
			row = append(row, plain(sum.String()))
		}
		if found {
			rows = append(rows, row)
		}
	}
	return tabulate("", columns(heads...), rows)
}

// times returns the ratio of a model's number to its twin's, as a mark.
func (x *index) times(name string, t topic) string {
	r := pool(x.against(name, t, ratio), x.level)
	if r.Seeds == 0 || !finite(r.Value) {
		return ""
	}
	return " ×" + format(r.Value, significant(r.Value))
}

// A layerGroup is one quantity of all layers.
type layerGroup struct {
	name   string // of the quantity
	suffix string // of the detail: a neighbour, or "folded"
	probe  string // where several gave it
	topics []topic
}

func (g layerGroup) about() string {
	s := g.name
	for _, part := range []string{g.suffix, g.probe} {
		if part != "" {
			s += ", " + part
		}
	}
	return s
}

// layerGroups splits the topics of the named quantities by quantity, by what follows the layer in a
// detail "layer/suffix", and by probe.
func (x *index) layerGroups(names []string) []layerGroup {
	var out []layerGroup
	for _, t := range x.named(names) {
		g := layerGroup{name: t.name, suffix: suffix(t.detail)}
		if x.probesOf(t.name) > 1 {
			g.probe = x.where(t)
		}
		i := slices.IndexFunc(out, func(o layerGroup) bool { return o.about() == g.about() })
		if i < 0 {
			i = len(out)
			out = append(out, g)
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

// suffix returns what follows the last slash of a detail, if anything does.
func suffix(detail string) string {
	i := strings.LastIndexByte(detail, '/')
	if i < 0 {
		return ""
	}
	return detail[i+1:]
}

// A sum counts layers by the ratio of the model's number to the twin's.
type sum struct {
	layers, smaller, clearly int
	logs                     float64 // sum of the logarithms of the ratios
}

func (x *index) sum(name string, g layerGroup) sum {
	var s sum
	for _, t := range g.topics {
		r := pool(x.against(name, t, ratio), x.level)
		if r.Seeds == 0 || !finite(r.Value) || r.Value <= 0 {
			continue
		}
		s.layers++
		s.logs += math.Log(r.Value)
		if r.Value < 1 {
			s.smaller++
		}
		if r.Hi < 1 && r.Lo < r.Hi { // an exact number of one training is clear about that one only
			s.clearly++
		}
	}
	return s
}

// String returns the sum as a cell.
func (s sum) String() string {
	if s.layers == 0 {
		return "–"
	}
	mean := math.Exp(s.logs / float64(s.layers))
	return fmt.Sprintf("%d of %d, %d clearly, ×%s",
		s.smaller, s.layers, s.clearly, format(mean, significant(mean)))
}
