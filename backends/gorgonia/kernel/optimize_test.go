package kernel

import (
	"fmt"
	"math"
	"testing"
)

func TestSGDFollowsDefinition(t *testing.T) {
	for _, s := range []SGD{{Rate: 0.1}, {Rate: 0.1, Decay: 0.01}, {Rate: 0.1, Momentum: 0.9},
		{Rate: 0.1, Momentum: 0.9, Decay: 0.01}, {Rate: 0.1, Momentum: 0.9, Decay: 0.01, Nesterov: true}} {
		for _, n := range lengths {
			t.Run(fmt.Sprintf("%+v/%d", s, n), func(t *testing.T) {
				bothPaths(t, func(t *testing.T) []float32 { return checkSGD(t, s, n) })
			})
		}
	}
}

// checkSGD takes three steps beside the formula of the doc comment in float64.
func checkSGD(t *testing.T, s SGD, n int) []float32 {
	var b guards
	r := source(uint64(n))
	w, g, buf := b.copied(randoms(r, n)), b.copied(randoms(r, n)), b.floats(n)
	want, wantBuf := make([]float64, n), make([]float64, n)
	for i, v := range w {
		want[i] = float64(v)
	}
	rate, m, decay := float64(s.Rate), float64(s.Momentum), float64(s.Decay)
	for range 3 {
		s.Step(w, g, buf)
		for i := range want {
			d := float64(g[i]) + decay*want[i]
			wantBuf[i] = m*wantBuf[i] + d
			step := wantBuf[i]
			if s.Nesterov {
				step = d + m*wantBuf[i]
			}
			want[i] -= rate * step
		}
	}
	closeTo(t, "w", w, want, 1e-6)
	if s.Momentum != 0 {
		closeTo(t, "buf", buf, wantBuf, 1e-6)
	}
	got := append([]float32(nil), w...)
	b.check(t)
	return got
}

func TestAdamFollowsDefinition(t *testing.T) {
	for _, a := range []Adam{{1e-2, 0.9, 0.999, 1e-8, 0, false}, {1e-2, 0.9, 0.999, 1e-8, 0.1, false},
		{1e-2, 0.8, 0.99, 1e-6, 0.1, true}} {
		for _, n := range lengths {
			t.Run(fmt.Sprintf("%+v/%d", a, n), func(t *testing.T) {
				bothPaths(t, func(t *testing.T) []float32 { return checkAdam(t, a, n) })
			})
		}
	}
}

// checkAdam takes four steps beside Algorithm 1 of Kingma & Ba (and Algorithm 2 of
// Loshchilov & Hutter) in float64.
func checkAdam(t *testing.T, a Adam, n int) []float32 {
	var b guards
	r := source(uint64(n))
	w, g, m, v := b.copied(randoms(r, n)), b.copied(randoms(r, n)), b.floats(n), b.floats(n)
	want, wm, wv := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, x := range w {
		want[i] = float64(x)
	}
	for step := 1; step <= 4; step++ {
		a.Step(step, w, g, m, v)
		c1, c2 := 1-math.Pow(a.Beta1, float64(step)), 1-math.Pow(a.Beta2, float64(step))
		for i := range want {
			d := float64(g[i])
			if a.Decoupled {
				want[i] -= a.Rate * a.Decay * want[i]
			} else {
				d += a.Decay * want[i]
			}
			wm[i] = a.Beta1*wm[i] + (1-a.Beta1)*d
			wv[i] = a.Beta2*wv[i] + (1-a.Beta2)*d*d
			want[i] -= a.Rate * (wm[i] / c1) / (math.Sqrt(wv[i]/c2) + a.Eps)
		}
	}
	closeTo(t, "w", w, want, 1e-6)
	closeTo(t, "m", m, wm, 1e-6)
	closeTo(t, "v", v, wv, 1e-6)
	got := append([]float32(nil), w...)
	b.check(t)
	return got
}

// Where a parameter is cut does not change its bits.
func TestStepsDoNotDependOnTheCut(t *testing.T) {
	onEveryPath(t, func(t *testing.T) {
		r := source(9)
		const n = 77
		w, g, buf, v := randoms(r, n), randoms(r, n), randoms(r, n), randoms(r, n)
		for i := range v {
			v[i] *= v[i]
		}
		s := SGD{Rate: 0.3, Momentum: 0.9, Decay: 0.1, Nesterov: true}
		a := Adam{Rate: 0.3, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Decay: 0.1}
		run := func(cuts ...int) []float32 {
			w, buf, v := append([]float32{}, w...), append([]float32{}, buf...), append([]float32{}, v...)
			for i := 1; i < len(cuts); i++ {
				lo, hi := cuts[i-1], cuts[i]
				s.Step(w[lo:hi], g[lo:hi], buf[lo:hi])
				a.Step(3, w[lo:hi], g[lo:hi], buf[lo:hi], v[lo:hi])
				Axpby(w[lo:hi], g[lo:hi], 0.7, 0.3)
			}
			return w
		}
		sameBits(t, "w", run(0, 3, 20, 21, 50, n), run(0, n))
	})
}
