// Package fgsm implements the fast gradient method: one step to the point of the ball where the
// loss would be greatest if it were linear.
//
// Goodfellow, Shlens & Szegedy, Explaining and Harnessing Adversarial Examples, ICLR 2015
// (arXiv:1412.6572), section 4: x' = x + ε sign ∇ₓL in Linf. In L2 the step is ε g/‖g‖₂ (Miyato et
// al. 2016, equation 10). In L1 it moves pixels to the end of the box, the one of greatest |g| first,
// until ε is spent, which is the maximum of the linear function over ball and box. The random start
// is that of Wong, Rice & Kolter, Fast is Better than Free, ICLR 2020 (arXiv:2001.03994), algorithm
// 3, whose step is 1.25 ε.
package fgsm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/noise"
	"github.com/arbench/arbench/attacks/pgd"
)

func init() {
	arbench.Attacks.Register("fgsm", func() arbench.Attack { return &Attack{RelStep: 1, Loss: "ce"} })
}

// Attack is the attack and its options.
type Attack struct {
	RandomStart bool    `toml:"random_start" doc:"start at a uniform point of the ball, not at the image"`
	RelStep     float64 `toml:"rel_step" doc:"length of the step as a multiple of eps"`
	Loss        string  `toml:"loss" doc:"what to maximise: ce, margin, dlr or dlr-targeted"`
	Target      string  `toml:"target" doc:"class to aim at: second, least-likely, random, or empty for none"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:    "fast gradient sign method: one step",
		Source: "Goodfellow et al. 2015 (arXiv:1412.6572), section 4",
		Access: arbench.Gradients,
		Norms:  []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var err error
	if !(a.RelStep > 0) {
		err = fmt.Errorf("rel_step %v must be positive", a.RelStep)
	}
	return errors.Join(err, goal.Validate(a.Loss, a.Target))
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(int, arbench.Norm) float64 {
	if a.Target == "second" || a.Target == "least-likely" {
		return 3
	}
	return 2
}

// Perturb implements [arbench.Attack]. It makes one pass forward and backward, and one more forward
// where Target asks for the clean logits; within eps 0 none.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	if len(t.Movable()) == 0 {
		return x, nil
	}
	rows := make([]int, t.Len())
	for i := range rows {
		rows[i] = i
		if a.RandomStart {
			noise.Uniform(t.Norm, t.At(i), t.Rand(i, "start", 0), x.Row(i))
			t.ProjectRow(x.Row(i), t.X.Row(i), t.At(i))
		}
	}
	loss, err := goal.New(ctx, t, a.Loss, a.Target, 0)
	if err != nil {
		return x, err
	}
	p, err := t.Model.Gradient(ctx, x, loss(rows))
	if err != nil {
		return arbench.Tensor{}, err
	}
	for i := range rows {
		size := a.RelStep * t.At(i)
		if t.Norm == arbench.L1 {
			fill(x.Row(i), p.DX[0].Row(i), size)
		} else {
			pgd.Ascend(t.Norm, x.Row(i), p.DX[0].Row(i), size, 0)
		}
		t.ProjectRow(x.Row(i), t.X.Row(i), t.At(i))
	}
	return x, nil
}

// fill moves x along g within the box until the sum of its changes is size, pixels of the greatest
// |g| first and, of equals, in their order.
func fill(x, g []float32, size float64) {
	order := make([]int, len(g))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(math.Abs(float64(g[j])), math.Abs(float64(g[i])))
	})
	for _, j := range order {
		room, way := 0.0, 0.0
		switch {
		case g[j] > 0:
			room, way = 1-float64(x[j]), 1
		case g[j] < 0:
			room, way = float64(x[j]), -1
		}
		move := min(room, size)
		x[j] += float32(way * move)
		size -= move
	}
}
