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
		{"one seed", []float64{4}, 0.95, Number{Value: 4, Lo: 4, Hi: 4, Seeds: 1}},
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

func TestPoolKeepsAccuracyWithinItsRange(t *testing.T) {
	s := exactly(90, 100)
	for i := range s {
		s[i].q.Name, s[i].q.Unit = accuracy, "%"
	}
	if got := pool(s, 0.95); got.Lo < 0 || got.Hi != 100 {
		t.Errorf("got [%v, %v]", got.Lo, got.Hi)
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
		{"0.812 (n=64)", Number{Value: 0.8123, Lo: 0.8123, Hi: 0.8123, Least: 64, Most: 64, Seeds: 1}},
		{"1.8 points [-0.1, 2.7] (2 seeds × 590–600)",
			Number{Value: 1.8, Lo: -0.12, Hi: 2.7, Unit: points, Least: 590, Most: 600, Seeds: 2}},
		{"1234 (3 seeds)", Number{Value: 1234, Lo: 1234, Hi: 1234, Seeds: 3}},
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
