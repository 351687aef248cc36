package badge

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// measured returns results with a model and its twin: clean accuracies, and those under an attack.
func measured() *arbench.Results {
	share := func(v float64) []arbench.Quantity {
		return []arbench.Quantity{{
			Name: "accuracy", Split: arbench.Test, Unit: "%", Value: v, Lo: v - 1, Hi: v + 1, N: 600,
		}}
	}
	cost := arbench.Quantity{Name: "cost", Split: arbench.Test, Unit: "points", Value: 3, Lo: 2, Hi: 4, N: 600}
	near := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	attacked := arbench.Cell{
		Kind: arbench.AttackCell, Model: "at", Split: arbench.Test, Attack: "pgd", Threat: "near", Budget: near,
	}
	twin := attacked
	twin.Model = "std"
	return &arbench.Results{
		Suite: "digits", Level: 0.95, PlannedModels: 2, PlannedCells: 4,
		Models: []arbench.ModelResult{{Name: "std"}, {Name: "at", Twin: "std", Strength: 0.1, Norm: arbench.Linf}},
		Cells: []arbench.Result{
			{Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "std", Split: arbench.Test}, Quantities: share(95)},
			{
				Cell:       arbench.Cell{Kind: arbench.CleanCell, Model: "at", Split: arbench.Test},
				Quantities: append(share(92), cost),
			},
			{Cell: attacked, Quantities: share(75)}, {Cell: twin, Quantities: share(40)},
		},
	}
}

func TestBadgesSayWhatIsKnown(t *testing.T) {
	gates := func(vs ...arbench.Verdict) func(*arbench.Results) {
		return func(r *arbench.Results) {
			for _, v := range vs {
				r.Gates = append(r.Gates, arbench.GateResult{Verdict: v})
			}
		}
	}
	const label, number = "digits: at under pgd at linf 0.1", "75.0 % [74.0, 76.0]"
	for _, c := range []struct {
		name   string
		change func(*arbench.Results)
		want   endpoint
	}{
		{"no gates", func(*arbench.Results) {}, endpoint{Label: label, Message: number, Color: "blue"}},
		{"few examples", func(r *arbench.Results) { r.Limit = 10 },
			endpoint{Label: label, Message: number, Color: "lightgrey"}},
		{"a copy of the data", func(r *arbench.Results) { r.Dataset, r.CopyOf = "Letters (copy)", "Letters" },
			endpoint{Label: "digits on Letters (copy): at under pgd at linf 0.1", Message: number, Color: "blue"}},
		{"a copy of the data, and a gate", func(r *arbench.Results) {
			r.Dataset, r.CopyOf = "Letters (copy)", "Letters"
			gates(arbench.GatePassed)(r)
		}, endpoint{Label: "arbench digits on Letters (copy)", Message: "gate passed", Color: "brightgreen"}},
		{"a suspect number", func(r *arbench.Results) { r.Cells[2].Quantities[0].Trust = arbench.Suspect },
			endpoint{Label: label, Message: number + " (suspect)", Color: "lightgrey"}},
		{"a number of AutoAttack", func(r *arbench.Results) { r.Cells[2].Standard = "AutoAttack" },
			endpoint{Label: "digits: at robust accuracy (AutoAttack) at linf 0.1", Message: number, Color: "blue"}},
		{"a part", func(r *arbench.Results) { r.Partial = true },
			endpoint{Label: label, Message: number, Color: "lightgrey"}},
		{"a cell is missing", func(r *arbench.Results) { r.PlannedCells = 5 },
			endpoint{Label: label, Message: number, Color: "lightgrey", IsError: true}},
		{"no attack", func(r *arbench.Results) { r.Cells, r.PlannedCells = r.Cells[:2], 2 },
			endpoint{Label: "digits: at clean", Message: "92.0 % [91.0, 93.0]", Color: "blue"}},
		{"nothing", func(r *arbench.Results) { *r = arbench.Results{Suite: "digits"} },
			endpoint{Label: "digits", Message: "not measured", Color: "lightgrey"}},
		{"a gate holds", gates(arbench.GatePassed),
			endpoint{Label: "arbench digits", Message: "gate passed", Color: "brightgreen"}},
		{"a gate on a suspect number", func(r *arbench.Results) {
			r.Gates = []arbench.GateResult{{Verdict: arbench.GatePassed}, {Verdict: arbench.GatePassed, Trust: arbench.Suspect}}
		}, endpoint{Label: "arbench digits", Message: "2 of 2 gates passed (suspect)", Color: "lightgrey"}},
		{"gates hold", gates(arbench.GatePassed, arbench.GatePassed),
			endpoint{Label: "arbench digits", Message: "2 gates passed", Color: "brightgreen"}},
		{"one does not", gates(arbench.GatePassed, arbench.GateFailed, arbench.GateSkipped),
			endpoint{Label: "arbench digits", Message: "1 of 3 gates failed", Color: "red"}},
		{"one is left out", gates(arbench.GatePassed, arbench.GateSkipped),
			endpoint{Label: "arbench digits", Message: "1 of 2 gates judged", Color: "lightgrey"}},
		{"gates hold for a few examples", func(r *arbench.Results) {
			gates(arbench.GatePassed)(r)
			r.Limit = 10
		}, endpoint{Label: "arbench digits", Message: "gate passed", Color: "lightgrey"}},
	} {
		r := measured()
		c.change(r)
		c.want.Schema = 1
		if diff := cmp.Diff(c.want, badge(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
