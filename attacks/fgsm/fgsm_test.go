package fgsm_test

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/fgsm"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestKeepsRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return &fgsm.Attack{RelStep: 1, Loss: "ce"} },
		attacktest.Optimal)
}

func TestKeepsRulesFromARandomStart(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack {
		return &fgsm.Attack{RandomStart: true, RelStep: 1.25, Loss: "margin"}
	}, attacktest.Random)
}

func TestKeepsRulesTowardsATarget(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack {
		return &fgsm.Attack{RelStep: 1, Loss: "ce", Target: "least-likely"}
	})
}

// TestStepsByHand attacks two classes whose logits differ by w·x: the derivative of the
// cross-entropy of class 0 is a positive multiple of w, so the candidates can be written down.
func TestStepsByHand(t *testing.T) {
	net := &arbench.Network{Input: []int{1, 1, 4}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 2})
	model, err := (&linear.Backend{}).Open(t.Context(), arbench.ModelSpec{Network: net, Weights: []arbench.Param{{
		Name: "fc.weight", Value: arbench.Tensor{Shape: []int{2, 4}, Data: []float32{0, 0, 0, 0, 3, -4, 0, 2}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	batch := arbench.Batch{
		X: arbench.Tensor{Shape: []int{1, 1, 1, 4}, Data: []float32{.5, .3, .5, .95}}, Y: []int{0}, ID: []int{0},
	}
	for _, tt := range []struct {
		name   string
		threat arbench.Threat
		want   []float32
	}{
		{"linf: the sign, in the box", arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, []float32{.6, .2, .5, 1}},
		{"l2: w/‖w‖, which is (3 -4 0 2)/√29", arbench.Threat{Norm: arbench.L2, Eps: 0.05},
			[]float32{.527854, .262861, .5, .968570}},
		{"l1: the greatest to the end, then the next", arbench.Threat{Norm: arbench.L1, Eps: 0.4},
			[]float32{.6, 0, .5, .95}},
		{"l1: all that can move", arbench.Threat{Norm: arbench.L1, Eps: 3}, []float32{1, 0, .5, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oracle := arbench.NewOracle(model, arbench.Gradients, arbench.Frozen, batch, tt.threat)
			a := &fgsm.Attack{RelStep: 1, Loss: "ce"}
			x, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: tt.threat})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, x.Data, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if b := oracle.Books(); b.Forward[0] != 1 || b.Backward[0] != 1 {
				t.Errorf("%d passes forward and %d backward, want one of each", b.Forward[0], b.Backward[0])
			}
		})
	}
}

func TestValidateRefusesNoStep(t *testing.T) {
	err := (&fgsm.Attack{Loss: "ce"}).Validate()
	if err == nil || !strings.Contains(err.Error(), "rel_step 0 must be positive") {
		t.Errorf("Validate = %v", err)
	}
}

func TestNoBudgetIsNoPass(t *testing.T) {
	batch, err := golden.Examples("digits", 4)
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	for eps, passes := range map[float64]int{0: 0, 0.1: 1} {
		threat := arbench.Threat{Norm: arbench.Linf, Eps: eps}
		oracle := arbench.NewOracle(mlp, arbench.Gradients, arbench.Frozen, batch, threat)
		x, err := (&fgsm.Attack{RelStep: 1, Loss: "ce"}).Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat})
		if err != nil {
			t.Fatal(err)
		}
		if got := oracle.Books().Forward[0]; got != passes || cmp.Equal(x, batch.X) != (eps == 0) {
			t.Errorf("eps %v: %d passes, want %d", eps, got, passes)
		}
	}
}
