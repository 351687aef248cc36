package trust

import (
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
)

// against finds whether more is left of the first than of the second, on the examples of both.
func (k check) against(c *Case, first, second Attempt, format string, args ...any) []arbench.Finding {
	q := compare(c.left(first), c.left(second)).difference()
	return k.judged(q, "%s, on %d examples", fmt.Sprintf(format, args...), q.N)
}

// epsZero compares answers within eps 0 with those to the images themselves.
func epsZero(k check, c *Case) []arbench.Finding {
	a, ok := c.Asked[k.name]
	if c.Threat.Eps == 0 {
		a, ok = c.Attempt, true
	}
	if !ok || a.Outcome == nil {
		return k.unasked(c, a)
	}
	t := compare(c.left(a), c.right(measure.Same(c.Clean, a.Outcome)))
	return k.judged(share(t.first+t.second, t.n()),
		"examples of %d with another answer within eps 0 than as they are", t.n())
}

// singleStep compares with attacks of one step.
func singleStep(k check, c *Case) []arbench.Finding {
	if !c.gradients() || c.Stages == nil && c.steps() < 2 {
		return k.skipped("the attack takes no steps along gradients, or one")
	}
	var out []arbench.Finding
	for _, o := range c.rivals() {
		if o.gradients() && o.Stages == nil && o.steps() == 1 && o.Outcome != nil {
			out = append(out, k.against(c, c.Attempt, o, "what %s left less what %s left", c.Name, o.Name)...)
		}
	}
	if out == nil {
		return k.unasked(c, c.Asked[k.name])
	}
	return out
}

// rivals returns the other attacks within the threat of the case: those of the suite, then those that were
// asked.
func (c *Case) rivals() []Attempt {
	var out []Attempt
	for _, o := range c.Others {
		if o.Attack != nil && o.Threat.String() == c.Threat.String() {
			out = append(out, o)
		}
	}
	for _, name := range []string{"single step", "black box", "random noise", transferQuestion} {
		if a, ok := c.Asked[name]; ok {
			out = append(out, a)
		}
	}
	return out
}

// moreSteps compares with twice the steps.
func moreSteps(k check, c *Case) []arbench.Finding {
	a := c.Asked["more steps"]
	if a.Outcome == nil {
		return k.unasked(c, a)
	}
	return k.against(c, c.Attempt, a, "what %s left less what twice the steps left", c.Name)
}

// harmfulSteps is moreSteps the other way round.
func harmfulSteps(k check, c *Case) []arbench.Finding {
	a := c.Asked["more steps"]
	if a.Outcome == nil {
		return k.unasked(c, a)
	}
	return k.against(c, a, c.Attempt, "what twice the steps left less what %s left", c.Name)
}

// moreRestarts compares with twice the restarts.
func moreRestarts(k check, c *Case) []arbench.Finding {
	a := c.Asked[k.name]
	if a.Outcome == nil {
		return k.unasked(c, a)
	}
	return k.against(c, c.Attempt, a, "what %s left less what twice the restarts left", c.Name)
}

// rising compares with the same attack within the next smaller eps.
func rising(k check, c *Case) []arbench.Finding {
	var less Attempt
	for _, o := range c.Others {
		if o.Name == c.Name && o.Threat.Norm == c.Threat.Norm && o.Threat.Eps < c.Threat.Eps &&
			o.Outcome != nil && (less.Outcome == nil || o.Threat.Eps > less.Threat.Eps) {
			less = o
		}
	}
	if less.Outcome == nil {
		return k.skipped("the suite has no smaller eps for the attack")
	}
	if c.Attack.Info().AnyEps && c.Stages == nil {
		return k.skipped("one answer of the attack holds for every eps")
	}
	if c.gradients() && c.Stages == nil && c.steps() == 1 {
		k.kind = Warns // a step that is longer than the net is smooth leaves more
	}
	return k.against(c, c.Attempt, less, "what is left at %s less what is left at %s", c.Threat, less.Threat)
}

// largeEps compares what is left within an eps that reaches grey with a guess.
func largeEps(k check, c *Case) []arbench.Finding {
	a := c.Asked[k.name]
	if a.Outcome == nil {
		return k.unasked(c, a)
	}
	k.limit = guess(c.Clean)
	left := c.left(a)
	return k.judged(share(count(left), len(left)), "what is left of %d examples at %s", len(left), a.Threat)
}

// guess returns the accuracy in % of the best constant answer.
func guess(o *arbench.Outcome) float64 {
	n, most := map[int]int{}, 0
	for _, y := range o.Y {
		n[y]++
		most = max(most, n[y])
	}
	return 100 * float64(most) / float64(max(o.Len(), 1))
}

// count returns how many of s hold.
func count(s set) int {
	n := 0
	for _, ok := range s {
		if ok {
			n++
		}
	}
	return n
}

// twin finds whether the attack breaks the undefended twin at all.
func twin(k check, c *Case) []arbench.Finding {
	if c.Twin == nil || c.Twin.Clean == nil {
		return k.skipped("the model has no twin that was asked the same")
	}
	a := c.Twin.Asked["large eps"]
	if a.Outcome == nil {
		return k.unasked(c, a)
	}
	k.limit = max(k.limit, guess(c.Twin.Clean))
	left := c.Twin.left(a)
	return k.judged(share(count(left), len(left)), "what is left of the twin's %d examples at %s", len(left), a.Threat)
}

// overfitting compares a single step with many: where many break all that one leaves, the model has
// learnt to mislead one.
func overfitting(k check, c *Case) []arbench.Finding {
	if c.Stages != nil || c.Foreign || c.steps() != 1 {
		return k.skipped("the attack takes no single step along gradients")
	}
	if c.Model.Strength == 0 {
		k.kind = Warns
	}
	var out []arbench.Finding
	for _, o := range append(slices.Clone(c.Others), c.Asked["many steps"]) {
		if o.Attack != nil && o.Threat.String() == c.Threat.String() && o.iterates() && o.Outcome != nil {
			out = append(out, k.against(c, c.Attempt, o, "what %s left less what %s left", c.Name, o.Name)...)
		}
	}
	if out == nil {
		return k.unasked(c, c.Asked["many steps"])
	}
	return out
}

// gap compares with the attack within the threat, of the suite or asked, that leaves least.
func gap(k check, c *Case) []arbench.Finding {
	var strongest Attempt
	most := math.Inf(-1)
	for _, o := range c.rivals() {
		q := compare(c.left(c.Attempt), c.left(o)).difference()
		if q.N > 0 && q.Value > most {
			strongest, most = o, q.Value
		}
	}
	if strongest.Outcome == nil {
		return k.skipped("there is one attack on the model within this threat")
	}
	return k.against(c, c.Attempt, strongest, "what %s left less what %s, the strongest other, left", c.Name, strongest.Name)
}
