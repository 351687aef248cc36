package table

import (
	"cmp"
	"slices"

	"github.com/arbench/arbench"
)

// A topic is what a quantity is about, apart from model and seed.
type topic struct {
	kind   arbench.Kind
	attack string // name in the suite
	threat string // name in the suite
	probe  string // name in the suite
	name   string // of the quantity
	split  arbench.Split
	detail string
}

// A key is a topic of one model trained from one seed.
type key struct {
	topic
	model string
	seed  uint64
}

// An index finds quantities in results.
type index struct {
	r         *arbench.Results
	level     float64
	groups    [][]string                       // names of models by twin: it first, then by strength
	models    map[string][]arbench.ModelResult // by name, one for each seed
	threats   map[string]arbench.Threat        // by name
	topics    []topic                          // in order of appearance
	answers   map[key]arbench.Quantity
	common    map[key]arbench.Common // by the accuracy under an attack
	standards map[string]string      // names of the evaluations that attacks are, by attack
	again     int                    // quantities that a second cell answered, of which the first is kept
}

func newIndex(r *arbench.Results) *index {
	x := &index{
		r: r, level: r.Level,
		models:    make(map[string][]arbench.ModelResult),
		threats:   make(map[string]arbench.Threat),
		answers:   make(map[key]arbench.Quantity),
		common:    make(map[key]arbench.Common),
		standards: make(map[string]string),
	}
	if x.level <= 0 || x.level >= 1 {
		x.level = 0.95
	}
	x.addModels()
	seen := make(map[topic]bool)
	for i := range r.Cells {
		x.addCell(&r.Cells[i], seen)
	}
	return x
}

func (x *index) addModels() {
	var order []string
	for _, m := range x.r.Models {
		if x.models[m.Name] == nil {
			order = append(order, m.Name)
		}
		x.models[m.Name] = append(x.models[m.Name], m)
	}
	group := make(map[string]int)
	for _, name := range order {
		root := cmp.Or(x.twin(name), name)
		g, ok := group[root]
		if !ok {
			g = len(x.groups)
			group[root] = g
			x.groups = append(x.groups, nil)
		}
		x.groups[g] = append(x.groups[g], name)
	}
	for _, g := range x.groups {
		slices.SortStableFunc(g, func(a, b string) int {
			if (x.twin(a) == "") != (x.twin(b) == "") {
				return len(x.twin(a)) - len(x.twin(b))
			}
			return cmp.Compare(x.models[a][0].Strength, x.models[b][0].Strength)
		})
	}
}

func (x *index) addCell(c *arbench.Result, seen map[topic]bool) {
	if c.Cell.Threat != "" {
		x.threats[c.Cell.Threat] = c.Cell.Budget
	}
	if c.Standard != "" {
		x.standards[c.Cell.Attack] = c.Standard
	}
	for _, q := range c.Quantities {
		t := topicIn(c.Cell, q)
		if !seen[t] {
			seen[t] = true
			x.topics = append(x.topics, t)
		}
		k := key{topic: t, model: c.Cell.Model, seed: c.Cell.Seed}
		if _, ok := x.answers[k]; ok {
			x.again++
			continue
		}
		q.Warnings = union(q.Warnings, c.Warnings)
		x.answers[k], x.common[k] = q, c.Common
	}
}

// topicIn returns the topic of q, an answer to c.
func topicIn(c arbench.Cell, q arbench.Quantity) topic {
	return topic{
		kind: c.Kind, attack: c.Attack, threat: c.Threat, probe: c.Probe,
		name: q.Name, split: q.Split, detail: q.Detail,
	}
}

// names returns the names of all models, group by group.
func (x *index) names() []string { return slices.Concat(x.groups...) }

// pairs returns the names of the models whose twin is in the results too.
func (x *index) pairs() []string {
	return slices.DeleteFunc(x.names(), func(name string) bool {
		return x.models[x.twin(name)] == nil
	})
}

// twin returns the name of a model's twin, or nothing.
func (x *index) twin(name string) string {
	if ms := x.models[name]; len(ms) > 0 {
		return ms[0].Twin
	}
	return ""
}

// samples returns the quantity of topic t of a model, for each seed that has it.
func (x *index) samples(model string, t topic) []sample {
	var out []sample
	for _, m := range x.models[model] {
		if q, ok := x.answers[key{topic: t, model: model, seed: m.Seed}]; ok {
			out = append(out, sample{m.Seed, q})
		}
	}
	return out
}

// number returns the quantity of topic t of a model, over its seeds.
func (x *index) number(model string, t topic) Number {
	return pool(x.samples(model, t), x.level)
}

// against returns f of the quantity of a model and that of its twin, over the seeds that have both.
func (x *index) against(
	model string, t topic, f func(own, twin arbench.Quantity) arbench.Quantity,
) []sample {
	var out []sample
	for _, s := range x.samples(model, t) {
		k := key{topic: t, model: x.twin(model), seed: s.seed}
		if q, ok := x.answers[k]; ok {
			out = append(out, sample{s.seed, f(s.q, q)})
		}
	}
	return out
}

// both returns the quantity of topic t of a model and that of its twin, over the seeds that have
// both: else a mean of some trainings would stand beside one of others. Where no seed has both it is
// over all that each has.
func (x *index) both(model string, t topic) (own, twin Number) {
	take := func(q, _ arbench.Quantity) arbench.Quantity { return q }
	other := func(_, q arbench.Quantity) arbench.Quantity { return q }
	if s := x.against(model, t, take); len(s) > 0 {
		return pool(s, x.level), pool(x.against(model, t, other), x.level)
	}
	return x.number(model, t), x.number(x.twin(model), t)
}

// find returns the topics that keep holds for, in order of appearance.
func (x *index) find(keep func(topic) bool) []topic {
	var out []topic
	for _, t := range x.topics {
		if keep(t) {
			out = append(out, t)
		}
	}
	return out
}

// under returns the topics of accuracy under an attack on examples of a split, by norm and eps.
func (x *index) under(split arbench.Split) []topic {
	out := x.find(func(t topic) bool {
		return t.kind == arbench.AttackCell && t.name == accuracy && t.split == split
	})
	slices.SortStableFunc(out, x.byEps)
	return out
}

func (x *index) byEps(a, b topic) int {
	p, q := x.threats[a.threat], x.threats[b.threat]
	return cmp.Or(cmp.Compare(p.Norm, q.Norm), cmp.Compare(p.Eps, q.Eps))
}

// threat returns what reports call the threat of the given name: its norm and eps, and the name as
// well if the suite has several with these.
func (x *index) threat(name string) string {
	t := x.threats[name]
	if t.Norm == "" {
		return name
	}
	for other, o := range x.threats {
		if other != name && o.Norm != "" && o.String() == t.String() {
			return t.String() + " (" + name + ")"
		}
	}
	return t.String()
}
