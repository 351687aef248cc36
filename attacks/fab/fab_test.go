package fab

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/internal/golden"
)

// short returns the attack with few steps, changed.
func short(targets int, change func(*Attack)) func() arbench.Attack {
	return func() arbench.Attack {
		a := New(targets)
		a.Steps = 8
		change(a)
		return a
	}
}

func TestKeepsRules(t *testing.T) {
	for _, tt := range []struct {
		name       string
		construct  func() arbench.Attack
		properties []attacktest.Property
	}{
		{"fab", short(0, func(*Attack) {}), []attacktest.Property{attacktest.Optimal, attacktest.Minimal}},
		{"fab-t", short(9, func(*Attack) {}), []attacktest.Property{attacktest.Optimal, attacktest.NearestPlane}},
		{"early exit", short(2, func(a *Attack) { a.EarlyExit = true }), []attacktest.Property{attacktest.Optimal}},
		{"restarts", short(0, func(a *Attack) { a.Steps, a.Restarts = 3, 3 }),
			[]attacktest.Property{attacktest.Optimal}},
		{"restarts of each target", short(9, func(a *Attack) { a.Steps, a.Restarts = 3, 2 }),
			[]attacktest.Property{attacktest.Optimal}},
	} {
		t.Run(tt.name, func(t *testing.T) { attacktest.Run(t, tt.construct, tt.properties...) })
	}
}

// TestFindsTheSmallestChange: a step overshoots by 5 % and the image draws it back, so that 1 % of the
// distance is more than is left.
func TestFindsTheSmallestChange(t *testing.T) {
	excess := attacktest.Excess{Two: 0.01, More: 0.01, Ends: 0.01}
	attacktest.RunSmallest(t, func() arbench.Attack { return New(0) }, excess)
	attacktest.RunSmallest(t, func() arbench.Attack { return New(9) }, excess, attacktest.NearestPlane)
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		change func(*Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(*Attack) {}, ""},
		{"no steps", func(a *Attack) { a.Steps = 0 }, "steps 0 must be at least 1"},
		{"no restarts", func(a *Attack) { a.Restarts = 0 }, "restarts 0 must be at least 1"},
		{"negative targets", func(a *Attack) { a.Targets = -1 }, "targets -1 must not be negative"},
		{"alpha_max", func(a *Attack) { a.AlphaMax = 1.5 }, "alpha_max 1.5 must be from 0 to 1"},
		{"alpha_max of nothing", func(a *Attack) { a.AlphaMax = nan }, "alpha_max NaN must be"},
		{"eta", func(a *Attack) { a.Eta = 0.9 }, "eta 0.9 must be at least 1"},
		{"infinite eta", func(a *Attack) { a.Eta = math.Inf(1) }, "eta +Inf must be"},
		{"beta", func(a *Attack) { a.Beta = 0 }, "beta 0 must be positive"},
		{"all", func(a *Attack) { *a = Attack{Beta: nan} }, "beta NaN must be positive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := New(9)
			tt.change(a)
			attacktest.Complains(t, a.Validate(), tt.want)
		})
	}
}

// TestPasses: a run costs each image two passes forward for each step, and one backward for each
// difference, all from one of the two; the reference makes two passes forward more in each run, and
// one backward more in each step of the untargeted one.
func TestPasses(t *testing.T) {
	batch, mlp, _ := digits(t, 16)
	const steps = 7
	for _, tt := range []struct{ targets, restarts, runs, losses int }{
		{targets: 0, restarts: 1, runs: 1, losses: 9},
		{targets: 0, restarts: 3, runs: 3, losses: 9},
		{targets: 2, restarts: 1, runs: 2, losses: 1},
		{targets: 9, restarts: 2, runs: 18, losses: 1},
		{targets: 50, restarts: 1, runs: 9, losses: 1}, // there are nine other classes
	} {
		a := New(tt.targets)
		a.Steps, a.Restarts = steps, tt.restarts
		_, distance, books := perturb(t, a, mlp, batch, arbench.Threat{Norm: arbench.Linf, Eps: 0.1})
		for i, forward := range books.Forward {
			want, backward := 1+2*steps*tt.runs, steps*tt.runs*tt.losses
			if i == 7 { // which the net gets wrong
				want, backward = 1, 0
			}
			if forward != want || books.Backward[i] != backward {
				t.Errorf("%+v, row %d: %d passes forward and %d backward, want %d and %d",
					tt, i, forward, books.Backward[i], want, backward)
			}
		}
		if distance[7] != 0 {
			t.Errorf("%+v: the misclassified image was moved by %v", tt, distance[7])
		}
	}
}

