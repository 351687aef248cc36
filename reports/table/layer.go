package table

import (
	"cmp"
	"fmt"
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
			"(local gain), and how unevenly over random directions (direction spread). Layer by layer there "+
			"are the relative change and the gain toward two neighbours; the rest, standard deviations and "+
			"quantiles over examples are in the CSV and JSON reports.")
}

// layered names quantities that each layer has: those that are counted over layers, those that are
// listed layer by layer, and others, which are left to the CSV and JSON reports.
type layered struct {
	counted, listed, unlisted []string

	neighbours []string // suffixes of the details that are listed; nil is all
}

// all returns the names of all the quantities, some twice.
func (l layered) all() []string { return slices.Concat(l.counted, l.listed, l.unlisted) }

// lists reports whether t is listed.
func (l layered) lists(t topic) bool {
	return l.neighbours == nil || slices.Contains(l.neighbours, suffix(t.detail))
}

// layered is a section of such quantities: for each net the count and, folded, every layer.
func (b *builder) layered(title string, names layered, text string) Section {
	b.use(arbench.ProbeCell, names.all()...)
	b.useSpreads(names.all())
	listed := slices.DeleteFunc(b.named(names.listed), func(t topic) bool { return !names.lists(t) })
	s := Section{Title: title, Text: text + " A cell of the first table says in how many layers the " +
		"model's number is smaller than its twin's, in how many the interval of their ratio lies below 1, " +
		"and the geometric mean of the ratios over layers with its interval. Layer by layer, ▲ and ▼ mark " +
		"ratios whose interval lies above and below 1; some do so by chance."}
	for _, group := range b.columnGroups() {
		if p := b.counts(group, b.layerGroups(names.counted)); len(p.Rows) > 0 {
			s.Parts = append(s.Parts, p)
		}
		p := b.beside("Layer by layer: "+strings.Join(group, ", "), group, b.inOrder(group, listed), b.beyond)
		if p.Folded = true; len(p.Rows) > 0 {
			s.Parts = append(s.Parts, p)
		}
	}
	return s
}

// inOrder sorts topics, which are by quantity, within each as the answers of the models of one net have them:
// layers from the image on, where another net may have some of the same name in another order.
func (x *index) inOrder(group []string, topics []topic) []topic {
	quantity, place := map[string]int{}, map[topic]int{}
	for i, t := range topics {
		quantity[t.name] = i
	}
	for _, c := range x.r.Cells {
		if !slices.Contains(group, c.Cell.Model) {
			continue
		}
		for _, q := range c.Quantities {
			t := topicIn(c.Cell, q)
			if _, ok := place[t]; !ok {
				place[t] = len(place)
			}
		}
	}
	return slices.SortedStableFunc(slices.Values(topics), func(a, b topic) int {
		return cmp.Or(cmp.Compare(quantity[a.name], quantity[b.name]), cmp.Compare(place[a], place[b]))
	})
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

// beyond marks a number whose ratio to the twin's is clearly above or below 1.
func (x *index) beyond(name string, t topic) string {
	r := poolOn(ratios, x.against(name, t, ratio), x.level)
	switch {
	case r.Seeds == 0 || r.Exact || r.Alone:
		return ""
	case r.Lo > 1:
		return " ▲"
	case r.Hi < 1:
		return " ▼"
	}
	return ""
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
	mean                     Number // geometric, of the ratios over layers
}

func (x *index) sum(name string, g layerGroup) sum {
	var s sum
	bySeed := make(map[uint64][]arbench.Quantity)
	for _, t := range g.topics {
		of := x.against(name, t, ratio)
		r := poolOn(ratios, of, x.level)
		if r.Seeds == 0 || !finite(r.Value) || r.Value <= 0 {
			continue
		}
		s.layers++
		if r.Value < 1 {
			s.smaller++
		}
		if r.Hi < 1 && !r.Exact && !r.Alone { // these are clear about one training, or one example
			s.clearly++
		}
		for _, one := range of {
			bySeed[one.seed] = append(bySeed[one.seed], one.q)
		}
	}
	var means []sample
	for _, m := range x.models[name] {
		if qs := bySeed[m.Seed]; len(qs) == s.layers && len(qs) > 0 {
			means = append(means, sample{m.Seed, overLayers(qs)})
		}
	}
	s.mean = poolOn(ratios, means, x.level)
	return s
}

// overLayers returns the geometric mean of ratios of several layers, with that of their limits: the
// layers have their examples in common.
func overLayers(ratio []arbench.Quantity) arbench.Quantity {
	var values, lows, highs []float64
	for _, q := range ratio {
		values, lows, highs = append(values, q.Value), append(lows, q.Lo), append(highs, q.Hi)
	}
	return arbench.Quantity{
		Split: ratio[0].Split, N: ratio[0].N,
		Value: ratios.mean(values, values), Lo: ratios.mean(lows, values), Hi: ratios.mean(highs, values),
	}
}

// String returns the sum as a cell.
func (s sum) String() string {
	if s.layers == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d, %d clearly, ×%s", s.smaller, s.layers, s.clearly, s.mean.short())
}
