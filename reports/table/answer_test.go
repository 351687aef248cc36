package table

import (
	"math"
	"strings"
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
			arbench.ModelResult{Name: "at", Twin: "std", Seed: seed, Strength: 0.1, Norm: arbench.Linf,
				Regularizers: []string{"advtrain"}})
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

func TestFirstSentencesAreTheAnswer(t *testing.T) {
	noTwin := pair(70, 12, drop{2, 1, 3})
	noTwin.Models[1].Twin = ""
	lostTwin := pair(70, 12, drop{2, 1, 3})
	lostTwin.Models, lostTwin.Cells = lostTwin.Models[1:], lostTwin.Cells[1:]
	unpaired := pair(70, 12, drop{2, 1, 3}) // 90 [88, 92] less 88 [80, 92]: 2 ± √(2²+4²), 2 + √(8²+2²)
	unpaired.Cells[1].Quantities = unpaired.Cells[1].Quantities[:1]
	notAttacked := pair(70, 12, drop{2, 1, 3})
	notAttacked.Cells = notAttacked.Cells[:2]

	// 70 [68, 72] less 12 [10, 14]: 58 ± √(2²+2²); over two seeds that agree it is the same.
	const bought = " Under pgd at linf 0.1 the accuracy of at rose from 12.0 % [10.0, 14.0] to " +
		"70.0 % [68.0, 72.0], by 58.0 points (95 % interval 55.2 to 60.8)."
	boughtTwice := strings.Replace(bought, "interval", "interval over seeds", 1)

	for _, c := range []struct {
		name string
		r    *arbench.Results
		want string
	}{
		{"cost", pair(70, 12, drop{2, 1, 3}), "Adversarial training at linf 0.1 cost at 2.0 points of " +
			"clean test accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed)." + bought},
		{"no measurable cost", pair(70, 12, drop{0.5, -1, 2}), "Adversarial training at linf 0.1 had no " +
			"measurable cost in clean test accuracy for at, where it fell by 0.5 points (95 % interval " +
			"-1.0 to 2.0, 600 examples, 1 training seed)." + bought},
		{"no measurable rise", pair(70, 12, drop{-3, -8, 2}), "Adversarial training at linf 0.1 had no " +
			"measurable cost in clean test accuracy for at, where it rose by 3.0 points (95 % interval " +
			"-2.0 to 8.0, 600 examples, 1 training seed)." + bought},
		{"rise", pair(70, 12, drop{-2, -3, -1}), "Adversarial training at linf 0.1 raised the clean test " +
			"accuracy of at by 2.0 points (95 % interval 1.0 to 3.0, 600 examples, 1 training seed)." + bought},
		// t(0.975, 1) · √2/√2 = 12.7 around 2.
		{"each seed but not over seeds", pair(70, 12, drop{1, 0.5, 2}, drop{3, 2, 4}), "Adversarial " +
			"training at linf 0.1 cost at 1.0 and 3.0 points of clean test accuracy in its 2 trainings " +
			"(mean 2.0, 95 % interval over seeds -10.7 to 14.7, 600 examples, 2 training seeds), too few to " +
			"call it a cost of the method." + boughtTwice},
		{"rise in each seed", pair(70, 12, drop{-1, -2, -0.5}, drop{-3, -4, -2}), "Adversarial training at " +
			"linf 0.1 raised the clean test accuracy of at by 1.0 and 3.0 points in its 2 trainings (mean " +
			"2.0, 95 % interval over seeds -10.7 to 14.7, 600 examples, 2 training seeds), too few to call it " +
			"a gain of the method." + boughtTwice},
		{"one seed each way", pair(70, 12, drop{-1, -2, -0.5}, drop{3, 2, 4}), "Adversarial training at " +
			"linf 0.1 had no measurable cost in clean test accuracy for at, where it fell by 1.0 points " +
			"(95 % interval over seeds -24.4 to 26.4, 600 examples, 2 training seeds)." + boughtTwice},
		{"nothing gained", pair(12, 12, drop{2, 1, 3}), "Adversarial training at linf 0.1 cost at 2.0 " +
			"points of clean test accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed). Under " +
			"pgd at linf 0.1 the accuracy of at did not measurably change, going from 12.0 % [10.0, 14.0] to " +
			"12.0 % [10.0, 14.0], a difference of 0.0 points (95 % interval -2.8 to 2.8)."},
		{"nothing lost", pair(70, 12, drop{0, -1, 1}), "Adversarial training at linf 0.1 had no measurable cost " +
			"in clean test accuracy for at, where it is that of the twin (95 % interval -1.0 to 1.0, 600 examples, " +
			"1 training seed)." + bought},
		{"hardly lost", pair(12.04, 12, drop{0.04, 0.01, 0.07}), "Adversarial training at linf 0.1 cost at less than " +
			"0.1 points of clean test accuracy (95 % interval 0.0 to 0.1, 600 examples, 1 training seed). Under pgd at " +
			"linf 0.1 the accuracy of at did not measurably change, going from 12.0 % [10.0, 14.0] to 12.0 % " +
			"[10.0, 14.0], a rise of less than 0.1 points (95 % interval -2.8 to 2.9)."},
		{"lost under attack", pair(12, 70, drop{2, 1, 3}), "Adversarial training at linf 0.1 cost at 2.0 " +
			"points of clean test accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed). Under " +
			"pgd at linf 0.1 the accuracy of at fell from 70.0 % [68.0, 72.0] to 12.0 % [10.0, 14.0], by 58.0 " +
			"points (95 % interval 55.2 to 60.8)."},
		{"not attacked", notAttacked, "Adversarial training at linf 0.1 cost at 2.0 points of clean test " +
			"accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed)."},
		{"unpaired", unpaired, "Adversarial training at linf 0.1 had no measurable cost in clean test " +
			"accuracy for at, where it fell by 2.0 points (95 % interval -2.5 to 10.2, 600 examples, " +
			"1 training seed)." + bought},
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

// A training that failed leaves a twin alone: 12 and 30 are its accuracies, and only beside the first
// one is there a model to compare with.
func TestSidesOfAComparisonAreOfTheSameTrainings(t *testing.T) {
	r, more := pair(10, 12, drop{2, 1, 3}), pair(10, 30, drop{2, 1, 3}, drop{2, 1, 3})
	sure := func(v float64) arbench.Quantity { return quantity(confidence, "", v, v-0.01, v+0.01) }
	r.Cells[0].Quantities = append(r.Cells[0].Quantities, sure(0.5))
	r.Cells[1].Quantities = append(r.Cells[1].Quantities, sure(0.25))
	r.Models = append(r.Models, more.Models[2])
	r.Cells = append(r.Cells, more.Cells[4], more.Cells[6])
	r.Cells[4].Quantities = append(r.Cells[4].Quantities, sure(0.9))
	got := New(r).Answer
	for i, want := range []string{
		" Under pgd at linf 0.1 the accuracy of at did not measurably change, going from 12.0 % [10.0, 14.0] to " +
			"10.0 % [8.0, 12.0], a fall of 2.0 points ",
		"Beside its twin, its mean confidence on test images fell from 0.500 [0.490, 0.510] to 0.250 [0.240, 0.260].",
	} {
		if !strings.Contains(got[i].Text, want) {
			t.Errorf("\n got %s\nwant %s", got[i].Text, want)
		}
	}
	row := find(t, r, "What the cost bought").Parts[0].Rows[0]
	if row[3].Text != "n=600" || row[5].Text != "12.0 % [10.0, 14.0]" {
		t.Errorf("bought: twin %s, rests on %s", row[5].Text, row[3].Text)
	}
}

func TestAnswerCallsRegularizersByTheirName(t *testing.T) {
	for _, c := range []struct {
		use  []string
		eps  float64
		want string
	}{
		{[]string{"advtrain"}, 0.1, "Adversarial training at linf 0.1 cost"},
		{[]string{"trades"}, 0.1, "TRADES at linf 0.1 cost"},
		{[]string{"label-smoothing"}, 0, "Label smoothing cost"},
		{[]string{"advtrain", "label-smoothing"}, 0.1, "Adversarial training and label smoothing at linf 0.1 cost"},
		{[]string{"somebody's"}, 0, "Regularization cost"},
		{nil, 0.1, "Regularization at linf 0.1 cost"},
	} {
		r := pair(70, 12, drop{2, 1, 3})
		r.Models[1].Regularizers, r.Models[1].Strength = c.use, c.eps
		if got := New(r).Answer[0].Text; !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: got %q, want it to begin %q", c.use, got, c.want)
		}
	}
}
