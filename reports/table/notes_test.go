package table

import (
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

func TestNotesSayWhatMustNotBeQuoted(t *testing.T) {
	many := pair(70, 12, drop{2, 1, 3})
	for i := range many.Cells {
		for k := range many.Cells[i].Quantities {
			many.Cells[i].Quantities[k].N = 10000
		}
	}
	limited, partial, failed := pair(70, 12, drop{2, 1, 3}), pair(70, 12, drop{2, 1, 3}), pair(70, 12, drop{2, 1, 3})
	limited.Limit, partial.Partial = 50, true
	copied := pair(70, 12, drop{2, 1, 3})
	copied.Dataset, copied.CopyOf = "Letters (copy)", "Letters"
	failed.Failures = []arbench.Failure{{Error: "no"}}
	twice := pair(70, 12, drop{2, 1, 3})
	twice.Cells = append(twice.Cells, twice.Cells[0])

	const single = "One training seed: this compares two networks, not two methods."
	const few = "Indicative: accuracies rest on as few as 600 examples; below 1000 the intervals are wide."
	for _, c := range []struct {
		name string
		r    *arbench.Results
		want []string
	}{
		{"one seed", many, []string{single}},
		{"few examples, two seeds", pair(70, 12, drop{2, 1, 3}, drop{2, 1, 3}), []string{few}},
		{"limit", limited,
			[]string{"Not for publication: --limit kept 50 examples of each evaluation.", single, few}},
		{"part", partial, []string{
			"Not for publication: --only left out some of the suite's models or attacks.", single, few}},
		{"copy of the data", copied, []string{"The data are Letters (copy): a copy of Letters whose contents " +
			"are not those of the published files. Numbers on these may differ.", single, few}},
		{"failure", failed, []string{single, few,
			"1 of 3 trainings could not be measured: see Failures."}},
		{"second answer", twice, []string{single, few, "1 quantities have a second answer for the same " +
			"model and seed, from other examples or another checkpoint: tables show the first, the CSV " +
			"report has all."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, n := range New(c.r).Notes {
				got = append(got, n.Text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}
