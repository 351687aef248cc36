package trust

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/apgd"
	"github.com/arbench/arbench/attacks/pgd"
)

// climb returns what the probe finds of an attack within eps 0.1 on a model of the 40 grey images.
func climb(t *testing.T, m *formula, a arbench.Attack, norm arbench.Norm, batch int) arbench.Quantity {
	t.Helper()
	ids := make([]int, images{}.Len())
	for i := range ids {
		ids[i] = i
	}
	p := &Convergence{Attack: arbench.Use[arbench.Attack]{It: a}, Norm: norm, Eps: 0.1}
	qs, err := p.Probe(t.Context(), arbench.Subject{
		Model: m, Split: arbench.Test, Shape: []int{1, 2, 4}, Data: images{}, IDs: ids, Batch: batch,
	})
	if err != nil || len(qs) != 1 || qs[0].Name != unfinished {
		t.Fatalf("%+v, %v", qs, err)
	}
	return qs[0]
}

// TestConvergenceOfKnownAscents: on a margin that is linear in the pixels the usual steps reach the end of the
// ball, all of the same loss, and stay; from steps of a thousandth of eps the loss rises to the last. Of a model
// that is flat for bright images, the half of the 40, only the others' loss rises; those that are broken do not count.
func TestConvergenceOfKnownAscents(t *testing.T) {
	slope := func(v float64) func(x []float32, _, _, _ int) float64 {
		return func(x []float32, _, _, _ int) float64 { return 1 + v*sum(x) }
	}
	linear := &formula{f: slope(1), df: constant(1)}
	flat := &formula{
		f: func(x []float32, _, _, _ int) float64 {
			if x[0] > 0.5 {
				return 20
			}
			return slope(1)(x, 0, 0, 0)
		},
		df: func(x []float32) []float32 {
			if x[0] > 0.5 {
				return make([]float32, len(x))
			}
			return constant(1)(x)
		},
	}
	few := func(change func(*pgd.Attack)) *pgd.Attack {
		a := pgd.New()
		a.StepSize = 1e-4
		change(a)
		return a
	}
	same := func(*pgd.Attack) {}
	still, restarts := pgd.New(), apgd.New()
	still.RandomStart, restarts.Restarts = false, 2
	for _, tt := range []struct {
		name   string
		m      *formula
		a      arbench.Attack
		norm   arbench.Norm
		share  float64
		others int // examples that the attack leaves
	}{
		{"usual steps", linear, pgd.New(), arbench.Linf, 0, 40},
		{"usual steps in l2 from the image", linear, still, arbench.L2, 0, 40},
		{"auto-pgd", linear, apgd.New(), arbench.Linf, 0, 40},
		{"auto-pgd with its larger balls of l1", linear, apgd.New(), arbench.L1, 0, 40},
		{"auto-pgd twice", linear, restarts, arbench.Linf, 0, 40},
		{"small steps", linear, few(same), arbench.Linf, 100, 40},
		{"small steps, restarts", linear, few(func(a *pgd.Attack) { a.Restarts = 3 }), arbench.Linf, 100, 40},
		{"small steps on the margin", linear, few(func(a *pgd.Attack) { a.Loss = "margin" }), arbench.L2, 100, 40},
		{"small steps, half of them flat", flat, few(func(a *pgd.Attack) { a.RandomStart = false }), arbench.Linf, 50, 40},
		{"small steps, all broken", &formula{f: slope(-10), df: constant(-10)}, few(same), arbench.Linf, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := climb(t, tt.m, tt.a, tt.norm, 32)
			if got.Value != tt.share || got.N != tt.others {
				t.Errorf("%v %% of %d, want %v %% of %d", got.Value, got.N, tt.share, tt.others)
			}
			if diff := cmp.Diff(got, climb(t, tt.m, tt.a, tt.norm, 7)); diff != "" {
				t.Errorf("batches of 32 and of 7:\n%s", diff)
			}
		})
	}
}

// TestRises gives curves of a known greatest loss so far.
func TestRises(t *testing.T) {
	line := func(n int, f func(i int) float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = f(i)
		}
		return out
	}
	late := func(n, at int, by float64) []float64 { // 1 after the first, and more from a point on
		return line(n, func(i int) float64 {
			switch {
			case i == 0:
				return 0
			case i < at:
				return 1 - by
			}
			return 1
		})
	}
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		run  []float64
		want bool
	}{
		{"a line", line(20, func(i int) float64 { return float64(i) }), true},
		{"nothing", line(20, func(int) float64 { return 3 }), false},
		{"a fall", line(20, func(i int) float64 { return -float64(i) }), false},
		{"a peak on the way", line(20, func(i int) float64 { return -math.Abs(float64(i) - 12) }), false},
		{"less than a twentieth", late(20, 16, 0.049), false},
		{"more than a twentieth", late(20, 16, 0.051), true},
		{"before the last quarter", late(20, 15, 0.5), false},
		{"in the last ten of many", late(100, 91, 0.5), true},
		{"before the last ten of many", late(100, 90, 0.5), false},
		{"no numbers", []float64{nan, nan, nan, nan}, false},
		{"numbers at the end", slices.Concat([]float64{9, nan, nan}, line(17, func(i int) float64 { return float64(i) / 100 })), false},
		{"infinite from the start", line(20, func(int) float64 { return math.Inf(1) }), false},
		{"none", nil, false},
	} {
		if got := rises(tt.run); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestFurthestRunHasTheGreatestLoss(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct{ losses, want []float64 }{
		{[]float64{1, 2, 5, 0, 3, 3}, []float64{5, 0}},
		{[]float64{nan, nan, 1, 0}, []float64{1, 0}},
		{[]float64{4, 4, 4, 4}, []float64{4, 4}},
		{[]float64{7, 1, 2}, []float64{7, 1}},
		{nil, nil},
	} {
		if diff := cmp.Diff(tt.want, furthest(tt.losses, 2)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.losses, diff)
		}
	}
}

// TestWitnessNotesWhereDerivativesAreAsked: of the rows that a call names, inside the threat.
func TestWitnessNotesWhereDerivativesAreAsked(t *testing.T) {
	m := &formula{f: func(x []float32, _, _, _ int) float64 { return sum(x) }, df: constant(1)}
	b := arbench.ReadBatch(images{}, []int{1, 2, 4}, []int{0, 5, 9})
	w := &witness{Model: m, batch: b, threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, losses: make([][]float64, 3)}
	x := b.X.Gather([]int{2, 1})
	x.Row(1)[0] += 0.2
	for _, want := range []arbench.Want{0, arbench.DX} {
		call := arbench.Call{X: x, Rows: []int{2, 1}, Losses: []arbench.Loss{arbench.Margin{Y: []int{0, 0}}}, Want: want}
		if _, err := w.Run(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.losses[0]) != 0 || len(w.losses[2]) != 1 || len(w.losses[1]) != 1 ||
		math.Abs(w.losses[2][0]+sum(x.Row(0))) > 1e-6 || !math.IsNaN(w.losses[1][0]) {
		t.Errorf("%v, want none of row 0, no number of row 1, the margin of row 2", w.losses)
	}
}
