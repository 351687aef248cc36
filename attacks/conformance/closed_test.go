package conformance

import (
	"math"
	"math/bits"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

// TestCrossingIsTheOptimum compares with the least norms of changes onto a hyperplane in the box that
// bisection and a linear program found for the golden vectors (testdata/golden, section 4; NaN where there
// is none; row 20 touches a corner, which rounding decides).
func TestCrossingIsTheOptimum(t *testing.T) {
	file, err := golden.Open("projections")
	if err != nil {
		t.Fatal(err)
	}
	x, w, b := file.Floats("fab.t"), file.Floats("fab.w"), file.Floats("fab.b")
	for norm, key := range map[arbench.Norm]string{arbench.Linf: "linf", arbench.L2: "l2", arbench.L1: "l1"} {
		want, compared := file.Floats("fab."+key+"_opt_norm"), 0
		for i := range x.Len() {
			v, f := make([]float64, len(w.Row(i))), -float64(b.Data[i])
			for j, c := range w.Row(i) {
				v[j] = float64(c)
				f += v[j] * float64(x.Row(i)[j])
			}
			if f < 0 {
				f = -f
				for j := range v {
					v[j] = -v[j]
				}
			}
			got, optimum := crossing(norm, x.Row(i), v, f), float64(want.Data[i])
			switch {
			case i == 20:
			case math.IsNaN(optimum):
				if !math.IsInf(got, 1) {
					t.Errorf("%s: row %d is %v away, but cannot be reached", norm, i, got)
				}
			case math.Abs(got-optimum) > 1e-5*(1+optimum):
				t.Errorf("%s: row %d is %v away, want %v", norm, i, got, optimum)
			default:
				compared++
			}
		}
		if compared < 20 {
			t.Errorf("%s: only %d rows compared", norm, compared)
		}
	}
}

// TestDistanceIsToTheNearestRival: with a second pixel of 1, which cannot rise, the logits of a first pixel
// x are x, 2 x - 0.3 and 0. At x = 0.9 the class is 1, with 1.5. Class 0 has as much at x = 0.3, class 2 only
// at 0.15: the way is 0.6 in each norm. At x = 0.2 the class is 0.
func TestDistanceIsToTheNearestRival(t *testing.T) {
	m := newSoftmax(3, 1, 1, 2)
	copy(m.weights.Data, []float32{1, 0, 2, -0.3, 0, 0})
	for _, norm := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1} {
		for x, want := range map[float32]float64{0.9: 0.6, 0.2: 0} {
			if got := m.distance(norm, []float32{x, 1}, 1); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: %v from %v, want %v", norm, got, x, want)
			}
		}
	}
}

// TestCrossingInL0IsTheOptimum compares with every choice of 8 pixels, each at its end of the box.
func TestCrossingInL0IsTheOptimum(t *testing.T) {
	reached := map[float64]bool{}
	for seed := range 200 {
		r := arbench.KeyedRand(1, "l0", seed)
		x, w, f := make([]float32, 8), make([]float64, 8), 2.5*r.Float64()
		for j := range x {
			x[j], w[j] = float32(r.Float64()), 2*r.Float64()-1
		}
		want := math.Inf(1)
		for choice := range 1 << len(x) {
			left := f
			for j, v := range x {
				if choice>>j&1 == 1 {
					left -= max(w[j]*float64(v), -w[j]*(1-float64(v)))
				}
			}
			if left <= 0 {
				want = min(want, float64(bits.OnesCount(uint(choice))))
			}
		}
		if got := crossing(arbench.L0, x, w, f); got != want {
			t.Errorf("seed %d: %v pixels, want %v", seed, got, want)
		}
		reached[want] = true
	}
	if len(reached) < 5 {
		t.Errorf("only the answers %v", reached)
	}
}
