package arbench_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// deepfool looks for the smallest change: in each step it takes the derivatives of all differences
// of logits from one forward pass and goes to the nearest of the linearized boundaries
// (Moosavi-Dezfooli et al. 2016, algorithm 2; FAB asks the model the same question).
type deepfool struct {
	steps     int
	overshoot float64
}

func (*deepfool) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Access: arbench.Gradients, Norms: []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
		MinimumNorm: true,
	}
}

func (a *deepfool) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	for range a.steps {
		losses := make([]arbench.Loss, 0, t.Model.Info().Classes-1)
		for c := 1; c < t.Model.Info().Classes; c++ { // row i: class y[i]+c, around the corner
			rivals := make([]int, t.Len())
			for i, y := range t.Y {
				rivals[i] = (y + c) % t.Model.Info().Classes
			}
			losses = append(losses, arbench.LogitDifference{A: rivals, B: t.Y})
		}
		p, err := t.Model.Run(ctx, arbench.Call{X: x, Losses: losses, Want: arbench.DX})
		if err != nil {
			return x, err
		}
		for i := range t.Len() {
			nearest, step := math.Inf(1), []float32(nil)
			for l := range losses {
				g := p.DX[l].Row(i)
				if d := -p.Values[l][i] / dualNorm(t.Norm, g); d < nearest {
					nearest, step = d, g
				}
			}
			if nearest >= 0 {
				along(x.Row(i), step, t.Norm, nearest*(1+a.overshoot))
			}
		}
	}
	return x, nil
}

func dualNorm(n arbench.Norm, g []float32) float64 {
	return map[arbench.Norm]arbench.Norm{
		arbench.Linf: arbench.L1, arbench.L2: arbench.L2, arbench.L1: arbench.Linf,
	}[n].Of(g)
}

// along moves x by the vector of the given norm that gains most along g.
func along(x, g []float32, n arbench.Norm, size float64) {
	switch n {
	case arbench.Linf:
		for j, v := range g {
			x[j] += float32(size) * sign(v)
		}
	case arbench.L2:
		norm := arbench.L2.Of(g)
		for j, v := range g {
			x[j] += float32(size / norm * float64(v))
		}
	case arbench.L1:
		best := 0
		for j, v := range g {
			if math.Abs(float64(v)) > math.Abs(float64(g[best])) {
				best = j
			}
		}
		x[best] += float32(size) * sign(g[best])
	}
}

// On softmax regression the smallest change is known: |margin| / ‖w_y - w_k‖ dual, least over k.
// Candidates are judged unprojected, so one run answers for every eps. A step costs one pass forward
// and classes-1 backward.
func TestMinimumNormAttackFindsTheClosedForm(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 4, 5)
	centre(t, m)
	b := labelled(t, m, 1, 8)
	const overshoot = 1e-3
	a := &deepfool{steps: 1, overshoot: overshoot}
	for _, norm := range a.Info().Norms {
		threat := arbench.Threat{Norm: norm}
		o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
		x := must[arbench.Tensor](t)(a.Perturb(ctx, arbench.Trial{Model: o, Batch: b, Threat: threat}))
		broken := must[[]bool](t)(wrong(ctx, m, x, b.Y))
		want := distances(t, m, b, norm)
		for i, d := range want {
			want[i] = d * (1 + overshoot)
			if got := threat.Distance(x.Row(i), b.X.Row(i)); math.Abs(got-want[i]) > 1e-5*(1+d) || !broken[i] {
				t.Errorf("%s: example %d: distance %v, want %v, broken %v", norm, i, got, want[i], broken[i])
			}
		}
		if f, w := o.Books().Forward[0], o.Books().Backward[0]; f != 1 || w != 3 {
			t.Errorf("%s: %d passes forward and %d backward, want 1 and 3", norm, f, w)
		}
	}
}

// restarting keeps, for each example, the candidate of greatest loss over random restarts, and gives
// restarts only to what is not broken (as AutoPGD does, Croce & Hein 2020).
type restarting struct {
	ascent
	restarts int
}

