package ddn_test

import (
	"math"
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
			attacktest.Complains(t, a.Validate(), tt.want)
		})
	}
}

// TestIsNotFarFromFAB: FAB-T's targets are all other classes, while this attack goes where the loss leads.
func TestIsNotFarFromFAB(t *testing.T) {
	attacktest.NotFarFrom(t, fab.New(9), ddn.New(), arbench.L2, 1.25, 13)
}

func TestRowsAreIndependent(t *testing.T) {
	attacktest.RowsAlone(t, &ddn.Attack{Steps: 6, InitNorm: 0.5, Gamma: 0.3})
}
