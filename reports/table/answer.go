package table

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// answer says in sentences what robustness cost and what it regularized.
func (b *builder) answer() []Text {
	names := b.headlines()
	if len(names) == 0 {
		return []Text{b.noCost()}
	}
	tell := &teller{index: b.index}
	first := b.who(names[0]) + " " + tell.costs(names) + "."
	var warnings []string
	for _, name := range names {
		warnings = union(warnings, b.drop(name).Warnings)
		if t, ok := b.nearest(name); ok {
			first += " " + tell.gains(name, t) + "."
			warnings = union(warnings, b.index.number(name, t).Warnings)
		}
	}
	out := []Text{b.text(first, warnings)}
	for _, name := range names {
		out = append(out, b.effect(name, len(names) > 1))
	}
	if s := b.others(names); s != "" {
		out = append(out, plain(s))
	}
	return out
}

// headline returns the model that the answer is about first: of those whose cost is known, the first of
// which ahead puts no other before it.
func (x *index) headline() (string, bool) {
	var best string
	for _, name := range x.costed() {
		if best == "" || x.ahead(name, best) {
			best = name
		}
	}
	return best, best != ""
}

// ahead reports whether the answer is to be about the model name rather than about other, which comes
// before it: if it was trained against a greater eps in the same norm or, where neither was trained
// against any, lost more.
func (x *index) ahead(name, other string) bool {
	m, o := x.models[name][0], x.models[other][0]
	if m.Strength == 0 && o.Strength == 0 {
		return x.drop(name).Value > x.drop(other).Value
	}
	return (o.Strength == 0 || o.Norm == m.Norm) && m.Strength > o.Strength
}

// headlines returns the models that the answer is about: that of headline, and of each other net the
// foremost to which the same was done.
func (x *index) headlines() []string {
	best, ok := x.headline()
	if !ok {
		return nil
	}
	var out []string
	place := map[string]int{} // of each net in out
	for _, name := range x.costed() {
		if x.who(name) != x.who(best) {
			continue
		}
		i, ok := place[x.twin(name)]
		switch {
		case !ok:
			place[x.twin(name)] = len(out)
			out = append(out, name)
		case x.ahead(name, out[i]):
			out[i] = name
		}
	}
	return out
}

// costed returns the models whose cost is known.
func (x *index) costed() []string {
	return slices.DeleteFunc(x.pairs(), func(name string) bool {
		d := x.drop(name)
		return d.Seeds == 0 || !finite(d.Value)
	})
}

// regularizers are what people call the regularizers of this program.
var regularizers = map[string]string{
	"advtrain": "adversarial training", "trades": "TRADES", "label-smoothing": "label smoothing",
}

// who names what was done to a model, at the head of a sentence.
func (x *index) who(name string) string {
	var words []string
	for _, r := range x.models[name][0].Regularizers {
		words = union(words, []string{cmp.Or(regularizers[r], "regularization")})
	}
	s := cmp.Or(list(words), "regularization")
	if at := x.strength(name); at != "–" {
		s += " at " + at
	}
	return strings.ToUpper(s[:1]) + s[1:]
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

// others says, where the suite compares more models than the answer speaks of, what became of all.
func (x *index) others(headlines []string) string {
	all, names := x.costed(), x.unknown()
	switch {
	case len(all) > len(headlines):
	case len(names) > 0:
		return "Of " + list(names) + " the cost is not known: see Failures."
	default:
		return ""
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, name := range all {
		d := x.drop(name)
		lo, hi = min(lo, -d.Value), max(hi, -d.Value)
	}
	changed := fmt.Sprintf("changed by %s to %s points", withSign(lo), withSign(hi))
	switch {
	case withSign(lo) != withSign(hi):
	case withSign(lo) == "0.0":
		changed = "is that of the twins to a tenth of a point"
	default:
		changed = "changed by " + withSign(lo) + " points"
	}
	are, unknown := "that the suite compares with a twin", ""
	if len(names) > 0 {
		are, unknown = "that could be compared with a twin", " Of "+list(names)+" that is not known: see Failures."
	}
	return fmt.Sprintf("Of the %s %s, this is about %s, %s; the clean test accuracy of all of them %s.%s",
		count(len(all), "model"), are, list(headlines), x.chosen(headlines), changed, unknown)
}

// chosen says by what the answer is about these models and no others.
func (x *index) chosen(headlines []string) string {
	if m := x.models[headlines[0]][0]; m.Strength > 0 {
		return fmt.Sprintf("trained against the greatest %s eps", m.Norm)
	}
	of := ""
	if len(headlines) > 1 {
		of = " of each net"
	}
	return "which came out lowest beside the twin" + of
}

// unknown returns the models with a twin whose cost is not known, and those that were not trained, unless
// they are known to be twins.
func (x *index) unknown() []string {
	var names, twins []string
	costed := x.costed()
	for _, name := range x.names() {
		twins = append(twins, x.twin(name))
		if x.twin(name) != "" && !slices.Contains(costed, name) {
			names = append(names, name)
		}
	}
	for _, f := range x.r.Failures {
		name := f.Cell.Model
		if f.Cell.Kind == "" && name != "" && x.models[name] == nil && !slices.Contains(twins, name) {
			names = union(names, []string{name})
		}
	}
	return names
}

// withSign returns points with their sign, 0.0 without.
func withSign(v float64) string {
	s := format(v, 1)
	if v > 0 && s != "0.0" {
		s = "+" + s
	}
	return s
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
		"its twin; %s has a clean test accuracy of %s (%s)", best, n.short(), b.rests(best, n))
	warnings := n.Warnings
	if t, ok := b.worst(best); ok {
		a := b.index.number(best, t)
		s += fmt.Sprintf(", and at worst %s, under %s at %s", a.short(), t.attack, b.threat(t.threat))
		if a.Least != n.Least {
			s += " on " + count(a.Least, "example")
		}
		warnings = union(warnings, a.Warnings)
	}
	return b.text(s+".", warnings)
}

// worst returns the topic of the least accuracy of a model under the strongest attack of any threat.
func (x *index) worst(model string) (worst topic, ok bool) {
	within := map[string][]topic{}
	for _, t := range x.under(arbench.Test) {
		within[t.threat] = append(within[t.threat], t)
	}
	for _, threat := range slices.Sorted(maps.Keys(within)) {
		t, found := x.least(model, within[threat])
		if found && (!ok || x.number(model, t).Value < x.number(model, worst).Value) {
			worst, ok = t, true
		}
	}
	return worst, ok
}
