package gorgonia

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

func TestRunRefusesWhatDoesNotFit(t *testing.T) {
	c := newTrial(t, smallNets()["conv relu"], 4, arbench.KeyedRand(20))
	m := c.model(t, 1)
	with := func(change func(*arbench.Call)) arbench.Call {
		call := arbench.Call{X: c.x.Clone(), Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DX}
		change(&call)
		return call
	}
	tests := []struct {
		name string
		call arbench.Call
		want string
	}{
		{"shape", with(func(c *arbench.Call) { c.X.Shape[1] = 3 }),
			"images have shape [4 3 4 4] and 128 values, want [n 2 4 4]"},
		{"length", with(func(c *arbench.Call) { c.X.Data = c.X.Data[1:] }), "and 127 values"},
		{"nan", with(func(c *arbench.Call) { c.X.Row(2)[5] = float32(math.NaN()) }),
			"image in row 2 has a value that is NaN or infinite"},
		{"infinity", with(func(c *arbench.Call) { c.X.Row(3)[31] = float32(math.Inf(-1)) }),
			"image in row 3"},
		{"no loss", with(func(c *arbench.Call) { c.Losses = nil }), "derivatives are wanted of no loss"},
		{"weights", with(func(c *arbench.Call) { c.Weight = make([]float32, 3) }), "3 weights for 4 rows"},
		{"nan weight", with(func(c *arbench.Call) { c.Weight = []float32{1, float32(math.NaN()), 1, 1} }),
			"weight of row 1 is NaN"},
		{"groups", with(func(c *arbench.Call) { c.Groups = []int{2, 1} }), "groups [2 1] do not split 4 rows"},
		{"empty group", with(func(c *arbench.Call) { c.Groups = []int{4, 0} }), "groups [4 0] do not split 4 rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := m.Run(t.Context(), tt.call); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// A loss is code of somebody else: wherever it runs, its panic must not end the process.
func TestPanicOfLossIsError(t *testing.T) {
	c := newTrial(t, smallNets()["wide dense"], 4, arbench.KeyedRand(22))
	m := c.model(t, 2)
	broken := arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) { panic("no such class") })
	for _, mode := range []arbench.Mode{arbench.Frozen, arbench.BatchStats} {
		for _, want := range []arbench.Want{0, arbench.DX, arbench.DParams, arbench.DX | arbench.DParams} {
			call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef), broken}, Want: want, Mode: mode}
			_, err := m.Run(t.Context(), call)
			if err == nil || !strings.Contains(err.Error(), "loss 1: panic: no such class") {
				t.Errorf("mode %d, want %d: error %.200v, want the loss and the panic's text", mode, want, err)
			}
			call.Losses = call.Losses[:1]
			run(t, m, call) // and the model still works
		}
	}
}

func TestRunRefusesLossesThatDoNotFit(t *testing.T) {
	c := newTrial(t, smallNets()["concat"], 2, arbench.KeyedRand(24)) // 4 classes
	three := newTrial(t, smallNets()["dense"], 2, arbench.KeyedRand(25))
	one := newTrial(t, netOf([]int{1, 2, 2}, arbench.Flatten{}, arbench.Dense{Out: 1}), 2, arbench.KeyedRand(26))
	good, p := []int{0, 3}, arbench.NewTensor(2, 4)
	tests := []struct {
		name string
		c    trial
		loss arbench.Loss
		want string
	}{
		{"negative", c, arbench.CrossEntropy{Y: []int{0, -1}}, "loss 0: label -1 of row 1, want 0 to 3"},
		{"large", c, arbench.CrossEntropy{Y: []int{4, 0}}, "loss 0: label 4 of row 0, want 0 to 3"},
		{"few", c, arbench.CrossEntropy{Y: good[:1]}, "loss 0: 1 labels for 2 rows"},
		{"margin", c, arbench.Margin{Y: []int{4, 0}}, "label 4 of row 0, want 0 to 3"},
		{"margin of one", one, arbench.Margin{Y: []int{0, 0}}, "margin of 1 classes, want at least 2"},
		{"dlr", c, arbench.DLR{Y: []int{0, 9}}, "label 9 of row 1"},
		{"dlr of one", one, arbench.DLR{Y: []int{0, 0}}, "DLR of 1 classes, want at least 3"},
		{"targeted dlr", c, arbench.TargetedDLR{Y: []int{4, 0}, T: good}, "label 4 of row 0"},
		{"target", c, arbench.TargetedDLR{Y: good, T: []int{0, 4}}, "target 4 of row 1, want 0 to 3"},
		{"no target", c, arbench.TargetedDLR{Y: good}, "0 targets for 2 rows"},
		{"targeted dlr of three", three, arbench.TargetedDLR{Y: []int{0, 0}, T: []int{1, 1}},
			"targeted DLR of 3 classes, want at least 4"},
		{"difference", c, arbench.LogitDifference{A: good, B: []int{0, -2}}, "class -2 of row 1, want 0 to 3"},
		{"difference of few", c, arbench.LogitDifference{A: good[:1], B: good}, "1 classes for 2 rows"},
		{"soft", c, arbench.SoftCrossEntropy{P: arbench.NewTensor(2, 3)}, "probabilities have shape [2 3] and 6 values, want [2 4]"},
		{"soft values", c, arbench.SoftCrossEntropy{P: arbench.Tensor{Shape: []int{2, 4}}},
			"probabilities have shape [2 4] and 0 values"},
		{"kl", c, arbench.KL{A: arbench.NewTensor(1, 4)}, "logits have shape [1 4] and 4 values, want [2 4]"},
		{"nil", c, nil, "loss 0: nil"},
		{"good", c, arbench.SoftCrossEntropy{P: p}, ""},
	}
	for _, tt := range tests {
		for _, want := range []arbench.Want{0, arbench.DX, arbench.DParams} {
			t.Run(fmt.Sprint(tt.name, "/", want), func(t *testing.T) {
				call := arbench.Call{X: tt.c.x, Losses: []arbench.Loss{tt.loss}, Want: want}
				_, err := tt.c.model(t, 1).Run(t.Context(), call)
				switch {
				case err == nil && tt.want == "":
				case err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n"):
					t.Errorf("error %.200v, want %q in one line", err, tt.want)
				}
			})
		}
	}
}
