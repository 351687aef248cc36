package runner_test

import (
	"context"
	"testing"

	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
)

// ran runs p and returns how many trainings and cells were in the store, and how many were made.
func ran(t *testing.T, st *store.Store, p *plan.Plan) (kept, made int) {
	t.Helper()
	failures, err := runner.Run(t.Context(), st, p, runner.Options{Watch: func(e runner.Event) {
		switch e.State {
		case runner.Kept:
			kept++
		case runner.Finished:
			made++
		}
	}})
	if err != nil || len(failures) > 0 {
		t.Fatalf("%v %v", err, failures)
	}
	return kept, made
}

// TestForgetMakesTheRunAskAgain runs two trainings with six cells: both models' clean examples of
// two splits and an attack.
func TestForgetMakesTheRunAskAgain(t *testing.T) {
	st := opened(t, t.TempDir())
	small := []string{"seeds.train=[0]", "recipe.epochs=1", "dataset.tests=200"}
	p := planned(t, suiteText, small...)
	if n, err := runner.Forget(t.Context(), st, p); err != nil || n != 0 {
		t.Fatalf("of an empty store: %d, %v", n, err)
	}
	if kept, made := ran(t, st, p); kept != 0 || made != 8 {
		t.Fatalf("%d kept, %d made, want 0 and 8", kept, made)
	}
	// An attack on other examples is not one of the planned cells.
	other := planned(t, suiteText, append(small, "evaluate.e={examples=10}")...)
	ran(t, st, other)
	one := *p
	one.Cells = p.Cells[:3] // of the standard model
	for _, c := range one.Cells {
		if err := st.Put(c.ID(weightsOf(t, st, p, c)), "part", []byte("of the code before an edit")); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := runner.Forget(t.Context(), st, &one); err != nil || n != 3 {
		t.Fatalf("%d answers, %v, want 3", n, err)
	}
	if kept, made := ran(t, st, p); kept != 5 || made != 3 {
		t.Errorf("%d kept, %d made, want 5 and 3", kept, made)
	}
	if kept, made := ran(t, st, other); made != 0 {
		t.Errorf("of the other attack: %d kept, %d made", kept, made)
	}
}

// weightsOf returns the digest of the weights that c was put to.
func weightsOf(t *testing.T, st *store.Store, p *plan.Plan, c *plan.Cell) string {
	t.Helper()
	r, err := runner.Collect(st, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Models {
		if m.ID == c.Model.ID {
			return m.Digest
		}
	}
	t.Fatalf("no training of %s", c.Model.Name)
	return ""
}

func TestForgetHeedsTheContext(t *testing.T) {
	st := opened(t, t.TempDir())
	p := planned(t, suiteText, "seeds.train=[0]", "recipe.epochs=1", "dataset.tests=50")
	ran(t, st, p)
	unlock, err := st.Lock(t.Context(), p.Cells[0].ID(weightsOf(t, st, p, p.Cells[0])))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runner.Forget(ctx, st, p); err == nil {
		t.Error("no error, though another process is at work on a cell")
	}
}
