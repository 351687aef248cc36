package ddn_test

import (
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/ddn"
	"github.com/arbench/arbench/attacks/fab"
)

func TestKeepsRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return ddn.New() })
}

// TestFindsTheSmallestChange: of several planes it goes between two that are near, since the derivative
// of the cross-entropy is a mean of those of all other classes.
func TestFindsTheSmallestChange(t *testing.T) {
	attacktest.RunSmallest(t, func() arbench.Attack {
		a := ddn.New()
		a.Steps = 300 // which shrink the radius to as little as 2e-7
		return a
	}, attacktest.Excess{Two: 0.005, More: 0.21, Ends: 0.005})
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*ddn.Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(a *ddn.Attack) {}, ""},
		{"no steps", func(a *ddn.Attack) { a.Steps = 0 }, "steps 0 must be at least 1"},
		{"no radius", func(a *ddn.Attack) { a.InitNorm = 0 }, "init_norm 0 must be positive"},
		{"infinite radius", func(a *ddn.Attack) { a.InitNorm = math.Inf(1) }, "init_norm +Inf must be"},
		{"gamma", func(a *ddn.Attack) { a.Gamma = 1 }, "gamma 1 must be between 0 and 1"},
		{"gamma of nothing", func(a *ddn.Attack) { a.Gamma = math.NaN() }, "gamma NaN must be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ddn.New()
			tt.change(a)
			err := a.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestIsNotFarFromFAB: on the golden digits no distance is more than 1.25 times that of FAB-T, whose
// targets are all other classes, while this attack goes where the loss leads; 13 of the 15 are within
// 2 %. The misclassified image, row 7, stays.
func TestIsNotFarFromFAB(t *testing.T) {
	for _, norm := range []arbench.Norm{arbench.L2} {
		got, books := attacktest.Distances(t, ddn.New(), norm, "mlp_digits", "digits")
		want, _ := attacktest.Distances(t, fab.New(9), norm, "mlp_digits", "digits")
		near := 0
		for i := range got {
			if !(got[i] <= 1.25*want[i]) {
				t.Errorf("%s row %d: distance %v, FAB-T's is %v", norm, i, got[i], want[i])
			}
			forward := 100
			if i == 7 {
				forward = 1
			} else if got[i] <= 1.02*want[i] {
				near++
			}
			if books.Forward[i] != forward || books.Backward[i] != forward {
				t.Errorf("%s row %d: %d passes forward and %d backward, want %d",
					norm, i, books.Forward[i], books.Backward[i], forward)
			}
		}
		if near < 13 {
			t.Errorf("%s: %d of 15 distances are within 2 %% of FAB-T's", norm, near)
		}
	}
}

func TestRowsAreIndependent(t *testing.T) {
	attacktest.RowsAlone(t, &ddn.Attack{Steps: 6, InitNorm: 0.5, Gamma: 0.3})
}
