package nearest_test

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/nearest"
	"github.com/google/go-cmp/cmp"
)

// TestPoints: images that are misclassified are found at once, the nearest of points stays.
func TestPoints(t *testing.T) {
	trial := arbench.Trial{
		Batch: arbench.Batch{
			X: arbench.Tensor{Shape: []int{3, 1, 1, 2}, Data: []float32{.5, .5, .5, .5, .5, .5}}, Y: []int{0, 0, 1},
		},
		Threat: arbench.Threat{Norm: arbench.L1},
	}
	p := nearest.New(trial)
	z := arbench.Tensor{Shape: []int{3, 2}, Data: []float32{1, 0, 0, 1, 0, 1}}
	if d := cmp.Diff([]int{0, 2}, p.Left(z)); d != "" {
		t.Errorf("rows left (-want +got):\n%s", d)
	}
	for _, x := range [][]float32{{1, 1}, {.75, .5}, {.25, .25}, {.5, .75}} {
		p.Found(2, x)
	}
	if d := cmp.Diff([]float32{.5, .5, .5, .5, .75, .5}, p.X.Data); d != "" {
		t.Errorf("points (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]float64{math.Inf(1), 0, .25}, p.Distance); d != "" {
		t.Errorf("distances (-want +got):\n%s", d)
	}
}

func TestSize(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, tt := range []struct {
		g    []float32
		want map[arbench.Norm]float64
	}{
		{[]float32{3, 0, -4}, map[arbench.Norm]float64{arbench.Linf: 4, arbench.L2: 5, arbench.L1: 7}},
		{[]float32{0, 0}, map[arbench.Norm]float64{arbench.Linf: 0, arbench.L2: 0, arbench.L1: 0}},
		{[]float32{nan, 1}, map[arbench.Norm]float64{arbench.Linf: 0, arbench.L2: 0, arbench.L1: 0}},
		{[]float32{1, -inf}, map[arbench.Norm]float64{arbench.Linf: 0, arbench.L2: 0, arbench.L1: 0}},
	} {
		for n, want := range tt.want {
			if got := nearest.Size(n, tt.g); got != want {
				t.Errorf("Size(%s, %v) = %v, want %v", n, tt.g, got, want)
			}
		}
	}
}

func TestAnneal(t *testing.T) {
	for step, want := range map[int]float64{0: 3, 5: 2, 10: 1} {
		if got := nearest.Anneal(3, 1, step, 10); math.Abs(got-want) > 1e-12 {
			t.Errorf("Anneal at step %d of 10 = %v, want %v", step, got, want)
		}
	}
}
