package runner

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/trust"
)

// judge has the numbers of a clean or attack cell checked and marks them with the verdict. Those of the
// training split in the clean cell of the test split are of the same model, and get the same.
func (c *collection) judge(cell *plan.Cell, out *arbench.Result) {
	if len(out.Quantities) == 0 {
		return
	}
	out.Findings = trust.Judge(c.caseOf(cell, true))
	for i := range out.Quantities {
		out.Quantities[i].Trust = out.Trust()
	}
}

// checks enters the answers to questions of dear checks, and why others have none, if the last run left a
// reason.
func (c *collection) checks() error {
	for _, k := range c.plan.Checks {
		rec := c.records[k.Model]
		if rec == nil {
			continue // the training failed, which is entered
		}
		id := k.ID(rec.digest(k))
		ok, err := c.store.Has(id, cellKind(k))
		if err != nil {
			return err
		}
		if ok {
			c.results.Checks = append(c.results.Checks, id)
			continue
		}
		why, err := reason(c.store, id)
		if err != nil {
			return err
		}
		if why != notYet {
			c.results.Failures = append(c.results.Failures, arbench.Failure{Cell: k.Cell, Error: why})
		}
	}
	return nil
}

// caseOf gathers what is known beside the number of cell, about its twin too if wanted.
func (c *collection) caseOf(cell *plan.Cell, twin bool) *trust.Case {
	m := cell.Model
	out := &trust.Case{
		Model:   modelResult(m, c.records[m].training),
		Attempt: c.attempt(cell), Asked: map[string]trust.Attempt{}, Probed: map[string]trust.Answer{}, Asking: trust.Level(c.plan.Suite.Trust.Level),
		FactorBits: m.Evaluator().It.Info().FactorBits,
	}
	for _, other := range c.plan.Cells {
		switch {
		case other.Model != m || other.Split != cell.Split || other == cell && cell.Kind == arbench.AttackCell:
		case other.Kind == arbench.CleanCell:
			out.Clean = c.records[m].outcomes[key(other)]
		case other.Kind == arbench.AttackCell:
			out.Others = append(out.Others, c.attempt(other))
		}
	}
	for _, k := range c.plan.Checks {
		if k.Model == m && k.Split == cell.Split {
			c.answers(out, cell, k)
		}
	}
	if twin && m.Twin != nil && c.records[m.Twin] != nil {
		for _, other := range c.plan.Cells {
			if other.Model == m.Twin && key(other) == key(cell) {
				out.Twin = c.caseOf(other, false)
			}
		}
	}
	return out
}

// attempt returns the attack of cell with what came of it.
func (c *collection) attempt(cell *plan.Cell) trust.Attempt {
	a := c.plan.Attempt(cell)
	a.Outcome = c.records[cell.Model].outcomes[key(cell)]
	if a.Outcome == nil {
		a.Missing = c.why(cell)
	}
	return a
}

// why returns why there is no answer to cell.
func (c *collection) why(cell *plan.Cell) string {
	text, err := c.reason(cell.Model, cell.ID(c.records[cell.Model].digest(cell)))
	if err != nil {
		return err.Error()
	}
	return text
}

// answers adds the answer of the check k to a case, if k is about its cell. Of images as they are any
// probe of the model is.
func (c *collection) answers(to *trust.Case, cell, k *plan.Cell) {
	about := false
	for _, a := range k.About {
		about = about || a == cell
	}
	if k.Kind == arbench.AttackCell {
		if about {
			to.Asked[k.Check] = c.attempt(k)
		}
		return
	}
	if !about && cell.Kind == arbench.AttackCell || len(to.Probed[k.Check].Quantities) > 0 {
		return
	}
	var a trust.Answer
	b, ok, err := c.store.Get(k.ID(c.records[k.Model].digest(k)), kindProbe)
	if err == nil && ok {
		a.Quantities, err = record.DecodeQuantities(b)
	}
	switch {
	case err != nil:
		a.Missing = err.Error()
	case !ok:
		a.Missing = c.why(k)
	}
	to.Probed[k.Check] = a
}
