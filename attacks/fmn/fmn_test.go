package fmn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/fab"
	"github.com/arbench/arbench/attacks/fmn"
	"github.com/arbench/arbench/internal/golden"
)

func TestKeepsRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return fmn.New() }, attacktest.Optimal, attacktest.Minimal)
}

func TestFindsTheSmallestChange(t *testing.T) {
	attacktest.RunSmallest(t, func() arbench.Attack { return fmn.New() }, attacktest.Excess{Two: 0.02, More: 0.02, Ends: 0.02})
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*fmn.Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(a *fmn.Attack) {}, ""},
		{"no steps", func(a *fmn.Attack) { a.Steps = 0 }, "steps 0 must be at least 1"},
		{"no step size", func(a *fmn.Attack) { a.Alpha = 0 }, "alpha 0 must be positive"},
		{"infinite step size", func(a *fmn.Attack) { a.Alpha = math.Inf(1) }, "alpha +Inf must be"},
		{"gamma", func(a *fmn.Attack) { a.Gamma = 1 }, "gamma 1 must be between 0 and 1"},
		{"gamma of nothing", func(a *fmn.Attack) { a.Gamma = math.NaN() }, "gamma NaN must be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := fmn.New()
			tt.change(a)
			attacktest.Complains(t, a.Validate(), tt.want)
		})
	}
}

// TestIsNotFarFromFAB: FAB-T's targets are all other classes, while this attack goes where the loss leads.
func TestIsNotFarFromFAB(t *testing.T) {
	for _, norm := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1} {
		attacktest.NotFarFrom(t, fab.New(9), fmn.New(), norm, 2, 8)
	}
}

// TestL0FindsWhatOneValueDoes tries every value of each golden digit at 17 levels: where one is
// enough the search, which goes where the class ahead of the others is, changes one or two, mostly one, and
// where it is not more.
func TestL0FindsWhatOneValueDoes(t *testing.T) {
	batch, err := golden.Examples("digits", 16)
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	const pixels, levels = 64, 17
	got, _ := attacktest.Distances(t, fmn.New(), arbench.L0, "mlp_digits", "digits")
	one, more := 0, 0
	for i, d := range got {
		tries := batch.X.Gather(slices.Repeat([]int{i}, pixels*levels))
		for k := range tries.Len() {
			tries.Row(k)[k/levels] = float32(k%levels) / (levels - 1)
		}
		p, err := mlp.Run(t.Context(), arbench.Call{X: tries})
		if err != nil {
			t.Fatal(err)
		}
		enough := false
		for k := range tries.Len() {
			enough = enough || arbench.Argmax(p.Logits.Row(k)) != batch.Y[i]
		}
		switch {
		case i == 7: // it is misclassified as it is
		case enough && d > 2 || !enough && d < 2 || math.IsInf(d, 1):
			t.Errorf("row %d: %v values change; is one enough: %v", i, d, enough)
		case !enough:
			more++
		case d == 1:
			one++
		}
	}
	if one < 9 || more == 0 {
		t.Errorf("one value changes in %d images, one is not enough in %d: the test wants 9 and some", one, more)
	}
}

func TestRowsAreIndependent(t *testing.T) {
	attacktest.RowsAlone(t, &fmn.Attack{Steps: 6, Alpha: 1, Gamma: 0.3})
}
