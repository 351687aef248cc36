package measure

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/stat/distuv"
)

func limits(i interval) [2]float64 { return [2]float64{i.lo, i.hi} }

// round4 compares with numbers printed with four decimals.
var round4 = cmpopts.EquateApprox(0, 6e-5)

// Newcombe 1998, Statistics in Medicine 17:857, method 3, its four examples.
func TestWilsonHasPublishedLimits(t *testing.T) {
	tests := []struct {
		k, n int
		want [2]float64
	}{
		{81, 263, [2]float64{0.2553, 0.3662}},
		{15, 148, [2]float64{0.0624, 0.1605}},
		{0, 20, [2]float64{0, 0.1611}},
		{1, 29, [2]float64{0.0061, 0.1718}},
		{20, 20, [2]float64{0.8389, 1}}, // mirror of 0 of 20
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, limits(wilson(tt.k, tt.n, 0.95)), round4); diff != "" {
			t.Errorf("%d of %d (-want +got):\n%s", tt.k, tt.n, diff)
		}
	}
}

// Newcombe 1998, Statistics in Medicine 17:873, method 10, the first two of its examples.
func TestIndependentDifferenceHasPublishedLimits(t *testing.T) {
	tests := []struct {
		k1, n1, k2, n2 int
		want           [2]float64
	}{
		{56, 70, 48, 80, [2]float64{0.0524, 0.3339}},
		{9, 10, 3, 10, [2]float64{0.1705, 0.8090}},
	}
	for _, tt := range tests {
		got := limits(independentDifference(tt.k1, tt.n1, tt.k2, tt.n2, 0.95))
		if diff := cmp.Diff(tt.want, got, round4); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt, diff)
		}
	}
}

// The first is the square-and-add interval of Fagerland, Lydersen & Laake 2014 (Statistics in
// Medicine 33:2850) for the airway data of Bentur et al. 2009. The second is the case without
// information on pairing (φ = 0), where the paired interval is the independent one.
func TestPairedDifferenceHasPublishedLimits(t *testing.T) {
	airway := limits(pairedDifference(table{both: 1, first: 1, second: 7, neither: 12}, 0.95))
	if diff := cmp.Diff([2]float64{-0.507, -0.026}, airway, cmpopts.EquateApprox(0, 6e-4)); diff != "" {
		t.Errorf("airway (-want +got):\n%s", diff)
	}
	unpaired := limits(pairedDifference(table{both: 25, first: 25, second: 25, neither: 25}, 0.95))
	want := limits(independentDifference(50, 100, 50, 100, 0.95))
	if diff := cmp.Diff(want, unpaired); diff != "" {
		t.Errorf("without correlation (-want +got):\n%s", diff)
	}
}

func TestPairedDifferenceOfEqualAnswersIsFinite(t *testing.T) {
	for _, tab := range []table{{both: 10}, {neither: 10}, {first: 10}, {both: 5, neither: 5}} {
		i := pairedDifference(tab, 0.95)
		theta := float64(tab.first-tab.second) / float64(tab.n())
		if !(i.lo <= theta && theta <= i.hi) || i.hi-i.lo > 1 {
			t.Errorf("%+v: [%v, %v] around %v", tab, i.lo, i.hi, theta)
		}
	}
}

// By hand: 2·(C(8,0)+C(8,1))/2⁸ = 18/256; equal counts give 1; 2/2¹⁰ for 10 against 0.
func TestMcNemarIsExact(t *testing.T) {
	tests := []struct {
		tab  table
		want float64
	}{
		{table{both: 1, first: 1, second: 7, neither: 12}, 18.0 / 256},
		{table{first: 4, second: 4}, 1},
		{table{both: 9, neither: 3}, 1},
		{table{first: 10}, 2.0 / 1024},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, mcnemar(tt.tab), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.tab, diff)
		}
	}
}

// t(0.975, 4) = 2.776445 from tables: mean 3, s = √2.5, half width 2.776445·√(2.5/5) = 1.963243.
// Welch of {1..5} against {2,4}: difference 0, u = 0.5, v = 1, df = 2.25/(0.0625+1) = 2.117647.
func TestMeanIntervalsAreStudents(t *testing.T) {
	five := []float64{1, 2, 3, 4, 5}
	close6 := cmpopts.EquateApprox(0, 1e-6)
	student := limits(meanInterval(five, 0.95))
	if diff := cmp.Diff([2]float64{1.036757, 4.963243}, student, close6); diff != "" {
		t.Errorf("mean (-want +got):\n%s", diff)
	}
	half := studentQuantile(0.95, 2.25/1.0625) * math.Sqrt(1.5)
	got := limits(welch(five, []float64{2, 4}, 0.95))
	if diff := cmp.Diff([2]float64{-half, half}, got, close6); diff != "" {
		t.Errorf("welch (-want +got):\n%s", diff)
	}
}

// For B binomial of 100 and 1/2, P(B ≤ 39) = 0.0176 and P(B ≤ 40) = 0.0284: the 95 % limits of the
// median are the order statistics 40 and, by symmetry, 61.
func TestMedianOfAHundredIsBetweenRanks40And61(t *testing.T) {
	v := make([]float64, 100)
	for i := range v {
		v[i] = float64(i + 1)
	}
	value, i, complete := quantile(v, 0.5, 0.95)
	want := []float64{50, 40, 61}
	if diff := cmp.Diff(want, []float64{value, i.lo, i.hi}); diff != "" || !complete {
		t.Errorf("complete %v (-want +got):\n%s", complete, diff)
	}
	if _, i, complete := quantile(v, 0.01, 0.95); complete || i.lo != 1 {
		t.Errorf("1 %% quantile of 100: lower limit %v, complete %v", i.lo, complete)
	}
}

// coverage returns the share of 400 samples whose interval holds the truth.
func coverage(draw func(seed int) interval, truth float64) float64 {
	held := 0
	for seed := range 400 {
		if i := draw(seed); i.lo <= truth && truth <= i.hi {
			held++
		}
	}
	return float64(held) / 400
}

// Samples of 200 from the exponential distribution, which is skewed: mean 1, standard deviation 1,
// quantile -ln(1-p). The binomial deviation of a coverage of 0.95 over 400 samples is 0.011; the
// interval of the standard deviation is known to fall short for heavy tails.
func TestIntervalsHoldTheTruth(t *testing.T) {
	sampleOf := func(seed int) []float64 {
		r := arbench.KeyedRand(1, "coverage", seed)
		v := make([]float64, 200)
		for i := range v {
			v[i] = r.ExpFloat64()
		}
		return v
	}
	tests := []struct {
		name  string
		of    func(v []float64) interval
		truth float64
		least float64
	}{
		{"mean", func(v []float64) interval { return meanInterval(v, 0.95) }, 1, 0.92},
		{"std", func(v []float64) interval { return stdInterval(v, 0.95) }, 1, 0.84},
		{"quantile", func(v []float64) interval {
			_, i, _ := quantile(sortedCopy(v), 0.9, 0.95)
			return i
		}, distuv.Exponential{Rate: 1}.Quantile(0.9), 0.92},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := coverage(func(seed int) interval { return tt.of(sampleOf(seed)) }, tt.truth)
			if got < tt.least || got > 0.99 {
				t.Errorf("95 %% intervals hold the truth in %.3f of samples", got)
			}
		})
	}
}
