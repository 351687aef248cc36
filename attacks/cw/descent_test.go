package cw

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// TestStepIsAdams: the first step of Adam (Kingma & Ba 2015, algorithm 1) for a derivative h is
// -α h / (|h| + ε), with ε = 1e-8, and so is the second for the same h. At x = 0.5, where dx/dw is 0.5,
// with c = 1, h is half the derivative g of the margin, with the other sign; α is too small to move x.
func TestStepIsAdams(t *testing.T) {
	x := arbench.Tensor{Shape: []int{1, 1, 1, 3}, Data: []float32{0.5, 0.5, 0.5}}
	tr := arbench.Trial{
		Batch: arbench.Batch{X: x, Y: []int{0}}, Threat: arbench.Threat{Norm: arbench.L2, Eps: math.Inf(1)},
	}
	a := &Attack{Steps: 2, StepSize: 1e-12}
	d := newDescent(a, tr, nil, []weight{{c: 1}})
	for k, steps := range []float64{1, 2} {
		d.step(0, false, -1, []float32{2e-8, 1e3, -2e-14}, k)
		for j, share := range []float64{0.5, 1, -1e-6} {
			if got, want := float64(d.w.Data[j]), steps*share*a.StepSize; math.Abs(got-want) > 1e-5*a.StepSize {
				t.Errorf("after step %d: w %d is %v, want %v", k, j, got, want)
			}
		}
	}
}
