package pgd_test

import (
	"context"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func attack(change func(*pgd.Attack)) func() arbench.Attack {
	return func() arbench.Attack {
		a := pgd.New()
		change(a)
		return a
	}
}

func TestKeepsRules(t *testing.T) {
	const random, optimal = attacktest.Random, attacktest.Optimal
	for _, tt := range []struct {
		name       string
		construct  func() arbench.Attack
		properties []attacktest.Property
	}{
		{"default", attack(func(*pgd.Attack) {}), []attacktest.Property{random, optimal}},
		{"from the image", attack(func(a *pgd.Attack) { a.RandomStart = false }),
			[]attacktest.Property{optimal}},
		{"step size", attack(func(a *pgd.Attack) { a.StepSize = 0.003 }), []attacktest.Property{random}},
		{"restarts", attack(func(a *pgd.Attack) { a.Steps, a.Restarts = 4, 3 }),
			[]attacktest.Property{random, optimal}},
		{"early exit", attack(func(a *pgd.Attack) { a.EarlyExit = true }),
			[]attacktest.Property{random, optimal}},
		{"margin", attack(func(a *pgd.Attack) { a.Loss = "margin" }),
			[]attacktest.Property{random, optimal}},
		{"dlr", attack(func(a *pgd.Attack) { a.Loss = "dlr" }),
			[]attacktest.Property{random, attacktest.ManyClasses}},
		{"dlr-targeted", attack(func(a *pgd.Attack) { a.Loss, a.Target = "dlr-targeted", "second" }),
			[]attacktest.Property{random, attacktest.ManyClasses}},
		{"random target", attack(func(a *pgd.Attack) { a.Target, a.Restarts = "random", 2 }),
			[]attacktest.Property{random}},
		{"all targets", attack(func(a *pgd.Attack) { a.Loss, a.Target, a.Restarts = "margin", "all", 2 }), nil},
	} {
		t.Run(tt.name, func(t *testing.T) { attacktest.Run(t, tt.construct, tt.properties...) })
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*pgd.Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(*pgd.Attack) {}, ""},
		{"no steps", func(a *pgd.Attack) { a.Steps = 0 }, "steps 0 must be at least 1"},
		{"two step sizes", func(a *pgd.Attack) { a.StepSize, a.RelStep = 0.01, 0.25 }, "exclude each other"},
		{"negative step", func(a *pgd.Attack) { a.RelStep = -1 }, "must not be negative"},
		{"no restarts", func(a *pgd.Attack) { a.Restarts = 0 }, "restarts 0 must be at least 1"},
		{"equal restarts", func(a *pgd.Attack) { a.Restarts, a.RandomStart = 2, false }, "would all be the same"},
		{"quantile", func(a *pgd.Attack) { a.Quantile = 1 }, "quantile 1 must be"},
		{"loss", func(a *pgd.Attack) { a.Loss = "mse" }, `unknown loss "mse"`},
		{"target", func(a *pgd.Attack) { a.Target = "third" }, `unknown target "third"`},
		{"dlr without target", func(a *pgd.Attack) { a.Loss = "dlr-targeted" }, "needs a target"},
		{"all targets", func(a *pgd.Attack) { a.Loss, a.Target = "margin", "all" }, ""},
		{"dlr with all targets", func(a *pgd.Attack) { a.Loss, a.Target = "dlr", "all" }, "takes no target"},
		{"equal restarts of all targets", func(a *pgd.Attack) { a.Target, a.Restarts, a.RandomStart = "all", 2, false },
			"would all be the same"},
		{"dlr with target", func(a *pgd.Attack) { a.Loss, a.Target = "dlr", "second" }, "takes no target"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := pgd.New()
			tt.change(a)
			attacktest.Complains(t, a.Validate(), tt.want)
		})
	}
}

// put runs a on the first 32 golden digits, and returns the candidates, whether the net gets each
// right, and the books.
func put(t *testing.T, a *pgd.Attack, eps float64) (arbench.Tensor, []bool, *arbench.Books) {
	t.Helper()
	batch, err := golden.Examples("digits", 32)
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: eps}
	oracle := arbench.NewOracle(mlp, arbench.Gradients, arbench.Frozen, batch, threat)
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	p, err := mlp.Run(t.Context(), arbench.Call{X: x})
	if err != nil {
		t.Fatal(err)
	}
	correct := make([]bool, x.Len())
	for i := range correct {
		correct[i] = arbench.Argmax(p.Logits.Row(i)) == batch.Y[i]
	}
	return x, correct, oracle.Books()
}

