package square

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
)

var norms = []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1}

// TestKeepsRules: Optimal asks for every image that a linear model lets be broken in Linf; 1,500 queries
// end in squares of one pixel, each of which is tried in all its colours many times.
func TestKeepsRules(t *testing.T) {
	for _, loss := range []string{"margin", "ce"} {
		t.Run(loss, func(t *testing.T) {
			attacktest.Run(t, func() arbench.Attack {
				return &Attack{Queries: 1500, P: 0.8, Restarts: 1, Loss: loss}
			}, attacktest.Random, attacktest.Optimal)
		})
	}
	t.Run("restarts", func(t *testing.T) {
		attacktest.Run(t, func() arbench.Attack {
			return &Attack{Queries: 30, P: 0.3, Restarts: 3, Rescale: true, Loss: "margin"}
		}, attacktest.Random)
	})
}

func perturb(t *testing.T, a *Attack, tr arbench.Trial) arbench.Tensor {
	t.Helper()
	x, err := tr.Put(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestFindsTheNearestPlane: the distance of x from the plane z₀ = z₁ is |z₀ - z₁| divided by the dual
// norm of w₀ - w₁, where the box is far. No budget below it breaks x. In Linf one a little above it
// does; in L2 and L1, where the best change is w itself or one pixel rather than squares, one of 1.5 and
// 2 times.
func TestFindsTheNearestPlane(t *testing.T) {
	m := newLinear(2, 1, 6, 6)
	dual := map[arbench.Norm]arbench.Norm{arbench.Linf: arbench.L1, arbench.L2: arbench.L2, arbench.L1: arbench.Linf}
	enough := map[arbench.Norm]float64{arbench.Linf: 1.001, arbench.L2: 1.5, arbench.L1: 2}
	w := make([]float32, 36)
	for j := range w {
		w[j] = m.weights.Row(0)[j] - m.weights.Row(1)[j]
	}
	for _, norm := range norms {
		t.Run(string(norm), func(t *testing.T) {
			for _, times := range []float64{0.999, enough[norm]} {
				tr := m.trial(t, 8, true, arbench.Threat{Norm: norm})
				tr.Each = make([]float64, 8)
				for i := range tr.Each {
					gap := 0.0
					for j, v := range tr.X.Row(i) {
						gap += float64(v) * float64(w[j])
					}
					tr.Each[i] = times * math.Abs(gap) / dual[norm].Of(w)
				}
				tr.Model = arbench.NewOracle(m, arbench.Scores, arbench.Frozen, tr.Batch, tr.Threat)
				perturb(t, New(), tr)
				for i, first := range tr.Model.Books().First {
					if (first > 0) != (times > 1) {
						t.Errorf("example %d, %v times its distance %v: first broken by pass %d",
							i, times, tr.Each[i]/times, first)
					}
				}
			}
		})
	}
}

// TestQueriesAreCounted: an example costs the look at it, and for each restart its start and at most the
// queries; in L2 and L1, where each proposal changes something, exactly so many. A broken one costs no
// pass more, nor does one without a budget cost any.
func TestQueriesAreCounted(t *testing.T) {
	m := newLinear(3, 1, 8, 8)
	for _, norm := range norms {
		threat := arbench.Threat{Norm: norm, Eps: map[arbench.Norm]float64{
			arbench.Linf: 0.03, arbench.L2: 0.2, arbench.L1: 0.9}[norm]}
		tr := m.trial(t, 40, false, threat)
		tr.Y[7] = (tr.Y[7] + 1) % 3 // misclassified as it is
		tr.Each = slices.Repeat([]float64{threat.Eps}, 40)
		tr.Each[8] = 0
		tr.Model = arbench.NewOracle(m, arbench.Scores, arbench.Frozen, tr.Batch, tr.Threat)
		x := perturb(t, &Attack{Queries: 60, P: 0.8, Restarts: 2, Loss: "margin"}, tr)
		broken := 0
		for i, passes := range tr.Model.Books().Forward {
			first, most := tr.Model.Books().First[i], 1+2*(1+60)
			switch {
			case i == 7 || i == 8:
				if passes != 8-i || !slices.Equal(x.Row(i), tr.X.Row(i)) {
					t.Errorf("%v, example %d: %d passes, want %d and the image itself", norm, i, passes, 8-i)
				}
			case first > 0:
				if broken++; passes != first {
					t.Errorf("%v, example %d: %d passes, broken by pass %d", norm, i, passes, first)
				}
			case passes > most, norm != arbench.Linf && passes != most:
				t.Errorf("%v, example %d: %d passes, want %d", norm, i, passes, most)
			}
		}
		if broken < 3 || broken > 35 {
			t.Errorf("%v: %d of 38 broken: the test needs some of both", norm, broken)
		}
	}
}

// TestHardCases: nothing panics, candidates are finite and in the threat, and an image about which the
// model answers NaN changes nothing for the others.
func TestHardCases(t *testing.T) {
	nan := float32(math.NaN())
	for _, tt := range []struct {
		name    string
		classes int
		shape   []int
		eps     float64
		f       func(x, z []float32)
	}{
		{"one class", 1, []int{1, 4, 4}, 0.5, nil},
		{"two classes", 2, []int{3, 4, 4}, 0.5, nil},
		{"eps beyond the box", 3, []int{1, 8, 8}, 1000, nil},
		{"tiny eps", 3, []int{1, 8, 8}, 1e-12, nil},
		{"one row", 3, []int{3, 1, 40}, 0.3, nil},
		{"one column", 3, []int{1, 40, 1}, 0.3, nil},
		{"one pixel", 3, []int{2, 1, 1}, 0.01, nil},
		{"two by three", 3, []int{1, 2, 3}, 0.1, nil},
		{"no answer", 3, []int{1, 5, 5}, 0.3, func(_, z []float32) {
			for k := range z {
				z[k] = nan
			}
		}},
		{"constant answers", 3, []int{1, 5, 5}, 0.3, func(_, z []float32) { clear(z) }},
	} {
		for _, norm := range norms {
			t.Run(tt.name+" "+string(norm), func(t *testing.T) {
				m := newLinear(tt.classes, tt.shape...)
				m.f = tt.f
				tr := m.trial(t, 4, false, arbench.Threat{Norm: norm, Eps: tt.eps})
				x, err := (&Attack{Queries: 300, P: 1, Restarts: 2, Loss: "margin"}).Perturb(t.Context(), tr)
				if err != nil {
					t.Fatal(err)
				}
				for i := range x.Len() {
					d := tr.Distance(x.Row(i), tr.X.Row(i))
					if !arbench.InBox(x.Row(i)) || d > tt.eps*(1+arbench.Tolerance)+1e-7 {
						t.Errorf("candidate %d is %v away, or not in the box: %v", i, d, x.Row(i))
					}
				}
			})
		}
	}
}

// TestNaNOfOneImage: the class of example 0 is that of the NaN, so that it counts as correct.
func TestNaNOfOneImage(t *testing.T) {
	m := newLinear(3, 1, 5, 5)
	for _, norm := range norms {
		a := &Attack{Queries: 100, P: 0.8, Restarts: 1, Loss: "margin"}
		threat := arbench.Threat{Norm: norm, Eps: 0.05}
		want := perturb(t, a, m.trial(t, 4, false, threat))
		tr := m.trial(t, 4, false, threat)
		tr.Y[0] = 0
		m.f = func(x, z []float32) {
			if tr.Distance(x, tr.X.Row(0)) <= 0.06 { // the others are farther away
				z[0] = float32(math.NaN())
			}
		}
		got := perturb(t, a, tr)
		m.f = nil
		if !slices.Equal(got.Row(0), tr.X.Row(0)) {
			t.Errorf("%v: the image without answers changed", norm)
		}
		if diff := cmp.Diff(want.Rows(1, 4), got.Rows(1, 4)); diff != "" {
			t.Errorf("%v: the others (-alone +beside it):\n%s", norm, diff)
		}
	}
}

// TestKeepsTheBestPoint: the candidate of an image that stays unbroken has the greatest loss of all
// points that the model saw of it, in all restarts.
func TestKeepsTheBestPoint(t *testing.T) {
	for _, norm := range norms {
		m := newLinear(2, 1, 6, 6)
		tr := m.trial(t, 1, true, arbench.Threat{Norm: norm, Eps: 0.001})
		loss := func(z []float32) float64 { return float64(z[1-tr.Y[0]]) - float64(z[tr.Y[0]]) }
		greatest := math.Inf(-1)
		m.f = func(_, z []float32) { greatest = max(greatest, loss(z)) }
		x := perturb(t, &Attack{Queries: 50, P: 0.8, Restarts: 4, Loss: "margin"}, tr)
		m.f = nil
		p, err := m.Run(t.Context(), arbench.Call{X: x})
		if err != nil {
			t.Fatal(err)
		}
		if got := loss(p.Logits.Row(0)); got != greatest || tr.Distance(x.Data, tr.X.Data) == 0 {
			t.Errorf("%v: the candidate has the loss %v, the best seen %v", norm, got, greatest)
		}
	}
}

func TestRefusesWhatIsNoImage(t *testing.T) {
	tr := newLinear(2, 6).trial(t, 2, true, arbench.Threat{Norm: arbench.Linf, Eps: 0.1})
	if _, err := New().Perturb(t.Context(), tr); err == nil || !strings.Contains(err.Error(), "shape [6]") {
		t.Errorf("Perturb = %v, want an error that names the shape", err)
	}
}

// TestQueriesDoNotAllocate: a query takes memory no oftener than the call of the oracle in it.
func TestQueriesDoNotAllocate(t *testing.T) {
	m := newLinear(2, 3, 8, 8)
	m.f = func(_, z []float32) { z[0] += 1000 } // never broken
	for _, norm := range norms {
		tr := m.trial(t, 16, false, arbench.Threat{Norm: norm, Eps: 0.5})
		ask := testing.AllocsPerRun(100, func() {
			if _, err := tr.Model.Logits(t.Context(), tr.X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); err != nil {
				t.Fatal(err)
			}
		})
		allocations := func(queries int) float64 {
			a := &Attack{Queries: queries, P: 0.05, Restarts: 1, Loss: "margin"}
			return testing.AllocsPerRun(5, func() {
				if _, err := a.Perturb(t.Context(), tr); err != nil {
					t.Fatal(err)
				}
			})
		}
		// The squares become smaller after queries 10, 50 and 200, not between these.
		if more := (allocations(180) - allocations(80)) / 100; more > ask {
			t.Errorf("%v: a query makes %v allocations, the oracle alone %v", norm, more, ask)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Attack){
		"queries 0":              func(a *Attack) { a.Queries = 0 },
		"p 0 must be":            func(a *Attack) { a.P = 0 },
		"p 1.5 must be":          func(a *Attack) { a.P = 1.5 },
		"p NaN must be":          func(a *Attack) { a.P = math.NaN() },
		"restarts 0":             func(a *Attack) { a.Restarts = 0 },
		fmt.Sprintf("%q", "dlr"): func(a *Attack) { a.Loss = "dlr" },
	} {
		a := New()
		change(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want %q", err, want)
		}
	}
}
