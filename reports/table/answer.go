package table

import (
	"fmt"
	"math"
	"strings"

	"github.com/arbench/arbench"
)

// answer says in sentences what robustness cost and what it regularized.
func (b *builder) answer() []Text {
	name, ok := b.headline()
	if !ok {
		return []Text{b.noCost()}
	}
	drop := b.drop(name)
	first := costSentence(b.who(name), name, drop, b.drops(name), b.percent())
	warnings := drop.Warnings
	if t, ok := b.nearest(name); ok {
		first += b.gain(name, t)
		warnings = union(warnings, b.index.number(name, t).Warnings)
	}
	out := []Text{b.text(first+".", warnings), b.effect(name)}
	if s := b.others(name); s != "" {
		out = append(out, plain(s))
	}
	return out
}

// headline returns the model that the answer is about: of those whose cost is known, the one
// trained against the greatest eps, in the norm of the first such; of equals the first.
func (x *index) headline() (string, bool) {
	var best string
	for _, name := range x.pairs() {
		if d := x.drop(name); d.Seeds == 0 || !finite(d.Value) {
			continue
		}
		if best == "" {
			best = name
			continue
		}
		a, m := x.models[best][0], x.models[name][0]
		if (a.Strength == 0 || a.Norm == m.Norm) && m.Strength > a.Strength {
			best = name
		}
	}
	return best, best != ""
}

// who names what was done to a model.
func (x *index) who(name string) string {
	if s := x.strength(name); s != "–" {
		return "Adversarial training at " + s
	}
	return "Regularization"
}

// costSentence says what the drop is, up to where the sentence may go on with "and".
func costSentence(who, name string, drop Number, seeds []sample, level string) string {
	amount := format(math.Abs(drop.Value), 1) + " points"
	rest := fmt.Sprintf("(%s interval %s to %s, %s)",
		level, format(drop.Lo, 1), format(drop.Hi, 1), basis(drop))
	switch {
	case drop.Lo > 0:
		return fmt.Sprintf("%s cost %s %s of clean test accuracy %s", who, name, amount, rest)
	case drop.Hi < 0:
		return fmt.Sprintf("%s cost %s nothing: clean test accuracy rose by %s %s",
			who, name, amount, strings.Replace(rest, "interval", "interval of the drop", 1))
	case len(seeds) > 1 && drop.Value > 0 && eachAbove(seeds):
		return fmt.Sprintf("%s cost %s %s of clean test accuracy in each of its %d trainings, too few "+
			"to call it a cost of the method %s",
			who, name, "a mean of "+amount, len(seeds),
			strings.Replace(rest, "interval", "interval over seeds", 1))
	}
	return fmt.Sprintf("%s had no measurable cost in clean test accuracy for %s: a drop of %s points %s",
		who, name, format(drop.Value, 1), rest)
}

// eachAbove reports whether the interval of every sample lies above zero.
func eachAbove(s []sample) bool {
	for _, one := range s {
		if !(one.q.Lo > 0) {
			return false
		}
	}
	return true
}

// basis says in words how many examples and seeds n rests on.
func basis(n Number) string {
	return fmt.Sprintf("%s, %s", count(n.Least, "example"), count(n.Seeds, "training seed"))
}

// count returns "1 thing" or "n things".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// gain goes on with a sentence about a model: how its accuracy under an attack compares with that of
// its twin.
func (x *index) gain(name string, t topic) string {
	under := fmt.Sprintf("accuracy under %s at %s", t.attack, x.threat(t.threat))
	fromTo := fromTo(x.number(x.twin(name), t), x.number(name, t))
	d, seeds := x.bonus(name, t), x.bonuses(name, t)
	switch {
	case d.Lo > 0:
		return " and raised its " + under + " " + fromTo
	case len(seeds) > 1 && eachAbove(seeds):
		return fmt.Sprintf("; its %s rose %s, by %s points on average and in each training "+
			"(interval over seeds %s to %s)",
			under, fromTo, format(d.Value, 1), format(d.Lo, 1), format(d.Hi, 1))
	case d.Hi < 0:
		return " and lowered its " + under + " " + fromTo
	}
	return "; its " + under + " did not measurably change, going " + fromTo
}

// fromTo returns "from a to b" with intervals.
func fromTo(a, b Number) string {
	return fmt.Sprintf("from %s to %s", a.short(), b.short())
}

// nearest returns the topic of accuracy under the strongest attack within the threat that is
// nearest to what the model was trained against.
func (x *index) nearest(name string) (topic, bool) {
	m := x.models[name][0]
	var best topic
	least := math.Inf(1)
	for _, t := range x.under(arbench.Test) {
		threat := x.threats[t.threat]
		far := math.Abs(threat.Eps - m.Strength)
		if m.Strength > 0 && threat.Norm != m.Norm {
			far += 1e6 // another norm: only if there is no threat in this one
		}
		if s, ok := x.strongest(name, t.threat); ok && far < least {
			best, least = s, far
		}
	}
	return best, best.name != ""
}

// others says, where the answer speaks of one of several models, what the others cost.
func (x *index) others(headline string) string {
	lo, hi, n := math.Inf(1), math.Inf(-1), 0
	for _, name := range x.pairs() {
		if d := x.drop(name); d.Seeds > 0 && !math.IsNaN(d.Value) {
			lo, hi, n = min(lo, d.Value), max(hi, d.Value), n+1
		}
	}
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("The suite compares %d models with a twin, and %s is the first of those trained "+
		"against the greatest eps; the drops of all lie between %s and %s points.",
		n, headline, format(lo, 1), format(hi, 1))
}

// noCost is the answer where no cost is known.
func (b *builder) noCost() Text {
	best := ""
	for _, name := range b.names() {
		if b.index.number(name, clean(arbench.Test)).Seeds > 0 {
			best = name
		}
	}
	if best == "" {
		return plain("Nothing was measured, so what robustness costs is not known.")
	}
	n := b.index.number(best, clean(arbench.Test))
	s := fmt.Sprintf("What robustness costs is not known, for no regularized model was compared with "+
		"its twin; %s has a clean test accuracy of %s (%s)", best, n.short(), basis(n))
	warnings := n.Warnings
	if t, ok := b.worst(best); ok {
		a := b.index.number(best, t)
		s += fmt.Sprintf(", and at worst %s, under %s at %s", a.short(), t.attack, b.threat(t.threat))
		warnings = union(warnings, a.Warnings)
	}
	return b.text(s+".", warnings)
}

// worst returns the topic of the least accuracy of a model under any attack.
func (x *index) worst(model string) (topic, bool) {
	var best topic
	least := math.Inf(1)
	for _, t := range x.under(arbench.Test) {
		if n := x.number(model, t); n.Seeds > 0 && n.Value < least {
			best, least = t, n.Value
		}
	}
	return best, best.name != ""
}