// TestNoBudgetIsNoPass: of eight images every second has no budget; with a class to aim at, none has.
func TestNoBudgetIsNoPass(t *testing.T) {
	batch, err := golden.Examples("digits", 8)
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	targeted := pgd.New()
	targeted.Loss, targeted.Target, targeted.Restarts = "margin", "all", 2
	for _, tt := range []struct {
		a   *pgd.Attack
		eps float64 // of odd rows
	}{{pgd.New(), 0.1}, {targeted, 0}} {
		threat := arbench.Threat{Norm: arbench.Linf, Each: make([]float64, batch.Len())}
		for i := range threat.Each {
			threat.Each[i] = tt.eps * float64(i%2)
		}
		oracle := arbench.NewOracle(mlp, arbench.Gradients, arbench.Frozen, batch, threat)
		x, err := tt.a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat})
		if err != nil {
			t.Fatal(err)
		}
		for i, passes := range oracle.Books().Forward {
			moved := !slices.Equal(x.Row(i), batch.X.Row(i))
			if (passes > 0) != (threat.Each[i] > 0) || moved != (passes > 0) {
				t.Errorf("row %d with eps %v: %d passes forward, moved %v", i, threat.Each[i], passes, moved)
			}
		}
	}
}

// climber makes ascents by the steps of a model, and counts them.
type climber struct {
	arbench.Model
	whole int
}

func (m *climber) Ascend(ctx context.Context, a arbench.Ascent) ([]int, bool, error) {
	m.whole++
	for range a.Steps {
		p, err := m.Run(ctx, arbench.Call{X: a.X, Losses: []arbench.Loss{a.Loss}, Want: arbench.DX, Mode: a.Mode})
		if err != nil {
			return nil, false, err
		}
		for i := range a.X.Len() {
			arbench.SignStep(a.X.Row(i), a.X0.Row(i), p.DX[0].Row(i), float32(a.Size[i]), float32(a.At(i)))
		}
	}
	return make([]int, a.X.Len()), true, nil
}

// TestSomeRowsAscendAsAWhole: rows without a budget, and those that a restart broke, are left out of ascents that
// the model makes as a whole, and the others end where steps from here take them.
func TestSomeRowsAscendAsAWhole(t *testing.T) {
	batch, err := golden.Examples("digits", 8)
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	a := pgd.New()
	a.Restarts = 4
	threat := arbench.Threat{Norm: arbench.Linf, Each: []float64{0.05, 0, 0.1, 0.2, 0, 0.02, 0.1, 0.05}}
	perturb := func(m arbench.Model) (arbench.Tensor, *arbench.Books) {
		oracle := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, batch, threat)
		x, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat})
		if err != nil {
			t.Fatal(err)
		}
		return x, oracle.Books()
	}
	whole := &climber{Model: mlp}
	got, books := perturb(whole)
	want, steps := perturb(struct{ arbench.Model }{mlp})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(steps.Forward, books.Forward); diff != "" {
		t.Errorf("passes -want +got:\n%s", diff)
	}
	if whole.whole != a.Restarts {
		t.Errorf("%d ascents as a whole, want %d", whole.whole, a.Restarts)
	}
}

func TestEachStepIsOnePass(t *testing.T) {
	_, _, books := put(t, &pgd.Attack{Steps: 7, Restarts: 1, Loss: "ce"}, 0.1)
	for i := range books.Forward {
		if books.Forward[i] != 7 || books.Backward[i] != 7 {
			t.Fatalf("row %d: %d passes forward and %d backward, want 7 and 7",
				i, books.Forward[i], books.Backward[i])
		}
	}
}

// TestRestartsStopAtTheFirstSuccess: an example broken by restart k costs (steps+1)·k passes forward,
// and its candidate is that of the single run with the same start; one that stays gets all restarts.
func TestRestartsStopAtTheFirstSuccess(t *testing.T) {
	a := &pgd.Attack{Steps: 3, Restarts: 1, RandomStart: true, Loss: "ce"}
	first, correct, _ := put(t, a, 0.1)
	a.Restarts = 4
	x, after, books := put(t, a, 0.1)
	stayed := 0
	for i := range correct {
		switch {
		case !correct[i] && (books.Forward[i] != 4 || !slices.Equal(first.Row(i), x.Row(i))):
			t.Errorf("row %d is broken by the first restart but cost %d passes", i, books.Forward[i])
		case after[i] && (books.Forward[i] != 16 || books.Backward[i] != 12):
			t.Errorf("row %d stays correct but cost %d passes, want 16", i, books.Forward[i])
		}
		if after[i] {
			stayed++
		}
	}
	if stayed == 0 || stayed == len(after) {
		t.Errorf("%d of %d examples stayed correct: the test needs some of both", stayed, len(after))
	}
}

