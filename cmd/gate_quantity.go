package cmd

import (
	"fmt"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

// checkQuantity returns an error if no measure of the suite gives a quantity for c. What probes give is known
// when they have run.
func checkQuantity(p *plan.Plan, c arbench.Cell, quantity string) error {
	if c.Kind == arbench.ProbeCell {
		return nil
	}
	twin := slices.ContainsFunc(p.Models, func(m *plan.Model) bool { return m.Name == c.Model && m.Twin != nil })
	names, known := quantities(p, c, twin)
	if !known || slices.Contains(names, quantity) {
		return nil
	}
	if beside, _ := quantities(p, c, true); slices.Contains(beside, quantity) {
		return fmt.Errorf("%q is a number beside a twin, and model %q has none", quantity, c.Model)
	}
	return fmt.Errorf("no measure gives a quantity %q here%s", quantity, wording.DidYouMean(quantity, names))
}

// quantities returns the names of what the measures of the suite give for c, of a model with or
// without a twin: measures are pure functions, so made-up outcomes show it before there are real
// ones. Known is false if a measure cannot take these.
func quantities(p *plan.Plan, c arbench.Cell, twin bool) (names []string, known bool) {
	defer func() {
		if recover() != nil { // in a measure of somebody else; the real outcomes will show
			names, known = nil, false
		}
	}()
	classes := p.Suite.Dataset.It.Info().Classes
	r := madeUp(classes, c, 0)
	r.AnyEps = slices.ContainsFunc(p.Cells, func(o *plan.Cell) bool { return o.Cell.Attack == c.Attack && o.AnyEps() })
	if r.Level = p.Suite.Level; twin {
		other := madeUp(classes, c, 1)
		r.Twin = &other
	}
	if r.Attacked != nil && slices.ContainsFunc(p.Suite.Attacks, func(a suite.Named[arbench.Attack]) bool {
		_, cascade := a.It.(arbench.Staged)
		return cascade && a.Name == c.Attack
	}) {
		r.Attacked.Stage, r.Attacked.Stages = make([]int, r.Attacked.Len()), []arbench.StageOutcome{{Name: "made up"}}
	}
	for _, m := range p.Suite.Measures {
		for _, q := range m.It.Measure(r) {
			names = append(names, q.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

// madeUp returns the record of a model that gives every second example its class, more or less.
func madeUp(classes int, c arbench.Cell, seed uint64) arbench.Record {
	outcome := func(split arbench.Split, attacked bool) *arbench.Outcome {
		n := max(64, 4*classes)
		o := &arbench.Outcome{Split: split, Logits: arbench.NewTensor(n, classes)}
		for i := range n {
			o.ID, o.Y = append(o.ID, i), append(o.Y, i%classes)
			rand := arbench.KeyedRand(seed, "gate", i)
			for k := range o.Logits.Row(i) {
				o.Logits.Row(i)[k] = rand.Float32()
			}
			if (i/classes)%2 == 0 {
				o.Logits.Row(i)[o.Y[i]] += 0.5
			}
			if attacked {
				o.Distance, o.First = append(o.Distance, c.Budget.Eps), append(o.First, i%2)
				o.Forward, o.Backward = append(o.Forward, 1), append(o.Backward, 1)
			}
		}
		return o
	}
	r := arbench.Record{Test: outcome(arbench.Test, false), Train: outcome(arbench.Train, false)}
	if c.Kind == arbench.AttackCell {
		r.Attacked, r.Attack, r.Threat = outcome(c.Split, true), c.Attack, c.Budget
	}
	return r
}
