package measure

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// many returns an outcome of n examples of class 0, all right but for the first wrong.
func many(n, wrong int) *arbench.Outcome {
	right := make([]bool, n)
	for i := range right {
		right[i] = i >= wrong
	}
	return outcome(arbench.Test, right...)
}

func TestCrossCheckCounts(t *testing.T) {
	first, second := outcome(arbench.Test, true, true, false, true), outcome(arbench.Test, true, false, true, false)
	second.Logits.Row(0)[0] += 0.5 // of a range of 2.5, from -1 to 1.5; where the classes differ it is 2
	got, ok := CrossCheck(arbench.Record{Test: first, Level: 0.95}, arbench.Record{Test: second, Level: 0.95},
		arbench.Test, true)
	// Three flags of four: two that the first gets right, one that the second does.
	i := pairedDifference(table{both: 1, first: 1, second: 2}, 0.95)
	want := arbench.CrossCheck{
		SameWeights: true, N: 4, Accuracy: 75, OtherAccuracy: 50, Flags: 3, Classes: 3,
		Difference: arbench.Quantity{
			Name: "difference", Split: arbench.Test, Unit: "points", N: 4, Value: -25, Lo: 100 * i.lo, Hi: 100 * i.hi,
		},
		Logits: arbench.LogitChange{N: 8, Greatest: 2, Range: 2.5},
		Beyond: "75 % of the flags differ, tolerance is 0.3 %; a logit differs by 0.8 of the range, tolerance is 2e-05",
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("%v, -want +got:\n%s", ok, diff)
	}
}

// TestToleranceOfTheSameWeights: three flags of 1,000 are within, four are beyond; of logits two in
// 100,000 of the range.
func TestToleranceOfTheSameWeights(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wrong int
		logit float32 // added to one logit of 1, of a range of 2
		want  string
	}{
		{"equal", 0, 0, ""},
		{"three flags", 3, 0, "a logit differs by 1 of the range, tolerance is 2e-05"}, // of one that flips
		{"four flags", 4, 0, "0.4 % of the flags differ, tolerance is 0.3 %; " +
			"a logit differs by 1 of the range, tolerance is 2e-05"},
		{"logits within", 0, 3.9e-5, ""},
		{"logits beyond", 0, 4.2e-5, "a logit differs by 2.1e-05 of the range, tolerance is 2e-05"},
		{"no number", 0, float32(math.NaN()), "a logit is not finite"},
		{"infinite", 0, float32(math.Inf(1)), "a logit is not finite"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := many(1000, 0), many(1000, tt.wrong)
			a.Logits.Row(999)[1] = -1 // else the range is from -1 in wrong examples only
			b.Logits.Row(999)[1] = -1
			b.Logits.Row(999)[0] += tt.logit
			got, _ := CrossCheck(arbench.Record{Test: a}, arbench.Record{Test: b}, arbench.Test, true)
			if got.Beyond != tt.want {
				t.Errorf("got %q, want %q", got.Beyond, tt.want)
			}
		})
	}
}

// TestOneFlagOfFewIsRounding: of 100 examples one flag may differ, two are beyond.
func TestOneFlagOfFewIsRounding(t *testing.T) {
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	under := func(broken int) arbench.Record {
		return arbench.Record{Test: many(100, 0), Attacked: many(100, broken), Threat: threat, Level: 0.95}
	}
	for flags, want := range []string{"", "", "2 % of the flags differ, tolerance is 0.3 %"} {
		if got, _ := CrossCheck(under(flags), under(0), arbench.Test, true); got.Beyond != want {
			t.Errorf("%d flags: %q, want %q", flags, got.Beyond, want)
		}
	}
}

// TestCrossCheckUnderAttack: the flags are those of the accuracy under attack, for which what is wrong
// as it is counts as broken; logits are of other images and are not compared.
func TestCrossCheckUnderAttack(t *testing.T) {
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	under := func(broken int) arbench.Record {
		return arbench.Record{Test: many(1000, 10), Attacked: many(1000, broken), Threat: threat, Level: 0.95}
	}
	got, ok := CrossCheck(under(100), under(0), arbench.Test, true)
	want := arbench.CrossCheck{ // of 100 that the first loses, 10 are wrong as they are
		SameWeights: true, N: 1000, Accuracy: 90, OtherAccuracy: 99, Flags: 90, Classes: 100,
		Beyond: "9 % of the flags differ, tolerance is 0.3 %",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(arbench.CrossCheck{}, "Difference")); diff != "" || !ok {
		t.Errorf("%v, -want +got:\n%s", ok, diff)
	}
	if d := got.Difference; d.Value != 9 || d.Lo <= 0 || d.Hi <= 9 {
		t.Errorf("difference %v [%v, %v], want 9 points, clearly", d.Value, d.Lo, d.Hi)
	}
	if _, ok := CrossCheck(under(1), under(1), arbench.Train, true); ok {
		t.Error("test examples stand for training examples")
	}
}

// TestRetrainedWeightsAreToldApartByThePairedInterval: that of McNemar's table, here of 20 examples that
// one of two gets wrong against none, and 10 against 10.
func TestRetrainedWeightsAreToldApartByThePairedInterval(t *testing.T) {
	swapped := many(1000, 20)
	for i := range 20 { // right where many(1000, 20) is wrong, wrong at as many others
		swapped.Logits.Row(i)[0], swapped.Logits.Row(i + 20)[0] = 1, -1
	}
	for _, tt := range []struct {
		name   string
		second *arbench.Outcome
		want   string
	}{
		{"worse", many(1000, 40), "the interval of the difference excludes 0"},
		{"better", many(1000, 0), "the interval of the difference excludes 0"},
		{"as good on others", swapped, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := CrossCheck(arbench.Record{Test: many(1000, 20), Level: 0.95},
				arbench.Record{Test: tt.second, Level: 0.95}, arbench.Test, false)
			if got.Beyond != tt.want || got.Logits.N != 0 {
				t.Errorf("got %q and %d logits, want %q and none", got.Beyond, got.Logits.N, tt.want)
			}
		})
	}
}

func TestOtherExamplesAreNotCompared(t *testing.T) {
	other := many(10, 0)
	other.ID[9] = 10
	attacked := arbench.Record{Test: many(10, 0), Attacked: many(10, 0), Threat: arbench.Threat{Norm: arbench.Linf}}
	for name, r := range map[string]arbench.Record{
		"others": {Test: other}, "fewer": {Test: many(9, 0)}, "none": {}, "attacked": attacked,
	} {
		if _, ok := CrossCheck(arbench.Record{Test: many(10, 0)}, r, arbench.Test, true); ok {
			t.Errorf("%s are compared", name)
		}
	}
}
