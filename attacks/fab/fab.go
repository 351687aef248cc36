// Package fab implements the fast adaptive boundary attack: it looks for the smallest change that
// makes an image misclassified, by steps to the nearest decision boundary of the linearized model.
//
// Croce & Hein, Minimally distorted Adversarial Examples with a Fast Adaptive Boundary Attack,
// ICML 2020 (arXiv:1907.02044), algorithm 1 without its final search, as AutoAttack runs it
// (Croce & Hein 2020, arXiv:2003.01690). It parts from AutoAttack's code in these points:
//
//   - A change beyond eps is returned too, where AutoAttack gives back the image.
//   - The nearest point of all targets and restarts is kept, and bounds the starts of later restarts;
//     with EarlyExit an image makes no run after the first within eps, which is AutoAttack's way.
//   - Starts are drawn for each image by itself. Targets are never the true class, and no more than
//     there are classes.
//   - A boundary whose derivative is zero or not finite is not gone to, an image on the boundary is
//     pushed over it, and the scale of the logits does not matter.
//   - Of points equally near, the last is kept rather than the first.
package fab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
)

func init() {
	arbench.Attacks.Register("fab", func() arbench.Attack { return New(0) })
	arbench.Attacks.Register("fab-t", func() arbench.Attack { return New(9) })
}

// New returns the attack of the paper with 100 steps from the image: FAB, which goes to the nearest
// of all classes, if targets is 0, else FAB-T, which aims at that many classes in turn.
func New(targets int) *Attack {
	return &Attack{Steps: 100, Restarts: 1, Targets: targets, AlphaMax: 0.1, Eta: 1.05, Beta: 0.9}
}

// Attack is the attack and its options.
type Attack struct {
	Steps     int     `toml:"steps" doc:"of each run: 2 passes forward, 1 backward or, without targets, classes - 1"`
	Restarts  int     `toml:"restarts" doc:"runs for each target: one from the image, then from random points near it"`
	Targets   int     `toml:"targets" doc:"other classes to aim at in turn, of greatest clean logit; 0 means the nearest"`
	AlphaMax  float64 `toml:"alpha_max" doc:"most weight of the projection of the image against that of the iterate"`
	Eta       float64 `toml:"eta" doc:"length of a step as a multiple of the way to the boundary"`
	Beta      float64 `toml:"beta" doc:"share of the change that is kept after a misclassified iterate"`
	EarlyExit bool    `toml:"early_exit" doc:"make no further run for an image once one found a change within eps"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	doc := "fast adaptive boundary attack: the smallest change, by steps to the nearest linearized boundary"
	if a.Targets > 0 {
		doc = "fast adaptive boundary attack: the smallest change, aimed at one class after the other"
	}
	return arbench.AttackInfo{
		Doc:         doc,
		Source:      "Croce & Hein, ICML 2020 (arXiv:1907.02044), algorithm 1",
		Access:      arbench.Gradients,
		Norms:       []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
		MinimumNorm: true, AnyEps: a.Restarts == 1 && !a.EarlyExit, // which go by eps
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.Steps < 1 {
		errs = append(errs, fmt.Errorf("steps %d must be at least 1", a.Steps))
	}
	if a.Restarts < 1 {
		errs = append(errs, fmt.Errorf("restarts %d must be at least 1", a.Restarts))
	}
	if a.Targets < 0 {
		errs = append(errs, fmt.Errorf("targets %d must not be negative; 0 is the nearest class", a.Targets))
	}
	if !(a.AlphaMax >= 0 && a.AlphaMax <= 1) {
		errs = append(errs, fmt.Errorf("alpha_max %v must be from 0 to 1", a.AlphaMax))
	}
	if !(a.Eta >= 1) || math.IsInf(a.Eta, 1) {
		errs = append(errs, fmt.Errorf("eta %v must be at least 1, and finite", a.Eta))
	}
	if !(a.Beta > 0 && a.Beta <= 1) {
		errs = append(errs, fmt.Errorf("beta %v must be positive and at most 1", a.Beta))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(classes int, _ arbench.Norm) float64 {
	targets, step := float64(max(min(a.Targets, classes-1), 1)), 3.0
	if a.Targets == 0 {
		step = float64(classes + 1)
	}
	return 1 + float64(a.Restarts)*targets*float64(a.Steps)*step
}

// Perturb implements [arbench.Attack]. The candidate is the nearest misclassified point of all runs,
// however far from the image, and the image itself if it is misclassified, if no run found such a
// point, or if the model has one class only. The passes of one image are one forward for its clean
// logits, and those of its runs; there are no more targets than classes beside the true one. With EarlyExit
// an image whose eps is 0, within which lies no other, is its own candidate and costs no pass.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	var rows []int
	for r := range t.Len() {
		if !a.EarlyExit || t.At(r) > 0 {
			rows = append(rows, r)
		}
	}
	z, rows, err := goal.Right(ctx, t, rows)
	if err != nil {
		return arbench.Tensor{}, err
	}
	s := &search{Attack: a, Trial: t, best: t.X.Clone(), distance: make([]float64, t.Len())}
	for _, r := range rows {
		s.distance[r] = math.Inf(1)
	}
	classes := t.Model.Info().Classes
	if classes < 2 {
		return s.best, nil
	}
	runs := a.Restarts * max(min(a.Targets, classes-1), 1)
	for run := 0; run < runs && len(rows) > 0; run++ {
		losses := rivals(t.Y, rows, classes)
		if a.Targets > 0 {
			losses = target(z, t.Y, rows, run/a.Restarts)
		}
		if err := s.run(ctx, rows, losses, run); err != nil {
			return arbench.Tensor{}, err
		}
		if a.EarlyExit {
			rows = slices.DeleteFunc(rows, func(r int) bool { return s.distance[r] <= t.At(r) })
		}
	}
	return s.best, nil
}
