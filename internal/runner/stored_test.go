package runner_test

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/runner"
)

// TestStoredAnswersAreThoseOfTheRun looks at the attack on the standard model, whose candidates are
// those of the examples that its outcome says are broken.
func TestStoredAnswersAreThoseOfTheRun(t *testing.T) {
	st, p := opened(t, t.TempDir()), planned(t, suiteText, "dataset.tests=200", "seeds.train=[0]")
	clean, attack := p.Cells[0], p.Cells[2]
	for what, f := range map[string]func() error{
		"outcome":    func() error { _, err := runner.Outcome(st, clean); return err },
		"candidates": func() error { _, _, err := runner.Candidates(st, attack); return err },
		"weights":    func() error { _, err := runner.Weights(st, p.Models[0], "last"); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), "not measured yet") ||
			what == "weights" && !strings.HasPrefix(err.Error(), "the store has no last weights of model standard (seed 0): ") {
			t.Errorf("%s of an empty store: error %v", what, err)
		}
	}
	r := run(t, st, p, runner.Options{})
	o, err := runner.Outcome(st, attack)
	if err != nil {
		t.Fatal(err)
	}
	ids, x, err := runner.Candidates(st, attack)
	if err != nil {
		t.Fatal(err)
	}
	broken := map[int]bool{}
	for i, id := range o.ID {
		if !o.Correct(i) {
			broken[id] = true
		}
	}
	got := find(t, r, arbench.Cell{Kind: arbench.AttackCell, Model: "standard", Split: arbench.Test}, "accuracy").Value
	if want := 100 * (1 - float64(len(ids))/200); len(ids) != len(broken) || x.Len() != len(ids) || got != want {
		t.Fatalf("%d ids, %d candidates, %d broken examples, accuracy %v, want %v", len(ids), x.Len(), len(broken), got, want)
	}
	img := make([]float32, 16)
	for i, id := range ids {
		p.Data.Test.Read(id, img)
		if d := attack.Budget.Distance(x.Row(i), img); !broken[id] || d > 0.02+1e-6 {
			t.Errorf("example %d: broken %v, distance %v", id, broken[id], d)
		}
	}
	if o, err = runner.Outcome(st, clean); err != nil || o.Len() != 200 || o.Distance != nil {
		t.Errorf("clean outcome %+v, %v", o, err)
	}
}
