// Package pgd implements projected gradient descent.
//
// Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018
// (arXiv:1706.06083), section 2.1: x ← Π(x + α sign ∇ₓL), from a random point of the ball. L1 steps
// are those of Tramèr & Boneh, Adversarial Training and Robustness for Multiple Perturbations,
// NeurIPS 2019 (arXiv:1904.13000), algorithm 1. With the target "all" it is the attack of Gowal et al., An
// Alternative Surrogate Loss for PGD-based Adversarial Testing, 2019 (arXiv:1910.09338).
package pgd

import (
	"context"
	"errors"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/noise"
)

func init() { arbench.Attacks.Register("pgd", func() arbench.Attack { return New() }) }

// New returns the attack of the paper's evaluations on CIFAR-10: 20 steps of 2.5 eps / 20 on the
// cross-entropy from one random start.
func New() *Attack {
	return &Attack{Steps: 20, Restarts: 1, RandomStart: true, Loss: "ce", Quantile: 0.99}
}

// Attack is the attack and its options.
type Attack struct {
	Steps       int     `toml:"steps" doc:"gradient steps of each restart, each a pass forward and backward"`
	StepSize    float64 `toml:"step_size" doc:"length of a step in the threat's norm; 0 leaves it to rel_step"`
	RelStep     float64 `toml:"rel_step" doc:"length of a step as a multiple of eps; 0 means 2.5 / steps"`
	Restarts    int     `toml:"restarts" doc:"runs from starts of their own, of each target; more than 1 cost a forward pass each"`
	RandomStart bool    `toml:"random_start" doc:"start at a uniform point of the ball, not at the image"`
	Loss        string  `toml:"loss" doc:"what to maximise: ce, margin, dlr or dlr-targeted"`
	Target      string  `toml:"target" doc:"class to aim at: second, least-likely, random, all in turn, or empty for none"`
	EarlyExit   bool    `toml:"early_exit" doc:"keep the first misclassified point on the way and stop there"`
	Quantile    float64 `toml:"quantile" doc:"of l1: share of the pixels, of least derivative, that a step leaves"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:    "projected gradient descent",
		Source: "Madry et al. 2018 (arXiv:1706.06083), section 2.1",
		Access: arbench.Gradients,
		Norms:  []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.Steps < 1 {
		errs = append(errs, fmt.Errorf("steps %d must be at least 1", a.Steps))
	}
	if !(a.StepSize >= 0) || !(a.RelStep >= 0) {
		errs = append(errs,
			fmt.Errorf("step_size %v and rel_step %v must not be negative", a.StepSize, a.RelStep))
	}
	if a.StepSize > 0 && a.RelStep > 0 {
		errs = append(errs,
			fmt.Errorf("step_size %v and rel_step %v exclude each other: set one", a.StepSize, a.RelStep))
	}
	if a.Restarts < 1 {
		errs = append(errs, fmt.Errorf("restarts %d must be at least 1", a.Restarts))
	}
	if a.Restarts > 1 && !a.RandomStart && a.Target != "random" {
		errs = append(errs, fmt.Errorf("restarts %d without random_start would all be the same", a.Restarts))
	}
	if !(a.Quantile >= 0 && a.Quantile < 1) {
		errs = append(errs, fmt.Errorf("quantile %v must be at least 0 and below 1", a.Quantile))
	}
	return errors.Join(append(errs, goal.Validate(a.Loss, a.Target, all))...)
}

// all is the target of an attack that aims at each class in turn.
const all = "all"

// goals returns how many runs there are and the goal of each.
func (a *Attack) goals(ctx context.Context, t arbench.Trial) (int, func(run int) (goal.Func, error), error) {
	if a.Target != all {
		return a.Restarts, func(run int) (goal.Func, error) {
			return goal.New(ctx, t, a.Loss, a.Target, run)
		}, nil
	}
	each, err := goal.All(ctx, t, a.Loss)
	return a.Restarts * len(each), func(run int) (goal.Func, error) { return each[run%len(each)], nil }, err
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(classes int, _ arbench.Norm) float64 {
	runs, each, once := float64(a.Restarts), 2*float64(a.Steps), 0.0
	switch a.Target {
	case all:
		runs *= float64(classes - 1)
		once = 1
	case "second", "least-likely":
		each++
	}
	if runs > 1 {
		each++
	}
	return once + runs*each
}

// Perturb implements [arbench.Attack]. With one run the candidate is the last iterate, or the
// first misclassified one with EarlyExit. With several, restarts or targets, it is that of the first run
// that ends in a misclassified point, where the example leaves the attack, else the one of greatest loss.
// Within eps 0 no step is taken.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	rows := t.Movable()
	if len(rows) == 0 {
		return t.X.Clone(), nil
	}
	runs, goals, err := a.goals(ctx, t)
	if err != nil {
		return arbench.Tensor{}, err
	}
	if runs == 1 {
		loss, err := goals(0)
		if err != nil {
			return arbench.Tensor{}, err
		}
		return a.run(ctx, t, loss, rows, 0)
	}
	best, greatest := t.X.Clone(), make([]float64, t.Len())
	for restart := 0; restart < runs && len(rows) > 0; restart++ {
		loss, err := goals(restart)
		if err != nil {
			return arbench.Tensor{}, err
		}
		x, err := a.run(ctx, t, loss, rows, restart)
		if err != nil {
			return arbench.Tensor{}, err
		}
		p, err := t.Model.Run(ctx, arbench.Call{
			X: x.Gather(rows), Rows: rows, Losses: []arbench.Loss{loss(rows)},
		})
		if err != nil {
			return arbench.Tensor{}, err
		}
		var left []int
		for i, r := range rows {
			correct := arbench.Argmax(p.Logits.Row(i)) == t.Y[r]
			if v := p.Values[0][i]; !correct || restart == 0 || v > greatest[r] {
				copy(best.Row(r), x.Row(r))
				greatest[r] = v
			}
			if correct {
				left = append(left, r)
			}
		}
		rows = left
	}
	return best, nil
}

// run takes the steps of one restart for the given rows and returns the whole batch with them moved.
func (a *Attack) run(
	ctx context.Context, t arbench.Trial, loss goal.Func, rows []int, restart int,
) (arbench.Tensor, error) {
	x := arbench.NewTensor(t.X.Shape...)
	pixels := len(x.Data) / max(x.Len(), 1)
	starts := make([]bool, x.Len()) // of each row: at a random point
	for _, r := range rows {
		starts[r] = a.RandomStart
	}
	arbench.EachRow(x.Len(), pixels, func(r int) {
		copy(x.Row(r), t.X.Row(r))
		if starts[r] {
			noise.Uniform(t.Norm, t.At(r), t.Rand(r, "start", restart), x.Row(r))
			t.ProjectRow(x.Row(r), t.X.Row(r), t.At(r))
		}
	})
	if done, err := a.whole(ctx, t, x, loss, rows); done || err != nil {
		return x, err
	}
	for n := 0; n < a.Steps && len(rows) > 0; n++ {
		at := x
		if len(rows) < x.Len() {
			at = x.Gather(rows)
		}
		p, err := t.Model.Gradient(ctx, at, loss(rows), rows...)
		if err != nil {
			return arbench.Tensor{}, err
		}
		var moved, left []int // rows, and their places in at
		for i, r := range rows {
			if a.EarlyExit && arbench.Argmax(p.Logits.Row(i)) != t.Y[r] {
				continue
			}
			moved, left = append(moved, i), append(left, r)
		}
		arbench.EachRow(len(left), pixels, func(k int) {
			r := left[k]
			step(t.Threat, x.Row(r), t.X.Row(r), p.DX[0].Row(moved[k]), a.size(t.At(r)), t.At(r), a.Quantile)
		})
		rows = left
	}
	return x, nil
}

// whole has the model make all the steps of the given rows, if it can and nothing is asked for on the way.
func (a *Attack) whole(
	ctx context.Context, t arbench.Trial, x arbench.Tensor, loss goal.Func, rows []int,
) (done bool, err error) {
	if t.Norm != arbench.Linf || a.EarlyExit {
		return false, nil
	}
	sizes, y := make([]float64, len(rows)), make([]int, len(rows))
	for i, r := range rows {
		sizes[i], y[i] = a.size(t.At(r)), t.Y[r]
	}
	x0, at := t.X, x
	if len(rows) < x.Len() {
		x0, at = t.X.Gather(rows), x.Gather(rows)
	}
	done, err = t.Model.Ascend(ctx, arbench.Ascent{
		X0: x0, X: at, Y: y, Loss: loss(rows), Threat: t.Threat.Gather(rows), Size: sizes, Steps: a.Steps,
	}, rows...)
	if done && len(rows) < x.Len() {
		x.Scatter(rows, at)
	}
	return done, err
}

// size returns the length of a step for the budget eps.
func (a *Attack) size(eps float64) float64 {
	switch {
	case a.StepSize > 0:
		return a.StepSize
	case a.RelStep > 0:
		return a.RelStep * eps
	}
	return 2.5 / float64(a.Steps) * eps
}
