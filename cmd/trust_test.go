package cmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// publishable are results that may be published: one number under attack, which is trusted.
func publishable() *arbench.Results {
	return &arbench.Results{
		Digest: "sha256:1", Trust: "quick", PlannedModels: 1, PlannedCells: 1, PlannedChecks: 2, Checks: []string{"a", "b"},
		Models: []arbench.ModelResult{{Name: "m"}},
		Cells:  []arbench.Result{number("m", arbench.Trusted)},
	}
}

// number is one under attack with a finding that makes it t.
func number(model string, t arbench.Trust) arbench.Result {
	return arbench.Result{
		Cell: arbench.Cell{Kind: arbench.AttackCell, Model: model, Attack: "pgd", Threat: "linf", Split: arbench.Test},
		Findings: []arbench.Finding{{
			Check: "black box", Trust: t, Compared: "with square", Limit: 1,
			Evidence: arbench.Quantity{Unit: "%", Value: 5, Lo: 3, Hi: 8, N: 200},
		}},
	}
}

// resting has a number rest on n of all examples.
func resting(n, all int) func(r *arbench.Results) {
	return func(r *arbench.Results) {
		r.PlannedCells = 2
		r.Cells[0].Quantities = []arbench.Quantity{{Name: "accuracy", Split: arbench.Test, N: n}}
		r.Cells = append(r.Cells, arbench.Result{
			Cell:       arbench.Cell{Kind: arbench.CleanCell, Model: "m", Split: arbench.Test},
			Quantities: []arbench.Quantity{{Name: "accuracy", Split: arbench.Train, N: 5000}, {Name: "accuracy", Split: arbench.Test, N: all}},
		})
	}
}

func TestDemandsSayWhatFallsShort(t *testing.T) {
	doubted := func(trust arbench.Trust) string {
		return fmt.Sprintf("m (seed 0), pgd under linf, test is %s: black box: 5 %% [3, 8], limit 1: with square", trust)
	}
	set := func(trust arbench.Trust) func(r *arbench.Results) {
		return func(r *arbench.Results) { r.Cells[0] = number("m", trust) }
	}
	publish, invalid, suspect := demand{publishable: true}, demand{failOn: "invalid"}, demand{failOn: "suspect"}
	for _, tt := range []struct {
		name   string
		demand demand
		change func(r *arbench.Results)
		want   string
	}{
		{"nothing is demanded", demand{}, set(arbench.Invalid), ""},
		{"all is well", publish, func(*arbench.Results) {}, ""},
		{"a limit", publish, func(r *arbench.Results) { r.Limit = 7 }, "not publishable: --limit kept 7 examples of each evaluation"},
		{"a part", publish, func(r *arbench.Results) { r.Partial = true },
			"not publishable: --only left out some of the suite's models or attacks"},
		{"a missing check", publish, func(r *arbench.Results) { r.Checks = r.Checks[1:] },
			"not publishable: 1 of 2 checks could not be measured"},
		{"few of the examples", publish, resting(999, 2000),
			"not publishable: an accuracy under attack rests on 999 of 2000 test examples: " +
				"say examples in [evaluate], as many as there are, or at least 1000"},
		{"a thousand of them", publish, resting(1000, 2000), ""},
		{"all of few", publish, resting(300, 300), ""},
		{"unknown data", publish, func(r *arbench.Results) { r.Digest = "" },
			"not publishable: it is not known which data the numbers rest on: the data set gives no digest"},
		{"a copy", publish, func(r *arbench.Results) { r.CopyOf = "Letters" },
			"not publishable: the data are a copy of Letters with other contents than the published files: fetch those"},
		{"cheap checks alone", publish, func(r *arbench.Results) { r.Trust = "off" },
			`not publishable: no dear check of the numbers was made: set [trust] level = "quick" or "full"`},
		{"no check", publish, set(""), "not publishable: no check judged 1 number under attack"},
		{"a suspect number", publish, set(arbench.Suspect), doubted(arbench.Suspect)},
		{"invalid: a suspect number", invalid, set(arbench.Suspect), ""},
		{"invalid: an invalid number", invalid, set(arbench.Invalid), doubted(arbench.Invalid)},
		{"suspect: a suspect number", suspect, set(arbench.Suspect), doubted(arbench.Suspect)},
		{"suspect: an invalid number", suspect, set(arbench.Invalid), doubted(arbench.Invalid)},
		{"suspect: a trusted number", suspect, set(arbench.Trusted), ""},
		{"suspect: a part", suspect, func(r *arbench.Results) { r.Partial = true }, ""},
	} {
		r, got := publishable(), ""
		tt.change(r)
		if err := tt.demand.unmet(r); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestNotEveryDoubtIsTold(t *testing.T) {
	r := publishable()
	for range mostReasons + 4 {
		r.Cells = append(r.Cells, number("m", arbench.Invalid))
	}
	err := (&demand{failOn: "invalid"}).unmet(r)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != mostReasons+1 || lines[mostReasons] != "and 4 more, which the report lists" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}
