package table

import (
	"cmp"
	"slices"

	"github.com/arbench/arbench"
)

// strongest returns, of the topics of accuracy under attacks within one threat, the one that leaves
// the model and its twin, which must both have it, least of the model's accuracy.
func (x *index) strongest(model, threat string) (topic, bool) {
	return x.least(model, slices.DeleteFunc(x.under(arbench.Test), func(t topic) bool {
		return t.threat != threat || x.number(x.twin(model), t).Seeds == 0
	}))
}

// least returns, of topics of accuracy under attacks within one threat, the one that leaves a model least. Attacks on
// as many examples are compared on all of these, the least of each number on the examples that all attacks have in
// common; where these are left as many, the one on more examples counts.
func (x *index) least(model string, topics []topic) (topic, bool) {
	var each []topic // the least of each number of examples
	for _, t := range topics {
		n := x.number(model, t)
		if n.Seeds == 0 {
			continue
		}
		i := slices.IndexFunc(each, func(o topic) bool {
			m := x.number(model, o)
			return m.Least == n.Least && m.Most == n.Most
		})
		switch {
		case i < 0:
			each = append(each, t)
		case n.Value < x.number(model, each[i]).Value:
			each[i] = t
		}
	}
	if len(each) == 0 {
		return topic{}, false
	}
	return slices.MinFunc(each, func(a, b topic) int {
		m, n := x.number(model, a), x.number(model, b)
		p, okA := x.inCommon(model, a)
		q, okB := x.inCommon(model, b)
		if !okA || !okB {
			p, q = m.Value, n.Value
		}
		return cmp.Or(cmp.Compare(p, q), cmp.Compare(n.Most, m.Most))
	}), true
}

// inCommon returns the mean over seeds of the accuracy of topic t on the examples that all attacks on a
// model within its threat have.
func (x *index) inCommon(model string, t topic) (mean float64, ok bool) {
	s := x.samples(model, t)
	for _, one := range s {
		c := x.common[key{topic: t, model: model, seed: one.seed}]
		if c.N == 0 {
			return 0, false
		}
		mean += c.Accuracy / float64(len(s))
	}
	return mean, true
}

// bought is the section on what the cost was paid for.
func (b *builder) bought() Section {
	b.use(arbench.AttackCell, gain)
	var rows [][]Text
	for _, name := range b.pairs() {
		done := make(map[string]bool)
		for _, t := range b.under(arbench.Test) {
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
			"model least of the images that all were put to. An attack only bounds accuracy from above: a stronger one may leave less. The last " +
			"column is what was bought divided by the drop in clean test accuracy, with the widest interval " +
			"that both allow; it is empty where either interval includes 0. What was bought is the " +
			"difference of the two accuracies on the same images, with a paired interval.",
		Parts: []Part{tabulate("", columns("model", "threat", "strongest attack", "rests on", "#accuracy under it",
			"#twin's accuracy under it", "#bought", "#bought per point of drop"), rows)},
	}
}

func (b *builder) boughtRow(name string, t topic) []Text {
	bonus := b.bonus(name, t)
	own, twin := b.both(name, t)
	rests, cells := b.shared(own, twin, bonus)
	price := price(bonus, b.drop(name))
	cost := b.text(price.short(), price.Warnings)
	return slices.Concat([]Text{plain(name), plain(b.threat(t.threat)), plain(t.attack), rests}, cells, []Text{cost})
}

// bonus returns by how much more accurate a model is than its twin under the attack of t, an
// accuracy: as it was measured pair by pair, else the difference of the two.
func (x *index) bonus(name string, t topic) Number {
	return pool(x.bonuses(name, t), x.level)
}

// bonuses returns the same seed by seed.
func (x *index) bonuses(name string, t topic) []sample {
	paired := t
	paired.name = gain
	if s := x.samples(name, paired); len(s) > 0 {
		return s
	}
	return x.against(name, t, difference)
}

// price returns gain / drop with the widest interval that theirs allow, or nothing unless both are
// clearly above zero.
func price(gain, drop Number) Number {
	if gain.Seeds == 0 || drop.Seeds == 0 || !(gain.Lo > 0) || !(drop.Lo > 0) {
		return Number{}
	}
	n := Number{
		Value: gain.Value / drop.Value, Lo: gain.Lo / drop.Hi, Hi: gain.Hi / drop.Lo, Seeds: gain.Seeds,
		Trust: gain.Trust.Worse(drop.Trust),
	}
	n.Least, n.Most = min(gain.Least, drop.Least), max(gain.Most, drop.Most)
	return n
}
