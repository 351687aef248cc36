package table

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// A drop is what one training of a model lost against its twin.
type drop struct{ value, lo, hi float64 }

// pair returns results of a net and the same net trained against linf 0.1, one seed for each drop,
// with accuracies under an attack.
func pair(own, twin float64, drops ...drop) *arbench.Results {
	r := &arbench.Results{Level: 0.95}
	for i, d := range drops {
		seed := uint64(i)
		r.Models = append(r.Models,
			arbench.ModelResult{Name: "std", Seed: seed},
			arbench.ModelResult{Name: "at", Twin: "std", Seed: seed, Strength: 0.1, Norm: arbench.Linf})
		r.Cells = append(r.Cells,
			answer(arbench.CleanCell, "std", seed, quantity(accuracy, "%", 90, 88, 92)),
			answer(arbench.CleanCell, "at", seed, quantity(accuracy, "%", 90-d.value, 80, 92),
				quantity(cost, points, d.value, d.lo, d.hi)),
			answer(arbench.AttackCell, "std", seed, quantity(accuracy, "%", twin, twin-2, twin+2)),
			answer(arbench.AttackCell, "at", seed, quantity(accuracy, "%", own, own-2, own+2)))
	}
	return r
}

func quantity(name, unit string, v, lo, hi float64) arbench.Quantity {
	return arbench.Quantity{
		Name: name, Unit: unit, Split: arbench.Test, Value: v, Lo: lo, Hi: hi, N: 600,
	}
}

func answer(
	kind arbench.Kind, model string, seed uint64, qs ...arbench.Quantity,
) arbench.Result {
	c := arbench.Cell{Kind: kind, Model: model, Seed: seed, Split: arbench.Test}
	if kind == arbench.AttackCell {
		c.Attack, c.Threat, c.Budget = "pgd", "near", arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	}
	return arbench.Result{Cell: c, Quantities: qs}
}

