package runner

import (
	"context"

	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/store"
)

// Forget deletes what st holds of the answers to the cells of p, those under way too, so that a run
// makes them again. It keeps trainings. It returns how many complete answers are gone.
//
// A run that follows may be interrupted and gone on with as any other: nothing of before is left.
func Forget(ctx context.Context, st *store.Store, p *plan.Plan) (int, error) {
	trainings, n := map[string]*records{}, 0
	for _, c := range p.All() {
		rec := trainings[c.Model.ID]
		if rec == nil {
			t, ok, err := loadTraining(st, c.Model)
			if err != nil || !ok { // no weights that are known to have been asked; the run says why
				continue
			}
			rec = &records{training: t}
			trainings[c.Model.ID] = rec
		}
		had, err := forget(ctx, st, c, c.ID(rec.digest(c)))
		if err != nil {
			return n, err
		}
		if had {
			n++
		}
	}
	return n, nil
}

// forget deletes all records of a cell, its answer last, and reports whether there was one.
func forget(ctx context.Context, st *store.Store, c *plan.Cell, id string) (had bool, err error) {
	if had, err = st.Has(id, cellKind(c)); err != nil {
		return false, err
	}
	unlock, err := st.Lock(ctx, id)
	if err != nil {
		return false, err
	}
	defer unlock()
	for _, kind := range []string{
		kindPart, kindCrafted, kindCandidates, kindCost, kindFailure, cellKind(c),
	} {
		if err := st.Delete(id, kind); err != nil {
			return false, err
		}
	}
	return had, nil
}
