package runner

import (
	"fmt"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/store"
)

// A Keep is what a store has to keep: ids of trainings and answers.
type Keep map[string]bool

// AddPlan adds what p needs. A training that cannot be read is an error, since it is not known which
// answers belong to it.
func (k Keep) AddPlan(st *store.Store, p *plan.Plan) error {
	trainings := map[string]*records{}
	for _, m := range p.Models {
		k[m.ID] = true
		t, ok, err := loadTraining(st, m)
		if err != nil {
			return fmt.Errorf("training of %s (seed %d): %w", m.Name, m.Seed, err)
		}
		if ok {
			trainings[m.ID] = &records{training: t}
		}
	}
	for _, c := range p.All() {
		if rec := trainings[c.Model.ID]; rec != nil {
			k[c.ID(rec.digest(c))] = true
		}
	}
	return nil
}

// AddResults adds what r was made from.
func (k Keep) AddResults(r *arbench.Results) {
	for _, m := range r.Models {
		k[m.ID] = true
	}
	for _, c := range r.Cells {
		k[c.ID] = true
	}
	for _, id := range r.Checks {
		k[id] = true
	}
}

// Unneeded returns the records of st that are about nothing in k, and those of work under way whose
// end is in the store.
func (k Keep) Unneeded(st *store.Store) ([]store.Record, error) {
	var all []store.Record
	done := map[string]bool{}
	for r, err := range st.Records() {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
		done[r.ID] = done[r.ID] || isAnswer(r.Kind)
	}
	return slices.DeleteFunc(all, func(r store.Record) bool {
		return k[r.ID] && !(done[r.ID] && slices.Contains(passing, r.Kind))
	}), nil
}

// Remove deletes records, of each question the answer first: what is left of it then counts for
// nothing. It returns those that it deleted. It
// leaves what another process is working on.
func Remove(st *store.Store, records []store.Record) (removed []store.Record, err error) {
	byID := map[string][]store.Record{}
	var order []string
	for _, r := range records {
		if byID[r.ID] == nil {
			order = append(order, r.ID)
		}
		byID[r.ID] = append(byID[r.ID], r)
	}
	for _, id := range order {
		unlock, ok, err := st.TryLock(id)
		if err != nil {
			return removed, err
		}
		if !ok {
			continue
		}
		err = removeAll(st, byID[id])
		unlock()
		if err != nil {
			return removed, err
		}
		removed = append(removed, byID[id]...)
	}
	return removed, nil
}

func removeAll(st *store.Store, records []store.Record) error {
	for _, answers := range []bool{true, false} {
		for _, r := range records {
			if isAnswer(r.Kind) == answers {
				if err := st.Delete(r.ID, r.Kind); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
