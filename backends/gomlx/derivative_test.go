//go:build gomlx

package gomlx

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arbench/arbench"
)

// sum is a loss with derivative 1 in every logit.
func sum(_, dz arbench.Tensor, _ []float64) {
	for i := range dz.Data {
		dz.Data[i] = 1
	}
}

// At 0 each function has the derivative that the vocabulary says, by its formula, and far from 0 nothing overflows.
func TestActivationsAtZeroAndFarFromIt(t *testing.T) {
	at := []float32{-100, 0, 100}
	for f, want := range map[arbench.Function]struct{ values, derivatives []float32 }{
		arbench.ReLU:      {[]float32{0, 0, 100}, []float32{0, 0, 1}},
		arbench.LeakyReLU: {[]float32{-1, 0, 100}, []float32{0.01, 0.01, 1}},
		arbench.Softplus:  {[]float32{0, math.Ln2, 100}, []float32{0, 0.5, 1}},
		arbench.SiLU:      {[]float32{0, 0, 100}, []float32{0, 0.5, 1}},
		arbench.GELU:      {[]float32{0, 0, 100}, []float32{0, 0.5, 1}},
		arbench.ELU:       {[]float32{-1, 0, 100}, []float32{0, 1, 1}},
		arbench.Tanh:      {[]float32{-1, 0, 1}, []float32{0, 1, 0}},
	} {
		t.Run(string(f), func(t *testing.T) {
			onEachEngine(t, func(t *testing.T, b *Backend) {
				net := netOf([]int{1, 1, 3}, arbench.Flatten{}, act(f))
				x := arbench.Tensor{Shape: []int{1, 1, 1, 3}, Data: at}
				p := run(t, openNet(t, b, arbench.ModelSpec{Network: net}),
					arbench.Call{X: x, Losses: []arbench.Loss{arbench.LossFunc(sum)}, Want: arbench.DX})
				almost := cmpopts.EquateApprox(0, 1e-6)
				if d := cmp.Diff(want.values, p.Logits.Data, almost); d != "" {
					t.Errorf("values (-want +got):\n%s", d)
				}
				if d := cmp.Diff(want.derivatives, p.DX[0].Data, almost); d != "" {
					t.Errorf("derivatives (-want +got):\n%s", d)
				}
			})
		})
	}
}

// Of several greatest values in a window the first has the derivative; padding never wins, and the mean counts it.
func TestPoolingOfTies(t *testing.T) {
	for name, tt := range map[string]struct {
		op   arbench.Op
		want []float32 // derivative of the sum of the four windows, in an image of equal values
	}{
		"max":  {arbench.MaxPool{Kernel: sq(3), Stride: sq(2), Pad: sq(1)}, []float32{1, 1, 0, 1, 1, 0, 0, 0, 0}},
		"mean": {arbench.AvgPool{Kernel: sq(3), Stride: sq(2), Pad: sq(1)}, []float32{1. / 9, 2. / 9, 1. / 9, 2. / 9, 4. / 9, 2. / 9, 1. / 9, 2. / 9, 1. / 9}},
	} {
		t.Run(name, func(t *testing.T) {
			onEachEngine(t, func(t *testing.T, b *Backend) {
				net := netOf([]int{1, 3, 3}, tt.op, arbench.Flatten{})
				x := arbench.NewTensor(1, 1, 3, 3)
				for i := range x.Data {
					x.Data[i] = -0.5 // less than padding with zeros would be
				}
				p := run(t, openNet(t, b, arbench.ModelSpec{Network: net}),
					arbench.Call{X: x, Losses: []arbench.Loss{arbench.LossFunc(sum)}, Want: arbench.DX})
				if d := cmp.Diff(tt.want, p.DX[0].Data, cmpopts.EquateApprox(0, 1e-6)); d != "" {
					t.Errorf("derivatives (-want +got):\n%s", d)
				}
			})
		})
	}
}
