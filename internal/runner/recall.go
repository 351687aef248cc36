package runner

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/store"
)

// Recall returns what measures see of the cell c of r, from the first of the stores that holds its
// outcome. It is empty, without an outcome, where none does, and for probes.
func Recall(stores []*store.Store, r *arbench.Results, c arbench.Cell) (arbench.Record, error) {
	out := arbench.Record{Level: r.Level}
	for _, other := range r.Cells {
		at := other.Cell
		if at.Model != c.Model || at.Seed != c.Seed {
			continue
		}
		var into **arbench.Outcome
		switch {
		case at.Kind == arbench.CleanCell && at.Split == arbench.Test:
			into = &out.Test
		case at.Kind == arbench.CleanCell:
			into = &out.Train
		case at.Kind == arbench.AttackCell && c.Kind == arbench.AttackCell && at.Attack == c.Attack &&
			at.Threat == c.Threat && at.Split == c.Split:
			into = &out.Attacked
		default:
			continue
		}
		var err error
		if *into, err = recallOutcome(stores, other.ID); err != nil {
			return out, err
		}
	}
	if c.Kind != arbench.AttackCell {
		return out, nil
	}
	if out.Attacked == nil {
		return arbench.Record{Level: r.Level}, nil
	}
	out.Attack, out.Threat = c.Attack, c.Budget
	out.Test, out.Train = measure.Same(out.Test, out.Attacked), measure.Same(out.Train, out.Attacked)
	return out, nil
}

// recallOutcome returns an outcome from the first of the stores that has it, nil if none does.
func recallOutcome(stores []*store.Store, id string) (*arbench.Outcome, error) {
	for _, st := range stores {
		if o, err := loadOutcome(st, id); err != nil || o != nil {
			return o, err
		}
	}
	return nil, nil
}
