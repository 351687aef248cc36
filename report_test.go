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
