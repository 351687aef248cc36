package table

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// near3 compares to three decimals, those of printed tables of Student's t.
var near3 = cmpopts.EquateApprox(0, 1e-3)

func exactly(v ...float64) []sample {
	var s []sample
	for i, x := range v {
		s = append(s, sample{uint64(i), arbench.Quantity{Name: "q", Value: x, Lo: x, Hi: x, N: 10}})
	}
	return s
}

func TestPoolTakesStudentsIntervalOverSeeds(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		level  float64
		want   Number
	}{
		// t(0.975, 1) = 12.706; the deviation of 1 and 3 is √2, so the half width is 12.706.
		{"two seeds", []float64{1, 3}, 0.95, Number{Value: 2, Lo: -10.706, Hi: 14.706, Seeds: 2}},
		// t(0.975, 2) = 4.3027; deviation 1, half width 4.3027/√3 = 2.4841.
		{"three seeds", []float64{4, 5, 6}, 0.95, Number{Value: 5, Lo: 2.5159, Hi: 7.4841, Seeds: 3}},
		// t(0.95, 2) = 2.9200; half width 1.6859.
		{"another level", []float64{4, 5, 6}, 0.9, Number{Value: 5, Lo: 3.3141, Hi: 6.6859, Seeds: 3}},
		{"one seed", []float64{4}, 0.95, Number{Value: 4, Lo: 4, Hi: 4, Seeds: 1, Exact: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Least, c.want.Most = 10, 10
			got := pool(exactly(c.values...), c.level)
			if diff := cmp.Diff(c.want, got, near3, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Two seeds that agree to the last digit do not make a number exact.
func TestPoolIsNoNarrowerThanTheSeedsOwnIntervals(t *testing.T) {
	s := exactly(5, 5)
	s[0].q.Lo, s[0].q.Hi = 3, 6
	s[1].q.Lo, s[1].q.Hi = 4, 8
	got := pool(s, 0.95)
	if got.Value != 5 || got.Lo != 3.5 || got.Hi != 7 {
		t.Errorf("got %v [%v, %v], want 5 [3.5, 7]", got.Value, got.Lo, got.Hi)
	}
}

// Student's interval of two seeds is 12.7 half differences wide on either side.
func TestPoolStaysInTheRangeOfTheQuantity(t *testing.T) {
	for _, c := range []struct {
		name, detail, unit string
		a, b               float64
		lo, hi             float64 // NaN where the limit is not the end of the range
	}{
		{accuracy, "", "%", 50, 100, 0, 100},
		{cost, "", points, -50, 50, -100, 100},
		{confidence, "", "", 0.5, 1, 0, 1},
		{"probability margin", "50 %", "", -0.5, 0.5, -1, 1},
		{"probability margin", "std", "", 0.1, 0.9, 0, 1},
		{"logit margin", "std", "", 1, 2, 0, math.NaN()},
		{"logit margin", "50 %", "", 1, 2, math.NaN(), math.NaN()},
		{entropy, "", "nats", 0.1, 0.9, 0, math.NaN()},
		{"loss rise", "", "nats", 0.1, 0.9, math.NaN(), math.NaN()}, // an attack may fail
		{"loss gap", "", "nats", 0.1, 0.9, math.NaN(), math.NaN()},
		{"singular min", "conv1", "", 0, 1, 0, math.NaN()}, // which has no logarithm
		{"wobble", "", "", 0.1, 0.9, math.NaN(), math.NaN()},
	} {
		s := exactly(c.a, c.b)
		for i := range s {
			s[i].q.Name, s[i].q.Detail, s[i].q.Unit = c.name, c.detail, c.unit
		}
		got := pool(s, 0.95)
		_, lo, hi := student([]float64{c.a, c.b}, 0.95)
		want := Number{Lo: c.lo, Hi: c.hi}
		if math.IsNaN(c.lo) {
			want.Lo = lo
		}
		if math.IsNaN(c.hi) {
			want.Hi = hi
		}
		if got.Lo != want.Lo || got.Hi != want.Hi {
			t.Errorf("%s %s: [%v, %v], want [%v, %v]", c.name, c.detail, got.Lo, got.Hi, want.Lo, want.Hi)
		}
	}
}

func TestRanksAndConditionsAreAtLeastOne(t *testing.T) {
	for _, name := range []string{"singular condition", "stable rank", "entropy rank"} {
		s := exactly(1.5, 6)
		s[0].q.Name, s[1].q.Name = name, name
		if got := pool(s, 0.95); got.Lo != 1 {
			t.Errorf("%s: lower limit %v, want 1", name, got.Lo)
		}
	}
}

// The logarithms to base 10 of 10 and 1000 are 1 and 3: mean 2, half width 12.706 (see above).
func TestPoolTakesLogarithmsOfRatios(t *testing.T) {
	for _, name := range []string{"singular max", "singular min", "feature gain", "feature gain 50 %"} {
		s := exactly(10, 1000)
		for i := range s {
			s[i].q.Name = name
		}
		got := pool(s, 0.95)
		if diff := cmp.Diff([]float64{2, 2 - 12.706, 2 + 12.706},
			[]float64{math.Log10(got.Value), math.Log10(got.Lo), math.Log10(got.Hi)}, near3); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The seeds' own limits of 1 and 100 have the geometric mean 10, of 0 and 100 the mean 0.
func TestPoolOfRatiosIsNoNarrowerThanTheSeedsOwnIntervals(t *testing.T) {
	for _, c := range []struct{ least, want float64 }{{1, 10}, {0, 0}} {
		s := exactly(200, 200)
		s[0].q.Lo, s[1].q.Lo = c.least, 100
		if got := poolOn(ratios, s, 0.95); math.Abs(got.Lo-c.want) > 1e-9 {
			t.Errorf("lower limit %v, want %v", got.Lo, c.want)
		}
	}
}

func TestNumbersWithoutASampleAreExact(t *testing.T) {
	exact := exactly(3)
	median := exactly(3)
	median[0].q.Split = arbench.Test // all of ten examples have the same distance
	alone := exactly(3)
	alone[0].q.Split, alone[0].q.N = arbench.Test, 1
	for _, c := range []struct {
		s    []sample
		want string
	}{
		{exact, "3.00 exact"}, {median, "3.00 [3.00, 3.00]"}, {alone, "3.00 no interval"},
		{exactly(3, 3), "3.00 [3.00, 3.00]"},
	} {
		if got := pool(c.s, 0.95).short(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestPoolJoinsWarningsAndSizes(t *testing.T) {
	s := exactly(1, 2)
	s[0].q.Warnings, s[1].q.Warnings = []string{"a", "b"}, []string{"b", "c"}
	s[1].q.N = 20
	got := pool(s, 0.95)
	if diff := cmp.Diff([]string{"a", "b", "c"}, got.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if got.Least != 10 || got.Most != 20 {
		t.Errorf("rests on %d to %d, want 10 to 20", got.Least, got.Most)
	}
}

// Newcombe 1998, Statistics in Medicine 17:873, table II, example (a): 56/70 - 48/80 = 0.2, method 10
// 0.0524 to 0.3339, from the Wilson intervals 0.6918..0.8769 and 0.4904..0.7004 of the two shares
// (computed from Wilson's formula with z = 1.96).
func TestDifferenceIsNewcombesMethod10(t *testing.T) {
	a := arbench.Quantity{Value: 80, Lo: 69.1825, Hi: 87.6945, Unit: "%", N: 70}
	b := arbench.Quantity{Value: 60, Lo: 49.0432, Hi: 70.0392, Unit: "%", N: 80}
	got := difference(a, b)
	want := arbench.Quantity{Value: 20, Lo: 5.24, Hi: 33.39, Unit: points, N: 70}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 0.01), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRatioHasTheWidestInterval(t *testing.T) {
	for _, c := range []struct {
		name     string
		a, b     arbench.Quantity
		v, lo, h float64
	}{
		{"positive", arbench.Quantity{Value: 2, Lo: 1, Hi: 3}, arbench.Quantity{Value: 4, Lo: 2, Hi: 5},
			0.5, 0.2, 1.5},
		{"divisor may be zero", arbench.Quantity{Value: 2, Lo: 1, Hi: 3},
			arbench.Quantity{Value: 4, Lo: 0, Hi: 5}, 0.5, 0.2, math.Inf(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if q := ratio(c.a, c.b); q.Value != c.v || q.Lo != c.lo || q.Hi != c.h {
				t.Errorf("got %v [%v, %v], want %v [%v, %v]", q.Value, q.Lo, q.Hi, c.v, c.lo, c.h)
			}
		})
	}
}

func TestPriceNeedsAGainAndADrop(t *testing.T) {
	num := func(v, lo, hi float64) Number {
		return Number{Value: v, Lo: lo, Hi: hi, Seeds: 2, Least: 5, Most: 5}
	}
	for _, c := range []struct {
		name       string
		gain, drop Number
		want       string
	}{
		// Corners: 20/4 = 5, 40/1 = 40.
		{"both clear", num(30, 20, 40), num(2, 1, 4), "15.0 [5.0, 40.0] (2 seeds × 5)"},
		{"drop may be zero", num(30, 20, 40), num(2, 0, 4), "–"},
		{"gain may be zero", num(3, -1, 7), num(2, 1, 4), "–"},
		{"of a doubtful gain", func() Number { n := num(30, 20, 40); n.Trust = arbench.Suspect; return n }(), num(2, 1, 4),
			"15.0 [5.0, 40.0] (2 seeds × 5, suspect)"},
		{"no drop measured", num(30, 20, 40), Number{}, "–"},
		{"drop undefined", num(30, 20, 40), num(math.NaN(), math.NaN(), math.NaN()), "–"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := price(c.gain, c.drop).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNumbersCarryIntervalAndSize(t *testing.T) {
	for _, c := range []struct {
		want string
		n    Number
	}{
		{"–", Number{}},
		{"97.5 % [95.9, 98.5] (n=600)",
			Number{Value: 97.5, Lo: 95.94, Hi: 98.47, Unit: "%", Least: 600, Most: 600, Seeds: 1}},
		{"97.2 % [96.0, 98.4] (2 seeds × 600)",
			Number{Value: 97.2, Lo: 96, Hi: 98.4, Unit: "%", Least: 600, Most: 600, Seeds: 2}},
		{"0.812 exact (n=64)",
			Number{Value: 0.8123, Lo: 0.8123, Hi: 0.8123, Least: 64, Most: 64, Seeds: 1, Exact: true}},
		{"0.100 [0.100, 0.100] (2 seeds × 238–270)",
			Number{Value: 0.1, Lo: 0.1, Hi: 0.1, Least: 238, Most: 270, Seeds: 2}},
		{"0.00657 [4.26e-06, 10.1] (2 seeds × 64)",
			Number{Value: 0.00657, Lo: 4.26e-6, Hi: 10.12572, Least: 64, Most: 64, Seeds: 2}},
		{"6888 [0.322, 147349] (2 seeds × 64)",
			Number{Value: 6888, Lo: 0.32211, Hi: 147349.1, Least: 64, Most: 64, Seeds: 2}},
		{"0.792 no interval (n=1)",
			Number{Value: 0.792, Lo: 0.792, Hi: 0.792, Least: 1, Most: 1, Seeds: 1, Alone: true}},
		{"1.8 points [-0.1, 2.7] (2 seeds × 590–600)",
			Number{Value: 1.8, Lo: -0.12, Hi: 2.7, Unit: points, Least: 590, Most: 600, Seeds: 2}},
		{"1234 [1234, 1234] (3 seeds)", Number{Value: 1234, Lo: 1234, Hi: 1234, Seeds: 3}},
		{"undefined (n=2)", Number{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Least: 2, Most: 2, Seeds: 1}},
		{"0.0 % [0.0, 0.6] (n=600)",
			Number{Value: -0.0001, Lo: -0.0002, Hi: 0.6, Unit: "%", Least: 600, Most: 600, Seeds: 1}},
		{"1.2e-07 nats [1.2e-06, ∞] (n=2)",
			Number{Value: 1.2e-7, Lo: 1.2e-6, Hi: math.Inf(1), Unit: "nats", Least: 2, Most: 2, Seeds: 1}},
	} {
		if got := c.n.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestSparkScalesToItsOwnRange(t *testing.T) {
	long := make([]float64, 100)
	for i := range long {
		long[i] = float64(i)
	}
	nan := math.NaN()
	for _, c := range []struct {
		name string
		v    []float64
		want string
	}{
		{"eighths", []float64{0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█"},
		{"falling", []float64{3, 0}, "█▁"},
		{"constant", []float64{5, 5, 5}, "▁▁▁"},
		{"gap", []float64{0, nan, 1}, "▁ █"},
		{"nothing", []float64{nan, nan}, "–"},
		{"none", nil, "–"},
		// Twenty means of five points each, 2, 7, …, 97: character k is round(7k/19).
		{"long", long, "▁▁▂▂▂▃▃▄▄▄▅▅▅▆▆▇▇▇██"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := spark(c.v); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