func (a *restarting) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	best, worst := t.X.Clone(), make([]float64, t.Len())
	left := make([]int, t.Len())
	for i := range left {
		left[i], worst[i] = i, math.Inf(-1)
	}
	for r := range a.restarts {
		part := t
		part.Batch, part.Threat = t.Batch.Gather(left), t.Threat.Gather(left)
		run := a.ascent
		run.Random, run.Restart = true, r
		x, err := run.on(ctx, part, left)
		if err != nil {
			return best, err
		}
		p, err := t.Model.Run(ctx, arbench.Call{
			X: x, Rows: left, Losses: []arbench.Loss{arbench.Margin{Y: part.Y}},
		})
		if err != nil {
			return best, err
		}
		var kept []int
		for i, at := range left {
			if v := p.Values[0][i]; v > worst[at] {
				worst[at] = v
				copy(best.Row(at), x.Row(i))
			}
			if worst[at] <= 0 {
				kept = append(kept, at)
			}
		}
		if left = kept; len(left) == 0 {
			break
		}
	}
	return best, nil
}

// On four classes one sign step from a random start is not exact, so restarts matter: more of them
// never break fewer, some break more, and each candidate is the same alone as in company.
func TestRestartsDependOnTheExampleAlone(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 4, 5)
	centre(t, m)
	b := labelled(t, m, 1, 30)
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.15}
	count := map[int]int{}
	for _, restarts := range []int{1, 8} {
		a := &restarting{ascent{Steps: 1, StepSize: 0.1}, restarts}
		x, broken, _, err := put(ctx, m, a, b, threat)
		if err != nil {
			t.Fatal(err)
		}
		for i, hit := range broken {
			if hit {
				count[restarts]++
			}
			alone, _, _, err := put(ctx, m, a, b.Gather([]int{i}), threat)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(x.Row(i), alone.Row(0)); diff != "" {
				t.Fatalf("example %d, %d restarts: alone it differs:\n%s", i, restarts, diff)
			}
		}
	}
	if count[8] <= count[1] {
		t.Errorf("8 restarts break %d, one breaks %d", count[8], count[1])
	}
}

// square is random search on scores: one pixel at a time goes to an end of the ball, and what does
// not raise the margin is taken back (Andriushchenko et al. 2020, with squares of one pixel).
type square struct{ queries int }

func (*square) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Access: arbench.Scores, Norms: []arbench.Norm{arbench.Linf}}
}

func (a *square) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	best, worst := t.X.Clone(), make([]float64, t.Len())
	rows := make([]int, t.Len())
	for i := range rows {
		rows[i], worst[i] = i, math.Inf(-1)
	}
	for q := range a.queries {
		try := best.Gather(rows)
		for i, r := range rows {
			rnd := t.Rand(r, "square", q)
			j, up := rnd.IntN(len(try.Row(i))), float32(2*rnd.IntN(2)-1)
			try.Row(i)[j] = t.X.Row(r)[j] + up*float32(t.At(r))
			t.ProjectRow(try.Row(i), t.X.Row(r), t.At(r))
		}
		y := t.Batch.Gather(rows).Y
		p, err := t.Model.Run(ctx, arbench.Call{
			X: try, Rows: rows, Losses: []arbench.Loss{arbench.Margin{Y: y}},
		})
		if err != nil {
			return best, err
		}
		for i, r := range rows {
			if v := p.Values[0][i]; v > worst[r] {
				worst[r] = v
				copy(best.Row(r), try.Row(i))
			}
		}
		rows = slices.DeleteFunc(rows, func(r int) bool { return worst[r] > 0 })
		if len(rows) == 0 {
			break
		}
	}
	return best, nil
}

// With six pixels and 200 queries the search ends at the corner of the ball, so it breaks exactly
// what is nearer than eps, on scores alone, and stops paying at the first success.
func TestSquareNeedsScoresOnly(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 2, 3)
	b := spreadOut(t, m, 12, linf.Eps)
	_, broken, books, err := put(ctx, m, &square{queries: 200}, b, linf)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range distances(t, m, b, arbench.Linf) {
		passes := 200
		if d < linf.Eps {
			passes = books.First[i]
		}
		if broken[i] != (d < linf.Eps) || books.Backward[i] != 0 || books.Forward[i] != passes {
			t.Errorf("example %d at %v: broken %v after %d passes forward, %d backward, want %d and 0",
				i, d, broken[i], books.Forward[i], books.Backward[i], passes)
		}
	}
}
