// Package apgd implements Auto-PGD, gradient ascent with momentum whose step sizes follow from how the
// loss of each image goes.
//
// Croce & Hein, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse
// Parameter-free Attacks, ICML 2020 (arXiv:2003.01690), algorithm 1, with the losses of equations 6
// and 7; in L1 Croce & Hein, Mind the Box: l1-APGD for Sparse Adversarial Attacks on Image Classifiers,
// ICML 2021 (arXiv:2103.01208), algorithm 1 and section 3.3.
//
// The numbers are those of the authors' program, AutoAttack, where that departs from the papers: the loss
// before the first iterate counts as 0, so that a positive loss has risen; when an image goes back to its
// best point, the point that its momentum starts from stays; η is halved for want of a better point from
// the second checkpoint on; the share of pixels that a step in L1 moves is rounded in float32. These
// things are otherwise:
//   - starts are keyed by example, so that no candidate depends on its batch;
//   - an image leaves at its first misclassified point (early_exit), which breaks the same images, since
//     images do not influence each other;
//   - an image that no point breaks gets the point of greatest loss, not the image itself;
//   - logits, and losses with them, are means over eot passes as derivatives are, not of the last pass;
//   - targets are ranked once, by one pass; the last pass of a run, whose derivative nobody would use,
//     goes forward only;
//   - in L1, a pixel that differs from the image's by less than 1e-6 has not changed: the program counts
//     those left by rounding, which changes some of its step sizes, and so does compat;
//   - a derivative that is no number moves nothing, and an eps beyond the size of the box counts as that.
package apgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
)

func init() { arbench.Attacks.Register("apgd", func() arbench.Attack { return New() }) }

// New returns the attack as AutoAttack has it: 100 steps on the cross-entropy, once.
func New() *Attack {
	return &Attack{
		Loss: "ce", Steps: 100, Restarts: 1, Rho: 0.75, Targets: 9, EOT: 1, Schedule: true, EarlyExit: true,
	}
}

// Attack is the attack and its options.
type Attack struct {
	Loss      string  `toml:"loss" doc:"what to maximise: ce, dlr or dlr-targeted"`
	Steps     int     `toml:"steps" doc:"steps of each run, each a pass forward and backward; one more forward at the end"`
	Restarts  int     `toml:"restarts" doc:"runs from random starts of their own, of dlr-targeted for each target"`
	Rho       float64 `toml:"rho" doc:"halve the step size unless the loss rose in more than this share of steps"`
	Targets   int     `toml:"targets" doc:"of dlr-targeted: classes to aim at, from the second greatest clean logit on"`
	EOT       int     `toml:"eot" doc:"passes that each answer is the mean of, for models that draw random numbers"`
	Schedule  bool    `toml:"schedule" doc:"of l1: 0.3 of the steps in 3 eps and 0.3 in 2 eps first, if there are 3 steps"`
	EarlyExit bool    `toml:"early_exit" doc:"stop at the first misclassified point; else make all steps and take the last one"`
	Compat    bool    `toml:"compat" doc:"of l1: count pixels that rounding has changed, as AutoAttack's program does"`
}

var _ arbench.Attack = (*Attack)(nil)

// losses lists what Loss may be.
var losses = []string{"ce", "dlr", "dlr-targeted"}

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:    "Auto-PGD: momentum, and step sizes that follow the loss",
		Source: "Croce & Hein 2020 (arXiv:2003.01690), algorithm 1; l1: 2021 (arXiv:2103.01208)",
		Access: arbench.Gradients,
		Norms:  []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if !slices.Contains(losses, a.Loss) {
		errs = append(errs, fmt.Errorf("unknown loss %q, want one of %q", a.Loss, losses))
	}
	for _, o := range []struct {
		name  string
		value int
	}{{"steps", a.Steps}, {"restarts", a.Restarts}, {"targets", a.Targets}, {"eot", a.EOT}} {
		if o.value < 1 {
			errs = append(errs, fmt.Errorf("%s %d must be at least 1", o.name, o.value))
		}
	}
	if !(a.Rho >= 0 && a.Rho <= 1) {
		errs = append(errs, fmt.Errorf("rho %v must be from 0 to 1", a.Rho))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(classes int, n arbench.Norm) float64 {
	runs := float64(a.Restarts)
	if a.Loss == "dlr-targeted" {
		runs *= float64(min(a.Targets, classes-1))
	}
	run := 0.0
	for _, p := range a.phases(n) { // the last pass goes forward only
		run += 2*float64(p.steps) + 1
	}
	return float64(a.EOT) * (1 + runs*run)
}

// Perturb implements [arbench.Attack]. An image that is misclassified already is its own candidate and
// costs one forward pass, one whose eps is 0 none. Others go through the runs until one breaks them.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	classes := t.Model.Info().Classes
	if err := goal.Fits(a.Loss, classes); err != nil {
		return arbench.Tensor{}, err
	}
	t.Model = t.Model.Averaged(a.EOT)
	z, rows, err := goal.Right(ctx, t, t.Movable())
	if err != nil {
		return arbench.Tensor{}, err
	}
	runs := a.Restarts
	if a.Loss == "dlr-targeted" {
		runs *= min(a.Targets, classes-1)
	}
	best, greatest := t.X.Clone(), slices.Repeat([]float64{math.Inf(-1)}, t.Len())
	for n := 0; n < runs && len(rows) > 0; n++ {
		searches, err := a.run(ctx, t, a.goal(t.Y, z, n/a.Restarts), rows, n)
		if err != nil {
			return arbench.Tensor{}, err
		}
		rows = nil
		for _, s := range searches {
			switch {
			case s.broken:
				copy(best.Row(s.row), s.hit)
				continue
			case s.most > greatest[s.row]:
				copy(best.Row(s.row), s.best)
				greatest[s.row] = s.most
			}
			rows = append(rows, s.row)
		}
	}
	return best, nil
}

// goal returns the loss of a run. A targeted one aims at the class of that rank, from 0, among the
// logits z of classes other than y.
func (a *Attack) goal(y []int, z arbench.Tensor, rank int) goal.Func {
	if a.Loss != "dlr-targeted" {
		return goal.Untargeted(y, a.Loss)
	}
	to := make([]int, len(y))
	for i := range to {
		to[i] = goal.Rivals(z.Row(i), y[i])[rank]
	}
	return goal.Targeted(y, to, a.Loss)
}
