// Package fmn implements the fast minimum-norm attack: it goes down the difference of logits with steps
// of fixed length inside a ball whose radius first reaches for the boundary of the linearized model,
// then shrinks while what it finds is misclassified and grows while it is not.
//
// Pintor, Roli, Brendel & Biggio, Fast Minimum-norm Adversarial Attacks through Adaptive Norm
// Constraints, NeurIPS 2021 (arXiv:2102.12827), algorithm 1, from the image itself. It parts from the
// paper in these points:
//
//   - A pixel at the end of the box towards which the derivative pushes has none. Clipping would undo its
//     step and leave the point short of the boundary, step after step.
//   - The radius reaches beyond the boundary by the share that it shrinks by afterwards, for a plane that
//     is only touched is not crossed.
//   - In L1 and L0 points are projected onto ball and box together.
//   - A derivative that is zero or not finite is not followed.
package fmn

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/nearest"
)

func init() { arbench.Attacks.Register("fmn", func() arbench.Attack { return New() }) }

// New returns the attack with the step sizes of the authors' code and 100 steps.
func New() *Attack { return &Attack{Steps: 100, Alpha: 1, Gamma: 0.05} }

// Attack is the attack and its options.
type Attack struct {
	Steps int     `toml:"steps" doc:"each a pass forward and backward"`
	Alpha float64 `toml:"alpha" doc:"Euclidean length of the first step; it falls to a hundredth"`
	Gamma float64 `toml:"gamma" doc:"share by which the first step changes the radius; it falls to a fiftieth"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:         "fast minimum-norm attack: the smallest change, in balls that shrink and grow",
		Source:      "Pintor et al., NeurIPS 2021 (arXiv:2102.12827), algorithm 1",
		Access:      arbench.Gradients,
		Norms:       []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1, arbench.L0},
		MinimumNorm: true, AnyEps: true,
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.Steps < 1 {
		errs = append(errs, fmt.Errorf("steps %d must be at least 1", a.Steps))
	}
	if !(a.Alpha > 0) || math.IsInf(a.Alpha, 1) {
		errs = append(errs, fmt.Errorf("alpha %v must be positive and finite", a.Alpha))
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
	radius []float64      // of the balls that they are in
}

// Perturb implements [arbench.Attack]. The candidate is the nearest misclassified point of those that
// the steps start from, the image itself if there is none or if the model has one class only. An image
// that is misclassified costs one step, any other all of them.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	s := &search{
		Attack: a, Trial: t, best: nearest.New(t), x: t.X.Clone(), radius: make([]float64, t.Len()),
	}
	var rows []int
	if t.Model.Info().Classes > 1 {
		for i := range t.Len() {
			rows = append(rows, i)
		}
	}
	for k := 0; k < a.Steps && len(rows) > 0; k++ {
		p, err := t.Model.Gradient(ctx, s.x.Gather(rows), goal.Untargeted(t.Y, "margin")(rows), rows...)
		if err != nil {
			return arbench.Tensor{}, err
		}
		arbench.EachRow(len(rows), arbench.Volume(t.X.Shape[1:]), func(i int) {
			s.step(rows[i], arbench.Argmax(p.Logits.Row(i)) != t.Y[rows[i]], p.Values[0][i], p.DX[0].Row(i), k)
		})
		if k == 0 {
			rows = s.best.Left(p.Logits)
		}
	}
	return s.best.X, nil
}

// step takes step k of row r, whose point is broken, that is misclassified, or not, and where the
// greatest other logit exceeds that of the class by margin, with the derivative g, which it changes.
func (s *search) step(r int, broken bool, margin float64, g []float32, k int) {
	x, x0 := s.x.Row(r), s.X.Row(r)
	for j, v := range g {
		if v > 0 && x[j] >= 1 || v < 0 && x[j] <= 0 {
			g[j] = 0
		}
	}
	if broken {
		s.best.Found(r, x)
	}
	s.resize(r, broken, margin, g, nearest.Anneal(s.Gamma, s.Gamma/50, k, s.Steps))
	size := nearest.Size(arbench.L2, g)
	if size == 0 {
		return
	}
	alpha := nearest.Anneal(s.Alpha, s.Alpha/100, k, s.Steps)
	for j, v := range g {
		x[j] += float32(alpha / size * float64(v))
	}
	s.ProjectRow(x, x0, s.radius[r])
}

// resize changes the radius of row r by the share gamma, in L0 by one at least, where a point is broken
// or one was; else it reaches for the boundary, in L0 by one after the other.
func (s *search) resize(r int, broken bool, margin float64, g []float32, gamma float64) {
	radius := s.radius[r]
	away := math.Abs(margin) / nearest.Size(s.Norm.Dual(), g) // from the boundary
	switch {
	case s.Norm == arbench.L0 && broken:
		radius = max(min(math.Floor(radius*(1-gamma)), s.best.Distance[r]-1), 0)
	case s.Norm == arbench.L0:
		radius = max(math.Floor(radius*(1+gamma)), radius+1)
	case broken:
		radius = min(radius*(1-gamma), s.best.Distance[r])
	case !math.IsInf(s.best.Distance[r], 1):
		radius *= 1 + gamma
	case !math.IsInf(away, 1) && !math.IsNaN(away):
		radius = s.Distance(s.x.Row(r), s.X.Row(r)) + away*(1+gamma)
	}
	s.radius[r] = radius
}
