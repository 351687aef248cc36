// Package ddn implements the decoupled direction and norm attack: it climbs the loss on a sphere around
// the image, and lets the sphere shrink while what it finds is misclassified and grow while it is not.
//
// Rony et al., Decoupling Direction and Norm for Efficient Gradient-Based L2 Adversarial Attacks and
// Defenses, CVPR 2019 (arXiv:1811.09600), algorithm 1. Candidates are not rounded to grey levels, and
// where the authors' code goes a random way for want of a derivative, the direction stays as it is.
package ddn

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/nearest"
)

func init() { arbench.Attacks.Register("ddn", func() arbench.Attack { return New() }) }

// New returns the attack of the paper with 100 steps.
func New() *Attack { return &Attack{Steps: 100, InitNorm: 1, Gamma: 0.05} }

// Attack is the attack and its options.
type Attack struct {
	Steps    int     `toml:"steps" doc:"each a pass forward and backward; their length falls from 1 to 0.01"`
	InitNorm float64 `toml:"init_norm" doc:"radius of the first sphere"`
	Gamma    float64 `toml:"gamma" doc:"share by which a step changes the radius"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:         "decoupled direction and norm: the smallest change, on spheres that shrink and grow",
		Source:      "Rony et al., CVPR 2019 (arXiv:1811.09600), algorithm 1",
		Access:      arbench.Gradients,
		Norms:       []arbench.Norm{arbench.L2},
		MinimumNorm: true, AnyEps: true,
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.Steps < 1 {
		errs = append(errs, fmt.Errorf("steps %d must be at least 1", a.Steps))
	}
	if !(a.InitNorm > 0) || math.IsInf(a.InitNorm, 1) {
		errs = append(errs, fmt.Errorf("init_norm %v must be positive and finite", a.InitNorm))
	}
	if !(a.Gamma > 0 && a.Gamma < 1) {
		errs = append(errs, fmt.Errorf("gamma %v must be between 0 and 1", a.Gamma))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(int, arbench.Norm) float64 { return 2 * float64(a.Steps) }

// A search is an attack on a trial under way.
type search struct {
	*Attack
	arbench.Trial
	best   *nearest.Points
	x      arbench.Tensor // the points under way
	delta  arbench.Tensor // their directions, of any length
	radius []float64      // of the spheres that they are on
}

// Perturb implements [arbench.Attack]. The candidate is the nearest misclassified point of those that
// the steps start from, the image itself if there is none. An image that is misclassified costs one
// step, any other all of them.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	s := &search{
		Attack: a, Trial: t, best: nearest.New(t), x: t.X.Clone(),
		delta: arbench.NewTensor(t.X.Shape...), radius: make([]float64, t.Len()),
	}
	rows := make([]int, t.Len())
	for i := range rows {
		rows[i], s.radius[i] = i, a.InitNorm
	}
	for k := 0; k < a.Steps && len(rows) > 0; k++ {
		x := s.x.Gather(rows)
		p, err := t.Model.Gradient(ctx, x, goal.Untargeted(t.Y, "ce")(rows), rows...)
		if err != nil {
			return arbench.Tensor{}, err
		}
		arbench.EachRow(len(rows), arbench.Volume(t.X.Shape[1:]), func(i int) {
			s.step(rows[i], arbench.Argmax(p.Logits.Row(i)) != t.Y[rows[i]], p.DX[0].Row(i), k)
		})
		if k == 0 {
			rows = s.best.Left(p.Logits)
		}
	}
	return s.best.X, nil
}

// step takes step k of row r, whose point is broken, that is misclassified, or not, and has the
// derivative g of the loss.
func (s *search) step(r int, broken bool, g []float32, k int) {
	x, x0, delta := s.x.Row(r), s.X.Row(r), s.delta.Row(r)
	if broken {
		s.best.Found(r, x)
		s.radius[r] *= 1 - s.Gamma
	} else {
		s.radius[r] *= 1 + s.Gamma
	}
	if size := nearest.Size(arbench.L2, g); size > 0 {
		alpha := nearest.Anneal(1, 0.01, k, s.Steps)
		for j, v := range g {
			delta[j] += float32(alpha / size * float64(v))
		}
	}
	length := arbench.L2.Of(delta)
	if length == 0 {
		return
	}
	for j, d := range delta {
		x[j] = float32(min(max(float64(x0[j])+s.radius[r]/length*float64(d), 0), 1))
	}
}
