package table

import (
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

// clean returns the topic of accuracy on images as they are.
func clean(s arbench.Split) topic {
	return topic{kind: arbench.CleanCell, name: accuracy, split: s}
}

// drops returns how many points of clean test accuracy a model lost against its twin, for each
// seed: the paired measure where there is one, else the difference of two accuracies.
func (x *index) drops(model string) []sample {
	t := clean(arbench.Test)
	t.name = cost
	if s := x.samples(model, t); len(s) > 0 {
		return s
	}
	return x.against(model, clean(arbench.Test), func(own, twin arbench.Quantity) arbench.Quantity {
		return difference(twin, own)
	})
}

// drop returns the points of clean test accuracy that a model lost against its twin.
func (x *index) drop(model string) Number { return pool(x.drops(model), x.level) }

// ledger is the section on what each model cost.
func (b *builder) ledger() Section {
	b.use(arbench.CleanCell, accuracy, cost, costP)
	var rows [][]Text
	for _, name := range b.names() {
		rests, cells := b.shared(b.index.number(name, clean(arbench.Test)), b.drop(name))
		rows = append(rows, slices.Concat([]Text{
			b.model(name), plain(dash(b.twin(name))), plain(b.strength(name)), rests,
		}, cells, []Text{
			plain(clocked(b.timesTwin(name, func(m arbench.ModelResult) float64 { return m.Seconds }))),
			plain(b.timesTwin(name, passes).short()), b.bargain(name),
		}))
	}
	s := Section{Title: "Cost ledger", Text: b.ledgerText()}
	if len(rows) > 0 {
		s.Parts = append(s.Parts, tabulate("", columns("model", "twin", "trained against", "rests on",
			"#clean test accuracy", "#drop in clean test accuracy", "#× time", "#× passes",
			"#bought per point of drop"), rows))
	}
	if p := b.dropBySeed(); len(p.Rows) > 0 {
		s.Parts = append(s.Parts, p)
	}
	return s
}

func (b *builder) ledgerText() string {
	return fmt.Sprintf("A model's twin is the same net trained from the same seed without regularizers. "+
		"The drop is the twin's accuracy minus the model's, example by example on the same images. "+
		"× time and × passes are the model's training divided by its twin's; time is a fact of the machine. "+
		"Bought are points of accuracy under the strongest attack within the threat nearest to what the "+
		"model was trained against, for each point of drop; there is no such number where either is not "+
		"clearly above 0. %s", b.legend())
}

// bargain returns the points of accuracy under attack that each point of drop bought, for the threat
// nearest to what the model was trained against.
func (b *builder) bargain(name string) Text {
	t, ok := b.nearest(name)
	if !ok {
		return plain("–")
	}
	n := price(b.bonus(name, t), b.drop(name))
	return b.text(n.short(), n.Warnings)
}

// legend says how to read the short form of numbers.
func (b *builder) legend() string {
	return fmt.Sprintf("Brackets hold %s intervals. With one training seed they speak of the examples; "+
		"with several the number is the mean over seeds, and the interval is that of Student's t over "+
		"seeds, or the mean of the seeds' own where that is wider. Quantities that are positive and "+
		"told apart by their ratios (× time, × passes, singular values, changes of features) have the "+
		"geometric mean and the interval of their logarithms; other intervals are cut off at the ends of "+
		"the quantity's range. Exact is what is a fact about one training and rests on no sample.",
		b.percent())
}

// percent returns the level of intervals, such as "95 %".
func (x *index) percent() string { return fmt.Sprintf("%.4g %%", 100*x.level) }

// dropBySeed is the table of paired drops of each training.
func (b *builder) dropBySeed() Part {
	p := clean(arbench.Test)
	p.name = costP
	train := clean(arbench.Train)
	train.name = cost
	var rows [][]Text
	for _, name := range b.pairs() {
		for _, s := range b.drops(name) {
			rows = append(rows, []Text{
				plain(name), plain(fmt.Sprint(s.seed)), b.number(pool([]sample{s}, b.level)),
				plain(pValue(b.one(name, s.seed, p))), b.number(b.one(name, s.seed, train)),
			})
		}
	}
	part := tabulate("Drops seed by seed, with the interval of the paired difference",
		columns("model", "#training seed", "#drop in clean test accuracy", "#p (McNemar)",
			"#drop in clean train accuracy"), rows)
	part.Folded = true
	return part
}

// pValue returns a p-value, which is never 0: that of a float64 is too small for one.
func pValue(n Number) string {
	if n.Seeds > 0 && n.Value == 0 {
		return "<1e-300"
	}
	return n.value()
}

// one returns the quantity of topic t of the model trained from one seed.
func (x *index) one(model string, seed uint64, t topic) Number {
	if q, ok := x.answers[key{topic: t, model: model, seed: seed}]; ok {
		return pool([]sample{{seed, q}}, x.level)
	}
	return Number{}
}

func passes(m arbench.ModelResult) float64 { return float64(m.Passes.Forward + m.Passes.Backward) }

// timesTwin returns the mean over seeds of what f gives for the model divided by the same of its twin.
func (x *index) timesTwin(name string, f func(arbench.ModelResult) float64) Number {
	var quotients []sample
	for _, m := range x.models[name] {
		for _, t := range x.models[m.Twin] {
			if t.Seed == m.Seed && f(t) > 0 {
				v := f(m) / f(t)
				quotients = append(quotients, sample{m.Seed, arbench.Quantity{Value: v, Lo: v, Hi: v}})
			}
		}
	}
	return poolOn(ratios, quotients, x.level)
}

// clocked returns a number that a clock gave: one of them has no interval, and is not exact.
func clocked(n Number) string {
	if n.Seeds == 1 {
		return n.value()
	}
	return n.short()
}

// model returns the name of a model with the warnings of its trainings.
func (b *builder) model(name string) Text {
	var warnings []string
	for _, m := range b.models[name] {
		warnings = union(warnings, m.Warnings)
	}
	return b.text(name, warnings)
}

// strength returns what a model was trained against.
func (x *index) strength(name string) string {
	m := x.models[name][0]
	if m.Strength == 0 {
		return "–"
	}
	return arbench.Threat{Norm: m.Norm, Eps: m.Strength}.String()
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
