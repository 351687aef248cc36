package deepfool_test

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/deepfool"
	"github.com/arbench/arbench/internal/golden"
)

func TestKeepsRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return deepfool.New() }, attacktest.Optimal, attacktest.NearestPlane)
}

// TestFindsTheSmallestChange: on planes one step leads to the nearest, and 2 % beyond.
func TestFindsTheSmallestChange(t *testing.T) {
	attacktest.RunSmallest(t, func() arbench.Attack {
		a := deepfool.New()
		a.MaxSteps = 1
		return a
	}, attacktest.Excess{Two: 0.0201, More: 0.0201, Ends: math.Inf(1)}, attacktest.NearestPlane)
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*deepfool.Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(a *deepfool.Attack) {}, ""},
		{"no steps", func(a *deepfool.Attack) { a.MaxSteps = 0 }, "max_steps 0 must be at least 1"},
		{"negative overshoot", func(a *deepfool.Attack) { a.Overshoot = -1 }, "overshoot -1 must be finite"},
		{"overshoot of nothing", func(a *deepfool.Attack) { a.Overshoot = math.NaN() }, "overshoot NaN must be"},
		{"one candidate", func(a *deepfool.Attack) { a.Candidates = 1 }, "candidates 1 must be at least 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := deepfool.New()
			tt.change(a)
			attacktest.Complains(t, a.Validate(), tt.want)
		})
	}
}

// TestCandidates: with as few as two candidates a step costs one pass backward, and the distance is that
// to the boundary with the class of the second greatest clean logit, which for some
// images is not the nearest.
func TestCandidates(t *testing.T) {
	two := deepfool.New()
	two.Candidates = 2
	all, _ := attacktest.Distances(t, deepfool.New(), arbench.L2, "mlp_digits", "digits")
	got, books := attacktest.Distances(t, two, arbench.L2, "mlp_digits", "digits")
	farther := 0
	for i := range got {
		if books.Backward[i] != books.Forward[i]-1 {
			t.Errorf("row %d: %d passes backward with %d forward", i, books.Backward[i], books.Forward[i])
		}
		if got[i] > 1.01*all[i] {
			farther++
		}
	}
	if farther == 0 {
		t.Error("no distance is greater with one boundary than with nine")
	}
}

// TestAgreesWithReference compares distances with testdata/golden, section 6: Foolbox, which adds 1e-4
// to each step. Most of it is lost again, since the next step is to the same boundary.
func TestAgreesWithReference(t *testing.T) {
	for _, net := range []struct{ name, data string }{{"mlp_digits", "digits"}, {"cnn_fashion", "fashion"}} {
		got, books := attacktest.Distances(t, deepfool.New(), arbench.L2, net.name, net.data)
		file, err := golden.Open("attacks_" + net.name)
		if err != nil {
			t.Fatal(err)
		}
		want := file.Floats("deepfool_l2.dist")
		for i, d := range got {
			if want.Data[i] == 0 && (d != 0 || books.Forward[i] != 1) { // it is misclassified as it is
				t.Errorf("%s row %d: distance %v after %d passes, want 0 after 1", net.name, i, d, books.Forward[i])
			}
			if forward := books.Forward[i] - 1; books.Backward[i] != 9*forward { // but for the clean one
				t.Errorf("%s row %d: %d passes backward with %d forward", net.name, i, books.Backward[i], forward)
			}
			if far := float64(want.Data[i]) - d; far < 0 || far > 1.5e-4 {
				t.Errorf("%s row %d: distance %v, want %v", net.name, i, d, want.Data[i])
			}
		}
	}
}

func TestRowsAreIndependent(t *testing.T) {
	attacktest.RowsAlone(t, &deepfool.Attack{MaxSteps: 3, Overshoot: 0.02, Candidates: 4})
}