// TestEarlyExitSavesPasses: an image costs runs up to the first that ends within its own eps, and nothing at all
// where that is 0.
func TestEarlyExitSavesPasses(t *testing.T) {
	batch, mlp, _ := digits(t, 16)
	threat := arbench.Threat{Norm: arbench.L2, Each: make([]float64, 16)}
	for i := range threat.Each {
		threat.Each[i] = 0.5
	}
	threat.Each[5] = 1e-3 // rows 5 and 6 can be broken within 0.18
	threat.Each[2] = 0
	a := New(3)
	a.Steps, a.EarlyExit = 20, true
	_, distance, books := perturb(t, a, mlp, batch, threat)
	for row, runs := range map[int]int{0: 2, 1: 3, 5: 3, 6: 1} { // golden L2.20.t2 to t4
		if want := 1 + 2*20*runs; books.Forward[row] != want {
			t.Errorf("row %d at distance %v: %d passes forward, want %d", row, distance[row], books.Forward[row], want)
		}
	}
	if books.Forward[2] != 0 || books.Backward[2] != 0 || distance[2] != 0 {
		t.Errorf("eps 0: %d passes forward and %d backward, distance %v", books.Forward[2], books.Backward[2], distance[2])
	}
}

// TestMoreRunsFindNoGreaterDistance: the nearest point of all runs is kept; restarts find a nearer one
// for some images.
func TestMoreRunsFindNoGreaterDistance(t *testing.T) {
	batch, mlp, _ := digits(t, 16)
	for _, norm := range norms {
		threat := arbench.Threat{Norm: norm, Eps: map[arbench.Norm]float64{"linf": 0.3, "l2": 1, "l1": 5}[norm]}
		a := New(0)
		a.Steps = 20
		_, one, _ := perturb(t, a, mlp, batch, threat)
		a.Restarts = 4
		_, four, _ := perturb(t, a, mlp, batch, threat)
		nearer := 0
		for i := range one {
			if four[i] > one[i] {
				t.Errorf("%s row %d: distance %v after four runs, %v after one", norm, i, four[i], one[i])
			}
			if four[i] < one[i] {
				nearer++
			}
		}
		if nearer == 0 {
			t.Errorf("%s: restarts found nothing nearer", norm)
		}
	}
}

// TestStart: a restart begins at half the lesser of eps and of the best distance, in the box.
func TestStart(t *testing.T) {
	const n = 50
	for _, norm := range norms {
		for _, tt := range []struct{ eps, best, want float64 }{
			{0.2, math.Inf(1), 0.1}, {0.2, 0.06, 0.03}, {0, 0.06, 0},
		} {
			trial := arbench.Trial{
				Batch:  arbench.Batch{X: arbench.NewTensor(1, 1, 5, 10), Y: []int{0}, ID: []int{3}},
				Threat: arbench.Threat{Norm: norm, Eps: tt.eps},
			}
			for j := range n {
				trial.X.Data[j] = 0.5
			}
			s := &search{Attack: New(0), Trial: trial, distance: []float64{tt.best}}
			start := func(seed uint64, run int) []float32 {
				x := slices.Clone(trial.X.Data)
				s.Seed = seed
				s.start(x, 0, run)
				return x
			}
			x := start(1, 1)
			if d := s.Distance(x, trial.X.Data); math.Abs(d-tt.want) > 1e-5 {
				t.Errorf("%s %+v: distance %v", norm, tt, d)
			}
			if tt.want > 0 && (slices.Equal(x, start(1, 2)) || slices.Equal(x, start(2, 1))) {
				t.Errorf("%s: two restarts, or two seeds, begin at one point", norm)
			}
			s.distance[0], s.Eps = math.Inf(1), 1e3
			if s.start(x, 0, 3); !arbench.InBox(x) {
				t.Errorf("%s: the start %v is not in the box", norm, x)
			}
		}
	}
}

// TestRowsAreIndependent, on images enough for several goroutines: an example alone gets the same
// candidate.
func TestRowsAreIndependent(t *testing.T) {
	batch, err := golden.Examples("fashion", 12)
	if err != nil {
		t.Fatal(err)
	}
	cnn, err := golden.OpenNet("cnn_fashion")
	if err != nil {
		t.Fatal(err)
	}
	for _, norm := range norms {
		a := New(1)
		a.Steps, a.Restarts = 2, 2
		threat := arbench.Threat{Norm: norm, Eps: 0.1}
		all, distance, _ := perturb(t, a, cnn, batch, threat)
		const several = 2 << 14 // goroutines: see [arbench.EachRow]
		if work*len(batch.X.Data) < several || slices.Max(distance) == 0 {
			t.Fatalf("%s: %d values, distances %v: the test needs more", norm, len(batch.X.Data), distance)
		}
		for i := range 12 {
			one, _, _ := perturb(t, a, cnn, batch.Gather([]int{i}), threat)
			if !slices.Equal(one.Row(0), all.Row(i)) {
				t.Errorf("%s: example %d has another candidate alone", norm, i)
			}
		}
	}
}