// TestRestartsKeepTheGreatestLoss compares with the single runs, whose starts are those of a trial
// with the same seed.
func TestRestartsKeepTheGreatestLoss(t *testing.T) {
	loss := func(x arbench.Tensor) []float64 {
		mlp, err := golden.OpenNet("mlp_digits")
		if err != nil {
			t.Fatal(err)
		}
		batch, err := golden.Examples("digits", 32)
		if err != nil {
			t.Fatal(err)
		}
		p, err := mlp.Run(t.Context(), arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: batch.Y}}})
		if err != nil {
			t.Fatal(err)
		}
		return p.Values[0]
	}
	a := &pgd.Attack{Steps: 1, RelStep: 0.1, Restarts: 1, RandomStart: true, Loss: "ce"}
	one, _, _ := put(t, a, 0.02)
	a.Restarts = 5
	five, correct, _ := put(t, a, 0.02)
	lone, lfive := loss(one), loss(five)
	better := 0
	for i := range lone {
		if correct[i] && lfive[i] < lone[i] {
			t.Errorf("row %d: loss %v after five restarts, %v after one", i, lfive[i], lone[i])
		}
		if lfive[i] > lone[i] {
			better++
		}
	}
	if better < 16 {
		t.Errorf("five restarts raised the loss of %d examples of 32", better)
	}
}

// TestAllTargets: with the target "all" an example that stays correct costs a pass to rank its classes and
// (steps + 1) passes for each of nine targets and two restarts, and no example is left by it that one target
// breaks, from the same starts.
func TestAllTargets(t *testing.T) {
	second := &pgd.Attack{Steps: 5, Restarts: 1, RandomStart: true, Loss: "margin", Target: "second"}
	_, before, _ := put(t, second, 0.1)
	a := &pgd.Attack{Steps: 5, Restarts: 2, RandomStart: true, Loss: "margin", Target: "all"}
	_, after, books := put(t, a, 0.1)
	stayed := 0
	for i := range after {
		if after[i] && !before[i] {
			t.Errorf("row %d is left, though its second class alone breaks it", i)
		}
		if !after[i] {
			continue
		}
		stayed++
		if books.Forward[i] != 1+9*2*6 || books.Backward[i] != 9*2*5 {
			t.Errorf("row %d: %d passes forward and %d backward, want %d and %d",
				i, books.Forward[i], books.Backward[i], 1+9*2*6, 9*2*5)
		}
	}
	if stayed == 0 || stayed == len(after) {
		t.Errorf("%d of %d examples stayed correct: the test needs some of both", stayed, len(after))
	}
}

// TestEarlyExit: what ends misclassified without early exit is misclassified with it, examples that
// never break take the same way, and broken ones cost fewer passes.
func TestEarlyExit(t *testing.T) {
	a := &pgd.Attack{Steps: 10, Restarts: 1, RandomStart: true, Loss: "ce"}
	x, correct, _ := put(t, a, 0.1)
	a.EarlyExit = true
	early, after, books := put(t, a, 0.1)
	fewer := 0
	for i := range correct {
		if after[i] && !correct[i] {
			t.Errorf("row %d is broken only without early exit", i)
		}
		if after[i] && !slices.Equal(x.Row(i), early.Row(i)) {
			t.Errorf("row %d stays correct but got another candidate", i)
		}
		if books.Forward[i] < 10 {
			fewer++
		}
		if after[i] && books.Forward[i] != 10 {
			t.Errorf("row %d stays correct but cost %d passes, want 10", i, books.Forward[i])
		}
	}
	if fewer == 0 {
		t.Error("no example left early")
	}
}

// TestAscend: each step has the length asked for in its norm and the direction of the formula.
func TestAscend(t *testing.T) {
	for _, tt := range []struct {
		name     string
		norm     arbench.Norm
		x, g     []float32
		quantile float64
		want     []float32
	}{
		{"linf leaves a zero derivative", arbench.Linf, []float32{.5, .5, .5}, []float32{2, 0, -1e-30}, 0,
			[]float32{.6, .5, .4}},
		{"l2 divides by the length", arbench.L2, []float32{.5, .5, .5}, []float32{3e-3, 0, -4e-3}, 0,
			[]float32{.56, .5, .42}},
		{"l2 of nothing", arbench.L2, []float32{.5, .5}, []float32{0, 0}, 0, []float32{.5, .5}},
		{"l1 takes the greatest", arbench.L1, []float32{.5, .5, .5}, []float32{1, 3, -2}, 0.99,
			[]float32{.5, .6, .5}},
		{"l1 takes a half", arbench.L1, []float32{.5, .5, .5, .5}, []float32{1, 3, -2, 0}, 0.5,
			[]float32{.5, .55, .45, .5}},
		{"l1 passes over the end of the box", arbench.L1, []float32{.5, 1, 0}, []float32{1, 3, -2}, 0.99,
			[]float32{.6, 1, 0}},
		{"l1 of nothing", arbench.L1, []float32{.5, .5}, []float32{0, 0}, 0.99, []float32{.5, .5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := slices.Clone(tt.x)
			pgd.Ascend(tt.norm, x, tt.g, 0.1, tt.quantile)
			if diff := cmp.Diff(tt.want, x, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
