package cw_test

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/cw"
	"github.com/arbench/arbench/internal/golden"
)

func TestKeepsRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack {
		a := cw.New()
		a.Steps, a.StepSize = 100, 0.05
		return a
	})
}

// TestFindsTheSmallestChange, with steps shorter than the default: those of Adam are all of one length,
// however small a change is enough.
func TestFindsTheSmallestChange(t *testing.T) {
	attacktest.RunSmallest(t, func() arbench.Attack {
		a := cw.New()
		a.Steps, a.StepSize = 2000, 0.002 // that images at the ends of the box, where tanh is flat, come away
		return a
	}, attacktest.Excess{Two: 0.01, More: 0.01, Ends: 0.01})
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*cw.Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(a *cw.Attack) {}, ""},
		{"no steps", func(a *cw.Attack) { a.Steps = 0 }, "steps 0 must be at least 1"},
		{"no searches", func(a *cw.Attack) { a.Searches = 0 }, "searches 0 must be at least 1"},
		{"no step size", func(a *cw.Attack) { a.StepSize = 0 }, "step_size 0 must be positive"},
		{"no weight", func(a *cw.Attack) { a.InitialC = 0 }, "initial_c 0 must be positive"},
		{"infinite weight", func(a *cw.Attack) { a.InitialC = math.Inf(1) }, "initial_c +Inf must be"},
		{"confidence", func(a *cw.Attack) { a.Confidence = math.NaN() }, "confidence NaN must be finite"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := cw.New()
			tt.change(a)
			attacktest.Complains(t, a.Validate(), tt.want)
		})
	}
}

// TestAgreesWithReference compares distances with testdata/golden, section 12: Foolbox with 500 steps for
// each c, without abort, and with abort on one image at a time, since it goes by the loss of the batch.
// Each is within 0.3 % and three times what the reference itself scatters with other roundings. The
// misclassified image, row 7, stays. Tests of the CPU backend compare those of the CNN.
func TestAgreesWithReference(t *testing.T) {
	file, err := golden.Open("cw_l2")
	if err != nil {
		t.Fatal(err)
	}
	for name, abort := range map[string]bool{"mlp_digits.no_abort": false, "mlp_digits.alone": true} {
		a := cw.New()
		a.Steps, a.AbortEarly = 500, abort
		got, books := attacktest.Distances(t, a, arbench.L2, "mlp_digits", "digits")
		want, scatter := file.Floats(name).Data, file.Floats(name+".scatter").Data
		for i, d := range got {
			off, most := math.Abs(d-float64(want[i])), 3e-3*float64(want[i])+3*float64(scatter[i])
			if i != 7 && !(off <= most) || i == 7 && d != 0 {
				t.Errorf("%s row %d: distance %v, want %v: %v away, want at most %v", name, i, d, want[i], off, most)
			}
			forward := books.Forward[i]
			if i == 7 && forward != 1 || i != 7 && (forward > 1+9*500 || abort == (forward == 1+9*500)) {
				t.Errorf("%s row %d: %d passes forward", name, i, forward)
			}
		}
	}
}

// TestSearches: with more values of c no distance is greater, and some are less; each costs its steps.
func TestSearches(t *testing.T) {
	few := &cw.Attack{Steps: 100, Searches: 3, StepSize: 0.02, InitialC: 1}
	many := &cw.Attack{Steps: 100, Searches: 10, StepSize: 0.02, InitialC: 1}
	before, _ := attacktest.Distances(t, few, arbench.L2, "mlp_digits", "digits")
	after, books := attacktest.Distances(t, many, arbench.L2, "mlp_digits", "digits")
	less := 0
	for i := range before {
		if after[i] > before[i] {
			t.Errorf("row %d: distance %v with ten searches, %v with three", i, after[i], before[i])
		}
		if after[i] < 0.99*before[i] {
			less++
		}
		if i != 7 && (books.Forward[i] != 1001 || books.Backward[i] != 1000) {
			t.Errorf("row %d: %d passes forward and %d backward, want 1001 and 1000", i, books.Forward[i], books.Backward[i])
		}
	}
	if less < 4 {
		t.Errorf("%d of 16 distances are less with ten searches", less)
	}
}

// TestConfidence: the other logit exceeds that of the class by as much as is asked for, and the change is
// greater for it.
func TestConfidence(t *testing.T) {
	plain, _ := attacktest.Distances(t, &cw.Attack{Steps: 200, Searches: 5, StepSize: 0.01, InitialC: 1}, arbench.L2, "mlp_digits", "digits")
	sure, _ := attacktest.Distances(t, &cw.Attack{Steps: 200, Searches: 5, StepSize: 0.01, InitialC: 1, Confidence: 2}, arbench.L2, "mlp_digits", "digits")
	for i := range plain {
		if i != 7 && !(sure[i] > 1.1*plain[i]) {
			t.Errorf("row %d: distance %v with confidence 2, %v without", i, sure[i], plain[i])
		}
	}
}

func TestRowsAreIndependent(t *testing.T) {
	attacktest.RowsAlone(t, &cw.Attack{Steps: 15, Searches: 2, StepSize: 0.1, InitialC: 10})
}
