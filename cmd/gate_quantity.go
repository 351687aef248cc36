package cmd

import (
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

// checkQuantity returns an error if no measure of the suite gives the quantity of g for c, if there are several of
// it, or if its limits are none of the quantity. What probes give is known when they have run.
func checkQuantity(p *plan.Plan, c arbench.Cell, g arbench.Gate) error {
	if c.Kind == arbench.ProbeCell {
		return nil
	}
	twin := slices.ContainsFunc(p.Models, func(m *plan.Model) bool { return m.Name == c.Model && m.Twin != nil })
	all, known := quantities(p, c, twin)
	if !known {
		return nil
	}
	found := called(all, g.Quantity)
	if len(found) == 0 {
		if beside, _ := quantities(p, c, true); len(called(beside, g.Quantity)) > 0 {
			return fmt.Errorf("%q is a number beside a twin, and model %q has none", g.Quantity, c.Model)
		}
		return fmt.Errorf("no measure gives a quantity %q here%s", g.Quantity, wording.DidYouMean(g.Quantity, distinct(all, nameOf)))
	}
	if details := distinct(found, detailOf); g.Detail == "" && !slices.Contains(details, "") {
		return fmt.Errorf("there are several of %q: say detail, one of %q", g.Quantity, details)
	}
	return checkLimits(g, found[0].Unit)
}

// checkLimits returns an error if the limits of g are none that a number of that unit can be on both sides of, or
// a least share that is written as a fraction.
func checkLimits(g arbench.Gate, unit string) error {
	least, known := map[string]float64{"%": 0, "points": -100}[unit]
	if !known {
		return nil
	}
	for i, v := range []*float64{g.Min, g.Max} {
		if v != nil && !(*v >= least && *v <= 100) {
			return fmt.Errorf("%s %v: %q is in %s, from %v to 100", [...]string{"min", "max"}[i], *v, g.Quantity, unit, least)
		}
	}
	if unit == "%" && g.Max == nil && *g.Min > 0 && *g.Min < 1 {
		return fmt.Errorf("min %v is %v %%, less than one in a hundred: did you mean %v?", *g.Min, *g.Min,
			math.Round(*g.Min*1e8)/1e6)
	}
	return nil
}

func nameOf(q arbench.Quantity) string   { return q.Name }
func detailOf(q arbench.Quantity) string { return q.Detail }

// called returns the quantities of that name.
func called(all []arbench.Quantity, name string) []arbench.Quantity {
	return slices.DeleteFunc(slices.Clone(all), func(q arbench.Quantity) bool { return q.Name != name })
}

// distinct returns what of says of quantities, each once, sorted.
func distinct(all []arbench.Quantity, of func(arbench.Quantity) string) (names []string) {
	for _, q := range all {
		names = append(names, of(q))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// quantities returns what the measures of the suite give for c, of a model with or without a twin: measures
// are pure functions, so made-up outcomes show it before there are real ones. Known is false if a measure
// cannot take these.
func quantities(p *plan.Plan, c arbench.Cell, twin bool) (all []arbench.Quantity, known bool) {
	defer func() {
		if recover() != nil { // in a measure of somebody else; the real outcomes will show
			all, known = nil, false
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
		r.Attacked.Stage, r.Attacked.Stages = make([]int, r.Attacked.Len()), []arbench.StageOutcome{{Name: "the name of a stage"}}
	}
	for _, m := range p.Suite.Measures {
		all = append(all, m.It.Measure(r)...)
	}
	return all, true
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
