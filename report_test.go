package arbench_test

import (
	"testing"

	"github.com/arbench/arbench"
)

func TestUnmeasuredCountsWhatWasPlanned(t *testing.T) {
	training := arbench.Failure{Cell: arbench.Cell{Model: "m"}}
	cell := arbench.Failure{Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "m"}}
	models, cells := make([]arbench.ModelResult, 3), make([]arbench.Result, 5)
	for _, c := range []struct {
		name string
		r    arbench.Results
		want string
	}{
		{"nothing missing", arbench.Results{Models: models, Cells: cells, PlannedModels: 3, PlannedCells: 5}, ""},
		// The cells of a failed training are no failures of their own, but they are missing.
		{"training", arbench.Results{
			Models: models, Cells: cells, PlannedModels: 4, PlannedCells: 8,
			Failures: []arbench.Failure{training},
		}, "1 of 4 trainings and 3 of 8 cells could not be measured"},
		{"cell", arbench.Results{
			Models: models, Cells: cells, PlannedModels: 3, PlannedCells: 6,
			Failures: []arbench.Failure{cell},
		}, "1 of 6 cells could not be measured"},
		{"plan not known", arbench.Results{
			Models: models, Cells: cells, Failures: []arbench.Failure{training, cell, cell},
		}, "1 of 4 trainings and 2 of 7 cells could not be measured"},
		{"nothing at all", arbench.Results{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.r.Unmeasured(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSameQuestionIsThatOfAnyTraining(t *testing.T) {
	c := arbench.Cell{Kind: arbench.AttackCell, Model: "m", Seed: 1, Split: arbench.Test, Attack: "a", Threat: "t"}
	for _, tt := range []struct {
		name   string
		change func(*arbench.Cell)
		want   bool
	}{
		{"seed", func(c *arbench.Cell) { c.Seed = 2 }, true},
		{"budget", func(c *arbench.Cell) { c.Budget = arbench.Threat{Norm: arbench.L2, Eps: 1} }, true},
		{"kind", func(c *arbench.Cell) { c.Kind = arbench.CleanCell }, false},
		{"model", func(c *arbench.Cell) { c.Model = "n" }, false},
		{"split", func(c *arbench.Cell) { c.Split = arbench.Train }, false},
		{"attack", func(c *arbench.Cell) { c.Attack = "b" }, false},
		{"threat", func(c *arbench.Cell) { c.Threat = "u" }, false},
		{"probe", func(c *arbench.Cell) { c.Probe = "p" }, false},
	} {
		o := c
		tt.change(&o)
		if got := c.SameQuestion(o); got != tt.want {
			t.Errorf("another %s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
