package plan

import (
	"reflect"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// Passes returns the least number of passes of one example through the net that the training takes.
func (m *Model) Passes() int {
	each := plus(2, inner(m.Spec.Regularizers...))
	return times(plus(times(each, len(m.Train)), len(m.Validation)), m.Spec.Recipe.Epochs)
}

// Passes returns the least number of passes of one example through the net that the cell takes, of a
// cascade if no stage breaks anything; 0 for a probe of which it is not known.
func (c *Cell) Passes() int {
	switch c.Kind {
	case arbench.CleanCell:
		return len(c.Examples)
	case arbench.AttackCell:
		return times(plus(c.steps(), 1), len(c.Examples)) // one to judge
	}
	return times(plus(inner(c.Probe.Named), number(c.Probe.It, "directions")), len(c.Examples))
}

// steps returns the passes of one restart of the attack, or of each of its stages; 0 within eps 0, where only the
// image itself is a candidate.
func (c *Cell) steps() int {
	if c.Threat.Eps == 0 && !c.Attack.It.Info().MinimumNorm {
		return 0
	}
	cascade, ok := c.Attack.It.(arbench.Staged)
	if !ok {
		return steps(c.Attack.It)
	}
	data, backend := c.plan.Suite.Dataset.It.Info(), c.Model.Evaluator().It.Info()
	stages, err := cascade.Stages(arbench.ModelInfo{
		Shape: data.Shape, Classes: data.Classes, Access: backend.Access, Network: c.Model.Network,
	}, c.Threat.Threat)
	if err != nil { // which the plan has refused
		return 0
	}
	sum := 0
	for _, s := range stages {
		sum = plus(sum, steps(s.Attack))
	}
	return sum
}

// inner returns the passes of the attacks in the options of plugins, for one example.
func inner[T any](plugins ...suite.Named[T]) int {
	each := 0
	for _, p := range plugins {
		levels(reflect.ValueOf(p.It), func(options []suite.Option) {
			for _, o := range options {
				if u, ok := o.Value.Interface().(arbench.Use[arbench.Attack]); ok && u.Name != "" {
					each = plus(each, steps(u.It))
				}
			}
		})
	}
	return each
}

// steps returns the passes of one restart of an attack: of its gradient steps and its queries, 0 if their
// number is not known.
func steps(it any) int { return plus(times(2, number(it, "steps")), number(it, "queries")) }

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
