package table

import (
	"fmt"
	"math"
	"strings"
)

// A verdict says what is known of a difference between a model and its twin.
type verdict int

const (
	unclear  verdict = iota
	up               // above zero, and so is its interval
	eachUp           // so in each of several trainings, but not over seeds
	down             // below zero, and so is its interval
	eachDown         // so in each of several trainings, but not over seeds
)

// A change is a difference between a model and its twin.
type change struct {
	verdict
	model string
	d     Number
	seeds []sample // training by training
}

func changeOf(model string, d Number, seeds []sample) change {
	c := change{model: model, d: d, seeds: seeds}
	above, below := len(seeds) > 1, len(seeds) > 1
	for _, s := range seeds {
		above, below = above && s.q.Lo > 0, below && s.q.Hi < 0
	}
	switch {
	case d.Lo > 0:
		c.verdict = up
	case d.Hi < 0:
		c.verdict = down
	case above:
		c.verdict = eachUp
	case below:
		c.verdict = eachDown
	}
	return c
}

// each reports whether the change is clear in each training and not over seeds.
func (c change) each() bool { return c.verdict == eachUp || c.verdict == eachDown }

// falls reports whether the difference is negative.
func (c change) falls() bool { return c.d.Value < 0 }

// amount returns the size of the change in points, training by training where that is what is known.
func (c change) amount() string {
	if !c.each() {
		s := format(math.Abs(c.d.Value), 1)
		if s == "0.0" && c.d.Value != 0 {
			s = "less than 0.1"
		}
		return s + " points"
	}
	var sizes []string
	for _, s := range c.seeds {
		sizes = append(sizes, format(math.Abs(s.q.Value), 1))
	}
	return list(sizes) + " points"
}

// trainings says in how many trainings, where amount goes through them.
func (c change) trainings() string {
	if !c.each() {
		return ""
	}
	return " in its " + count(len(c.seeds), "training")
}

// A teller tells changes; what they rest on it tells once.
type teller struct {
	*index
	basis string // that it told last
}

// interval returns that of the size of c, in parentheses, with what it rests on.
func (t *teller) interval(c change) string {
	lo, hi := c.d.Lo, c.d.Hi
	if c.falls() {
		lo, hi = -hi, -lo
	}
	s := t.percent() + " interval"
	if c.d.Seeds > 1 {
		s += " over seeds"
	}
	s += fmt.Sprintf(" %s to %s", format(lo, 1), format(hi, 1))
	if c.each() {
		s = fmt.Sprintf("mean %s, %s", format(math.Abs(c.d.Value), 1), s)
	}
	if b := t.rests(c.model, c.d); b != t.basis {
		t.basis = b
		s += ", " + b
	}
	return "(" + s + ")"
}

// costs says what the clean test accuracy of models lost, as what "adversarial training" did.
func (t *teller) costs(names []string) string {
	var clauses []string
	for _, v := range []struct {
		verdict
		before, after string
	}{
		{up, "cost ", ""},
		{eachUp, "cost ", ", too few to call it a cost of the method"},
		{down, "raised the clean test accuracy of ", ""},
		{eachDown, "raised the clean test accuracy of ", ", too few to call it a gain of the method"},
		{unclear, "had no measurable cost in clean test accuracy for ", ""},
	} {
		var told []string
		for _, name := range names {
			if c := changeOf(name, t.drop(name), t.drops(name)); c.verdict == v.verdict {
				told = append(told, t.cost(c, len(told) == 0))
			}
		}
		if len(told) > 0 {
			clauses = append(clauses, v.before+list(told)+v.after)
		}
	}
	return strings.Join(clauses, "; it ")
}

// cost names a model and its drop c, for a list of models with the same verdict.
func (t *teller) cost(c change, first bool) string {
	s := c.model + " "
	switch {
	case c.verdict == unclear && c.d.Value == 0:
		return c.model + ", where it is that of the twin " + t.interval(c)
	case c.verdict == unclear && c.falls():
		s = c.model + ", where it rose by "
	case c.verdict == unclear:
		s = c.model + ", where it fell by "
	case c.falls():
		s += "by "
	}
	s += c.amount()
	if first && !c.falls() && c.verdict != unclear {
		s += " of clean test accuracy"
	}
	return s + c.trainings() + " " + t.interval(c)
}

// gains says how the accuracy of a model under an attack differs from that of its twin.
func (t *teller) gains(name string, at topic) string {
	s := fmt.Sprintf("Under %s at %s the accuracy of %s ", at.attack, t.threat(at.threat), name)
	own, twin := t.both(name, at)
	fromTo := fromTo(twin, own)
	c := changeOf(name, t.bonus(name, at), t.bonuses(name, at))
	verb, rise := "rose ", "rise"
	if c.falls() {
		verb, rise = "fell ", "fall"
	}
	if c.d.Value == 0 {
		rise = "difference"
	}
	switch {
	case c.d.Seeds == 0:
		return s + "went " + fromTo + " in other trainings"
	case c.verdict == unclear:
		return s + fmt.Sprintf("did not measurably change, going %s, a %s of %s %s",
			fromTo, rise, c.amount(), t.interval(c))
	}
	s += verb + fromTo + ", by " + c.amount() + c.trainings() + " " + t.interval(c)
	if c.each() {
		s += ", too few to call it an effect of the method"
	}
	return s
}

// fromTo returns "from a to b" with intervals.
func fromTo(a, b Number) string {
	return fmt.Sprintf("from %s to %s", a.short(), b.short())
}

// rests says in words how many examples and seeds the number n of a model rests on.
func (x *index) rests(model string, n Number) string {
	examples := count(n.Least, "example")
	if x.models[model][0].Given {
		return examples + ", weights as given"
	}
	return examples + ", " + count(n.Seeds, "training seed")
}

// count returns "1 thing" or "n things".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// list returns "a", "a and b", or "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