func TestFirstSentenceIsTheAnswer(t *testing.T) {
	noTwin := pair(70, 12, drop{2, 1, 3})
	noTwin.Models[1].Twin = ""
	lostTwin := pair(70, 12, drop{2, 1, 3})
	lostTwin.Models, lostTwin.Cells = lostTwin.Models[1:], lostTwin.Cells[1:]
	unpaired := pair(70, 12, drop{2, 1, 3}) // 90 [88, 92] less 88 [80, 92]: 2 ± √(2²+4²), 2 + √(8²+2²)
	unpaired.Cells[1].Quantities = unpaired.Cells[1].Quantities[:1]
	notAttacked := pair(70, 12, drop{2, 1, 3})
	notAttacked.Cells = notAttacked.Cells[:2]

	for _, c := range []struct {
		name string
		r    *arbench.Results
		want string
	}{
		{"cost", pair(70, 12, drop{2, 1, 3}), "Adversarial training at linf 0.1 cost at 2.0 points of " +
			"clean test accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed) and raised its " +
			"accuracy under pgd at linf 0.1 from 12.0 % [10.0, 14.0] to 70.0 % [68.0, 72.0]."},
		{"no measurable cost", pair(70, 12, drop{0.5, -1, 2}), "Adversarial training at linf 0.1 had no " +
			"measurable cost in clean test accuracy for at: a drop of 0.5 points (95 % interval -1.0 to 2.0, " +
			"600 examples, 1 training seed) and raised its accuracy under pgd at linf 0.1 from " +
			"12.0 % [10.0, 14.0] to 70.0 % [68.0, 72.0]."},
		{"rise", pair(70, 12, drop{-2, -3, -1}), "Adversarial training at linf 0.1 cost at nothing: clean " +
			"test accuracy rose by 2.0 points (95 % interval of the drop -3.0 to -1.0, 600 examples, " +
			"1 training seed) and raised its accuracy under pgd at linf 0.1 from 12.0 % [10.0, 14.0] to " +
			"70.0 % [68.0, 72.0]."},
		// t(0.975, 1) · √2/√2 = 12.7 around 2.
		{"each seed but not over seeds", pair(70, 12, drop{1, 0.5, 2}, drop{3, 2, 4}), "Adversarial " +
			"training at linf 0.1 cost at a mean of 2.0 points of clean test accuracy in each of its 2 " +
			"trainings, too few to call it a cost of the method (95 % interval over seeds -10.7 to 14.7, " +
			"600 examples, 2 training seeds) and raised its accuracy under pgd at linf 0.1 from " +
			"12.0 % [10.0, 14.0] to 70.0 % [68.0, 72.0]."},
		{"nothing gained", pair(12, 12, drop{2, 1, 3}), "Adversarial training at linf 0.1 cost at 2.0 " +
			"points of clean test accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed); its " +
			"accuracy under pgd at linf 0.1 did not measurably change, going from 12.0 % [10.0, 14.0] to " +
			"12.0 % [10.0, 14.0]."},
		{"not attacked", notAttacked, "Adversarial training at linf 0.1 cost at 2.0 points of clean test " +
			"accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed)."},
		{"unpaired", unpaired, "Adversarial training at linf 0.1 had no measurable cost in clean test " +
			"accuracy for at: a drop of 2.0 points (95 % interval -2.5 to 10.2, 600 examples, " +
			"1 training seed) and raised its accuracy under pgd at linf 0.1 from 12.0 % [10.0, 14.0] to " +
			"70.0 % [68.0, 72.0]."},
		{"no twin", noTwin, "What robustness costs is not known, for no regularized model was compared " +
			"with its twin; at has a clean test accuracy of 88.0 % [80.0, 92.0] (600 examples, " +
			"1 training seed), and at worst 70.0 % [68.0, 72.0], under pgd at linf 0.1."},
		{"twin failed", lostTwin, "What robustness costs is not known, for no regularized model was " +
			"compared with its twin; at has a clean test accuracy of 88.0 % [80.0, 92.0] (600 examples, " +
			"1 training seed), and at worst 70.0 % [68.0, 72.0], under pgd at linf 0.1."},
		{"undefined", pair(70, 12, drop{math.NaN(), math.NaN(), math.NaN()}), "What robustness costs is " +
			"not known, for no regularized model was compared with its twin; at has a clean test accuracy " +
			"of undefined (600 examples, 1 training seed), and at worst 70.0 % [68.0, 72.0], under pgd at " +
			"linf 0.1."},
		{"nothing", &arbench.Results{}, "Nothing was measured, so what robustness costs is not known."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := New(c.r).Answer[0].Text; got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestNotesSayWhatMustNotBeQuoted(t *testing.T) {
	many := pair(70, 12, drop{2, 1, 3})
	for i := range many.Cells {
		for k := range many.Cells[i].Quantities {
			many.Cells[i].Quantities[k].N = 10000
		}
	}
	limited, partial, failed := pair(70, 12, drop{2, 1, 3}), pair(70, 12, drop{2, 1, 3}), pair(70, 12, drop{2, 1, 3})
	limited.Limit, partial.Partial = 50, true
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
		{"failure", failed, []string{single, few,
			"1 of 7 trainings and cells could not be measured: see Failures."}},
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

// The headline is the model trained against the greatest eps, not the first one.
func TestHeadlineIsTheStrongestTraining(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	weak := r.Models[1]
	weak.Name, weak.Strength = "weak", 0.05
	other := r.Models[1] // another norm is not comparable
	other.Name, other.Strength, other.Norm = "other", 3, arbench.L2
	r.Models = []arbench.ModelResult{r.Models[0], weak, r.Models[1], other}
	for _, name := range []string{"weak", "other"} {
		r.Cells = append(r.Cells,
			answer(arbench.CleanCell, name, 0, quantity(cost, points, 1, 0.5, 1.5)))
	}
	if got, _ := newIndex(r).headline(); got != "at" {
		t.Errorf("headline %q, want at", got)
	}
}

// A quantity from somebody else's measure or probe gets a row without being known here.
func TestUnknownQuantitiesAreShown(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	r.Cells = append(r.Cells,
		answer(arbench.ProbeCell, "at", 0, quantity("wobble", "", 0.25, 0.2, 0.3)))
	for _, s := range New(r).Sections {
		if s.Title != "More quantities" {
			continue
		}
		for _, p := range s.Parts {
			for _, row := range p.Rows {
				if row[0].Text == "wobble" && row[3].Text == "0.250 [0.200, 0.300] (n=600)" {
					return
				}
			}
		}
	}
	t.Error("no row shows wobble")
}

func TestNoTableIsLongerThanItsCap(t *testing.T) {
	r := &arbench.Results{}
	for i := range MaxRows + 30 {
		r.Failures = append(r.Failures, arbench.Failure{Cell: arbench.Cell{Seed: uint64(i)}, Error: "no"})
	}
	p := New(r).Sections[0].Parts[0]
	if len(p.Rows) != MaxRows || p.LeftOut != 30 {
		t.Errorf("%d rows and %d left out, want %d and 30", len(p.Rows), p.LeftOut, MaxRows)
	}
}
