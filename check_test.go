package arbench

import (
	"math"
	"strings"
	"testing"
)

func TestCallCheckSaysWhatDoesNotFit(t *testing.T) {
	info := ModelInfo{Shape: []int{1, 2, 2}, Classes: 3}
	fits := Call{X: NewTensor(2, 1, 2, 2), Losses: []Loss{CrossEntropy{Y: []int{0, 2}}}, Weight: []float32{1, 0}, Groups: []int{1, 1}, Want: DX}
	if err := fits.Check(info); err != nil {
		t.Errorf("a call that fits: %v", err)
	}
	for want, change := range map[string]func(*Call){
		"images have shape [2 4] and 8 values, want [n 1 2 2]": func(c *Call) { c.X = NewTensor(2, 4) },
		"derivatives are wanted of no loss":                    func(c *Call) { c.Losses = nil },
		"loss 0: nil, want a loss":                             func(c *Call) { c.Losses = []Loss{nil} },
		"loss 0: label 3 of row 1, want 0 to 2":                func(c *Call) { c.Losses = []Loss{Margin{Y: []int{0, 3}}} },
		"loss 0: 1 targets for 2 rows":                         func(c *Call) { c.Losses = []Loss{TargetedDLR{Y: []int{0, 1}, T: []int{1}}} },
		"loss 0: 1 classes for 2 rows":                         func(c *Call) { c.Losses = []Loss{LogitDifference{A: []int{0}, B: []int{0, 0}}} },
		"loss 0: logits have shape [2 2] and 4 values, want":   func(c *Call) { c.Losses = []Loss{KL{A: NewTensor(2, 2)}} },
		"loss 0: target probabilities have shape [1 3]":        func(c *Call) { c.Losses = []Loss{SoftCrossEntropy{P: NewTensor(1, 3)}} },
		"3 weights for 2 rows":                                 func(c *Call) { c.Weight = make([]float32, 3) },
		"weight of row 1 is NaN or infinite":                   func(c *Call) { c.Weight = []float32{0, float32(math.Inf(-1))} },
		"groups [1 2] do not split 2 rows":                     func(c *Call) { c.Groups = []int{1, 2} },
		"groups [3 -1] do not split 2 rows":                    func(c *Call) { c.Groups = []int{3, -1} },
	} {
		c := fits
		change(&c)
		in := info
		if strings.Contains(want, "targets") {
			in.Classes = 4
		}
		if err := c.Check(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, loss := range map[string]Loss{
		"DLR of 2 classes, want at least 3":          DLR{Y: []int{0, 1}},
		"targeted DLR of 2 classes, want at least 4": TargetedDLR{Y: []int{0, 1}, T: []int{1, 0}},
	} {
		c := fits
		c.Losses = []Loss{loss}
		if err := c.Check(ModelInfo{Shape: info.Shape, Classes: 2}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
