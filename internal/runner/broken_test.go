package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/internal/runner"
)

func init() {
	for name, b := range map[string]*broken{
		"shut":      {open: func() error { return errors.New("no device is there") }},
		"exploding": {open: func() error { panic("the device is on fire") }},
		"lapsing":   {run: func() { panic("the device has gone") }},
	} {
		arbench.Backends.Register(name, func() arbench.Backend { return b })
	}
}

// broken is a backend that opens no models, or models that fail.
type broken struct {
	linear.Backend
	open func() error
	run  func()
}

func (b *broken) Open(ctx context.Context, s arbench.ModelSpec) (arbench.Model, error) {
	if b.open != nil {
		if err := b.open(); err != nil {
			return nil, err
		}
	}
	m, err := b.Backend.Open(ctx, s)
	return &lapsing{m, b.run}, err
}

type lapsing struct {
	arbench.Model
	run func()
}

func (l *lapsing) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	l.run()
	return l.Model.Run(ctx, c)
}

// A backend that opens no model, or breaks, is an error of each cell that needs it, and of no other.
func TestABrokenBackendFailsItsCellsAlone(t *testing.T) {
	for backend, want := range map[string]string{
		"shut": "no device is there", "exploding": "panicked: the device is on fire", "lapsing": "panicked: the device has gone",
	} {
		t.Run(backend, func(t *testing.T) {
			p := planned(t, suiteText, "seeds.train=[0]", "dataset.tests=200", "recipe.epochs=1",
				`models.at.evaluator={use="`+backend+`"}`)
			st := opened(t, t.TempDir())
			failures, err := runner.Run(t.Context(), st, p, runner.Options{})
			if err != nil {
				t.Fatal(err)
			}
			failed := map[string]int{}
			for _, f := range failures {
				failed[f.Cell.Model]++
				if !strings.Contains(f.Error, want) {
					t.Errorf("%+v: %v, want %q", f.Cell, f.Error, want)
				}
			}
			if d := cmp.Diff(map[string]int{"at": 3, "at/twin": 3}, failed); d != "" {
				t.Errorf("failures by model: -want +got\n%s", d)
			}
			r, err := runner.Collect(st, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Cells {
				if c.Cell.Model == "standard" && c.Cell.Split == "test" && len(c.Quantities) == 0 {
					t.Errorf("%+v of a healthy model has no numbers", c.Cell)
				}
			}
		})
	}
}
