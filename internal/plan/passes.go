package plan

import (
	"reflect"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// Passes estimates the passes of one example through the net that the training takes.
func (m *Model) Passes() int {
	each := 2
	for _, r := range m.Spec.Regularizers {
		if e, ok := r.It.(arbench.Estimator); ok {
			each = plus(each, whole(e.MostPasses(m.Network.Classes(), "")))
		}
		each = plus(each, inner(r.It, m.Network.Classes(), ""))
	}
	return times(plus(times(each, len(m.Train)), len(m.Validation)), m.Spec.Recipe.Epochs)
}

// Passes estimates the passes of one example through the net that the cell takes if no attack breaks anything; 0
// for a probe of which it is not known.
func (c *Cell) Passes() int {
	switch c.Kind {
	case arbench.CleanCell:
		return len(c.Examples)
	case arbench.AttackCell:
		return times(plus(c.steps(), 1), len(c.Examples)) // one to judge
	}
	each := inner(c.Probe.It, c.Model.Network.Classes(), "")
	return times(plus(each, number(c.Probe.It, "directions")), len(c.Examples))
}

// steps returns the passes of the attack, or of each of its stages; 0 within eps 0, where only the image itself is
// a candidate.
func (c *Cell) steps() int {
	if c.Threat.Eps == 0 && !c.Attack.It.Info().MinimumNorm {
		return 0
	}
	data, backend := c.plan.Suite.Dataset.It.Info(), c.Model.Evaluator().It.Info()
	cascade, ok := c.Attack.It.(arbench.Staged)
	if !ok {
		return steps(c.Attack.It, data.Classes, c.Threat.Norm)
	}
	stages, err := cascade.Stages(arbench.ModelInfo{
		Shape: data.Shape, Classes: data.Classes, Access: backend.Access, Network: c.Model.Network,
	}, c.Threat.Threat)
	if err != nil { // which the plan has refused
		return 0
	}
	sum := 0
	for _, s := range stages {
		sum = plus(sum, steps(s.Attack, data.Classes, c.Threat.Norm))
	}
	return sum
}

// inner returns the passes of the attacks in the options of a plugin, for one example.
func inner(it any, classes int, n arbench.Norm) int {
	each := 0
	levels(reflect.ValueOf(it), func(options []suite.Option) {
		for _, o := range options {
			if u, ok := o.Value.Interface().(arbench.Use[arbench.Attack]); ok && u.Name != "" {
				each = plus(each, own(u.It, classes, n))
			}
		}
	})
	return each
}

// steps returns the passes of an attack and of those in its options.
func steps(it arbench.Attack, classes int, n arbench.Norm) int {
	return plus(own(it, classes, n), inner(it, classes, n))
}

// own returns the passes of an attack by its estimate, else of one restart by its gradient steps and queries; 0
// if their number is not known.
func own(it arbench.Attack, classes int, n arbench.Norm) int {
	if e, ok := it.(arbench.Estimator); ok {
		return whole(e.MostPasses(classes, n))
	}
	return plus(times(2, number(it, "steps")), number(it, "queries"))
}

// whole returns an estimate from 0 to mostPasses.
func whole(estimate float64) int {
	if !(estimate > 0) {
		return 0
	}
	return int(min(estimate, mostPasses))
}

// number returns the value of a whole-numbered option, from 0 to mostPasses; 0 if there is none.
func number(it any, key string) int {
	for _, o := range suite.Options(it) {
		if o.Key == key && o.Value.CanInt() {
			return int(min(max(o.Value.Int(), 0), mostPasses))
		}
	}
	return 0
}

// mostPasses is where estimates end, so that sums of them stay numbers. It is decades of work.
const mostPasses = 1_000_000_000_000

// plus returns a + b, at most mostPasses. Neither is more than that, or negative.
func plus(a, b int) int { return min(a+b, mostPasses) }

// times returns a · b, at most mostPasses; 0 for what is negative.
func times(a, b int) int {
	switch {
	case a <= 0 || b <= 0:
		return 0
	case a > mostPasses/b:
		return mostPasses
	}
	return a * b
}

// mostCount bounds whole-numbered options, above all that a person means, dates as seeds included.
const mostCount = 1_000_000_000

// counts reports options of a plugin, and of those in its options, that are beyond all bounds.
func (b *builder) counts(key string, it any) {
	levels(reflect.ValueOf(it), func(options []suite.Option) {
		for _, o := range options {
			if o.Value.CanInt() && o.Value.Int() > mostCount {
				b.fail(key, "%s %d, want at most %d", o.Key, o.Value.Int(), mostCount)
			}
		}
	})
}

// allCounts reports such options of attacks, regularizers and probes.
func (b *builder) allCounts() {
	for _, a := range b.Suite.Attacks {
		b.counts("attacks."+a.Name, a.It)
	}
	for _, m := range b.Suite.Models {
		for _, r := range m.Regularizers {
			b.counts("models."+m.Name+".regularizers."+r.Name, r.It)
		}
	}
	for _, p := range b.Suite.Probes {
		b.counts("probes."+p.Name, p.It)
	}
}
