package table

import (
	"fmt"
	"math"

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
	b.use(arbench.CleanCell, accuracy, cost)
	var rows [][]Text
	for _, name := range b.names() {
		rows = append(rows, []Text{
			b.model(name), plain(dash(b.twin(name))), plain(b.strength(name)),
			b.number(b.index.number(name, clean(arbench.Test))),
			b.number(b.index.number(name, clean(arbench.Train))),
			b.number(b.drop(name)),
			plain(b.times(name, func(m arbench.ModelResult) float64 { return m.Seconds })),
			plain(b.times(name, passes)),
		})
	}
	s := Section{Title: "Cost ledger", Text: b.ledgerText()}
	if len(rows) > 0 {
		s.Parts = append(s.Parts, tabulate("", columns("model", "twin", "trained against",
			"#clean test accuracy", "#clean train accuracy", "#drop in clean test accuracy, points",
			"#× time", "#× passes"), rows))
	}
	if p := b.dropBySeed(); len(p.Rows) > 0 {
		s.Parts = append(s.Parts, p)
	}
	return s
}

func (b *builder) ledgerText() string {
	return fmt.Sprintf("A model's twin is the same net trained from the same seed without regularizers. "+
		"The drop is the twin's accuracy minus the model's, example by example on the same images. "+
		"%s × time and × passes are the model's training divided by its twin's; time is a fact of "+
		"the machine.", b.legend())
}

// legend says how to read the short form of numbers.
func (b *builder) legend() string {
	return fmt.Sprintf("Brackets hold %s intervals. With one training seed they speak of the examples; "+
		"with several the number is the mean over seeds, and the interval is that of Student's t over "+
		"seeds, or the mean of the seeds' own where that is wider.", b.percent())
}

// percent returns the level of intervals, such as "95 %".
func (x *index) percent() string { return fmt.Sprintf("%.4g %%", 100*x.level) }

// dropBySeed is the table of paired drops, where some model has several seeds.
func (b *builder) dropBySeed() Part {
	var rows [][]Text
	for _, name := range b.pairs() {
		drops := b.drops(name)
		if len(drops) < 2 {
			continue
		}
		for _, s := range drops {
			n := pool([]sample{s}, b.level)
			rows = append(rows, []Text{plain(name), plain(fmt.Sprint(s.seed)), b.number(n)})
		}
	}
	return tabulate("Seed by seed, with the interval of the paired difference",
		columns("model", "#training seed", "#drop in clean test accuracy, points"), rows)
}

func passes(m arbench.ModelResult) float64 { return float64(m.Passes.Forward + m.Passes.Backward) }

// times returns the mean over seeds of what f gives for the model divided by the same of its twin.
func (x *index) times(name string, f func(arbench.ModelResult) float64) string {
	var ratios []sample
	for _, m := range x.models[name] {
		for _, t := range x.models[m.Twin] {
			if t.Seed == m.Seed && f(t) > 0 {
				v := f(m) / f(t)
				ratios = append(ratios, sample{m.Seed, arbench.Quantity{Value: v, Lo: v, Hi: v}})
			}
		}
	}
	return pool(ratios, x.level).String()
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

// strongest returns, of the topics of accuracy under attacks within one threat, the one that leaves
// the model and its twin, which must both have it, least of the model's accuracy.
func (x *index) strongest(model, threat string) (topic, bool) {
	var best topic
	least := math.Inf(1)
	for _, t := range x.under() {
		if t.threat != threat || x.number(x.twin(model), t).Seeds == 0 {
			continue
		}
		if n := x.number(model, t); n.Seeds > 0 && n.Value < least {
			best, least = t, n.Value
		}
	}
	return best, best.name != ""
}

// bought is the section on what the cost was paid for.
func (b *builder) bought() Section {
	var rows [][]Text
	for _, name := range b.pairs() {
		done := make(map[string]bool)
		for _, t := range b.under() {
			if done[t.threat] {
				continue
			}
			done[t.threat] = true
			if t, ok := b.strongest(name, t.threat); ok {
				rows = append(rows, b.boughtRow(name, t))
			}
		}
	}
	if len(rows) == 0 {
		return Section{}
	}
	return Section{
		Title: "What the cost bought",
		Text: "Test accuracy under the strongest of this suite's attacks, that is the one that leaves the " +
			"model least. An attack only bounds accuracy from above: a stronger one may leave less. The last " +
			"column is what was bought divided by the drop in clean test accuracy, with the widest interval " +
			"that both allow; it is empty where the drop's interval includes 0.",
		Parts: []Part{tabulate("", columns("model", "threat", "strongest attack", "#accuracy under it",
			"#twin's accuracy under it", "#bought, points", "#bought per point of drop"), rows)},
	}
}

func (b *builder) boughtRow(name string, t topic) []Text {
	gain := pool(b.against(name, t, difference), b.level)
	return []Text{
		plain(name), plain(b.threat(t.threat)), plain(t.attack),
		b.number(b.index.number(name, t)), b.number(b.index.number(b.twin(name), t)),
		b.number(gain), b.number(price(gain, b.drop(name))),
	}
}

// price returns gain / drop with the widest interval that theirs allow, or nothing if the drop may
// be zero or is none.
func price(gain, drop Number) Number {
	if gain.Seeds == 0 || drop.Seeds == 0 || !(drop.Lo > 0) {
		return Number{}
	}
	corners := []float64{gain.Lo / drop.Lo, gain.Lo / drop.Hi, gain.Hi / drop.Lo, gain.Hi / drop.Hi}
	n := Number{Value: gain.Value / drop.Value, Lo: corners[0], Hi: corners[0], Seeds: gain.Seeds}
	for _, c := range corners {
		n.Lo, n.Hi = min(n.Lo, c), max(n.Hi, c)
	}
	n.Least, n.Most = min(gain.Least, drop.Least), max(gain.Most, drop.Most)
	return n
}
