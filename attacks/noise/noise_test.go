package noise_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/noise"
	"github.com/arbench/arbench/internal/golden"
)

func TestKeepsRules(t *testing.T) {
	for _, distribution := range []string{"uniform", "gaussian"} {
		t.Run(distribution, func(t *testing.T) {
			attacktest.Run(t, func() arbench.Attack {
				return &noise.Attack{Distribution: distribution, Draws: 30, Sigma: 1}
			}, attacktest.Random)
		})
	}
}

// TestUniformFillsTheBall: the share of a ball of dimension d within the radius r·eps is r^d, and
// each coordinate has mean 0.
func TestUniformFillsTheBall(t *testing.T) {
	const d, draws, eps = 3, 20000, 0.5
	for _, n := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1} {
		t.Run(string(n), func(t *testing.T) {
			inner, mean := 0, make([]float64, d)
			for i := range draws {
				x := make([]float32, d)
				noise.Uniform(n, eps, arbench.KeyedRand(1, "test", i), x)
				size := n.Of(x)
				if size > eps*(1+1e-6) {
					t.Fatalf("a draw has size %v", size)
				}
				if size < 0.7*eps {
					inner++
				}
				for j, v := range x {
					mean[j] += float64(v) / draws
				}
			}
			// 0.7³ = 0.343, five standard deviations of the share are 0.017.
			if share := float64(inner) / draws; math.Abs(share-0.343) > 0.017 {
				t.Errorf("share %v within 0.7 eps, want 0.343", share)
			}
			for j, m := range mean {
				if math.Abs(m) > 0.015 {
					t.Errorf("coordinate %d has mean %v", j, m)
				}
			}
		})
	}
}

// TestStopsAtTheFirstBreak: an example costs one pass for itself and one for each draw up to the one
// that breaks it; one that stays correct keeps its image.
func TestStopsAtTheFirstBreak(t *testing.T) {
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := golden.Examples("digits", 64)
	if err != nil {
		t.Fatal(err)
	}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.3}
	oracle := arbench.NewOracle(mlp, arbench.Labels, arbench.Frozen, batch, threat)
	a := &noise.Attack{Distribution: "uniform", Draws: 20, Sigma: 1}
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat})
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for i, passes := range oracle.Books().Forward {
		if first := oracle.Books().First[i]; first != 0 {
			if broken++; passes != first {
				t.Errorf("example %d: %d passes, broken by pass %d", i, passes, first)
			}
		} else if passes != 21 || threat.Distance(x.Row(i), batch.X.Row(i)) != 0 {
			t.Errorf("example %d is never broken: %d passes, want 21 and the image itself", i, passes)
		}
	}
	if broken < 5 || broken == 64 { // 4 are misclassified as they are
		t.Errorf("%d of 64 broken: the test needs some of both", broken)
	}
}

// TestNoBudgetIsNoPass asks a model that gets the second image wrong.
func TestNoBudgetIsNoPass(t *testing.T) {
	batch := arbench.Batch{X: arbench.NewTensor(2, 1, 1, 4), Y: []int{0, 1}, ID: []int{0, 1}}
	threat := arbench.Threat{Norm: arbench.L2}
	rec := &recorder{}
	oracle := arbench.NewOracle(rec, arbench.Labels, arbench.Frozen, batch, threat)
	a := &noise.Attack{Distribution: "uniform", Draws: 5, Sigma: 1}
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat})
	if err != nil || len(rec.seen) > 0 || threat.Distance(x.Data, batch.X.Data) != 0 {
		t.Errorf("%d passes within eps 0, candidates %v, %v", len(rec.seen), x.Data, err)
	}
}

// recorder gives every image the class 0 and keeps what it was asked.
type recorder struct{ seen []arbench.Tensor }

func (*recorder) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Classes: 2, Access: arbench.Scores}
}

func (r *recorder) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	r.seen = append(r.seen, c.X)
	return arbench.Pass{Logits: arbench.NewTensor(c.X.Len(), 2)}, nil
}

// TestGaussianSize: draws have a mean length of about sigma·eps in L2 and L1, and pixels a deviation
// of sigma·eps in Linf, where neither ball nor box cut them.
func TestGaussianSize(t *testing.T) {
	batch := arbench.Batch{X: arbench.NewTensor(1, 1, 10, 10), Y: []int{0}, ID: []int{0}}
	for j := range batch.X.Data {
		batch.X.Data[j] = 0.5
	}
	for norm, eps := range map[arbench.Norm]float64{arbench.Linf: 0.2, arbench.L2: 1, arbench.L1: 10} {
		threat := arbench.Threat{Norm: norm, Eps: eps}
		rec := &recorder{}
		oracle := arbench.NewOracle(rec, arbench.Labels, arbench.Frozen, batch, threat)
		a := &noise.Attack{Distribution: "gaussian", Draws: 200, Sigma: 0.2}
		if _, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat}); err != nil {
			t.Fatal(err)
		}
		mean, by := 0.0, threat
		want := 0.2 * eps
		if norm == arbench.Linf {
			by.Norm, want = arbench.L2, want*10 // of 100 pixels
		}
		for _, x := range rec.seen[1:] {
			mean += by.Distance(x.Data, batch.X.Data) / 200
		}
		if math.Abs(mean/want-1) > 0.03 {
			t.Errorf("%s: draws have the mean length %v, want %v", norm, mean, want)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, a := range map[string]*noise.Attack{
		`unknown distribution "salt"`: {Distribution: "salt", Draws: 1, Sigma: 1},
		"draws 0":                     {Distribution: "uniform", Sigma: 1},
		"sigma 0":                     {Distribution: "gaussian", Draws: 1},
	} {
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want %q", err, want)
		}
	}
}
