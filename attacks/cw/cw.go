// Package cw implements the L2 attack of Carlini and Wagner: gradient descent on the squared change and
// c times how far the image is from being misclassified, for a c that is searched for.
//
// Carlini & Wagner, Towards Evaluating the Robustness of Neural Networks, IEEE S&P 2017
// (arXiv:1608.04644), section VI.A: objective f₆ without a target, the change of variables of section
// V.B, Adam, and the search for c and the early abort of the authors' code. Each image aborts by its
// own objective, where the authors' code goes by that of the batch.
package cw

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/nearest"
)

func init() { arbench.Attacks.Register("cw", func() arbench.Attack { return New() }) }

// New returns the attack of the authors' code with 1000 steps for each of 9 values of c.
func New() *Attack {
	return &Attack{Steps: 1000, Searches: 9, StepSize: 0.01, InitialC: 1e-3, AbortEarly: true}
}

// Attack is the attack and its options.
type Attack struct {
	Steps      int     `toml:"steps" doc:"for each c, at most: each a pass forward and backward"`
	Searches   int     `toml:"searches" doc:"values of c: tenfold until one breaks the image, then by halves"`
	StepSize   float64 `toml:"step_size" doc:"of Adam, in arctanh of pixels from -1 to 1"`
	InitialC   float64 `toml:"initial_c" doc:"the first weight of being misclassified against the squared change"`
	Confidence float64 `toml:"confidence" doc:"by how much another logit is to exceed that of the class"`
	AbortEarly bool    `toml:"abort_early" doc:"go on to the next c when a tenth of the steps improved too little"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:         "Carlini & Wagner: the smallest change, by Adam on its square and c times the margin",
		Source:      "Carlini & Wagner, S&P 2017 (arXiv:1608.04644), section VI.A",
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
	if a.Searches < 1 {
		errs = append(errs, fmt.Errorf("searches %d must be at least 1", a.Searches))
	}
	if !(a.StepSize > 0) || math.IsInf(a.StepSize, 1) {
		errs = append(errs, fmt.Errorf("step_size %v must be positive and finite", a.StepSize))
	}
	if !(a.InitialC > 0) || math.IsInf(a.InitialC, 1) {
		errs = append(errs, fmt.Errorf("initial_c %v must be positive and finite", a.InitialC))
	}
	if !(a.Confidence >= 0) || math.IsInf(a.Confidence, 1) {
		errs = append(errs, fmt.Errorf("confidence %v must be finite and not negative", a.Confidence))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator]. With AbortEarly most images take fewer.
func (a *Attack) MostPasses(int, arbench.Norm) float64 {
	return 1 + 2*float64(a.Searches)*float64(a.Steps)
}

// Perturb implements [arbench.Attack]. The candidate is the nearest point on the way that is
// misclassified with the confidence asked for, the image itself if there is none, if it is
// misclassified, or if the model has one class only. An image costs a pass forward for its clean
// logits, and the steps of each c.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	z, err := t.Model.Logits(ctx, t.X)
	if err != nil {
		return arbench.Tensor{}, err
	}
	best := nearest.New(t)
	rows := best.Left(z)
	if t.Model.Info().Classes < 2 {
		return best.X, nil
	}
	weights := make([]weight, t.Len())
	for i := range weights {
		weights[i] = weight{c: a.InitialC, high: math.Inf(1)}
	}
	for n := 0; n < a.Searches && len(rows) > 0; n++ {
		d := newDescent(a, t, best, weights)
		if err := d.run(ctx, rows); err != nil {
			return arbench.Tensor{}, err
		}
		last := a.Searches >= 10 && n == a.Searches-2
		for _, r := range rows {
			weights[r].next(d.found[r], last)
		}
	}
	return best.X, nil
}

// A weight is the c of one image, in a search between those that were too low and one that was not.
type weight struct{ c, low, high float64 }

// next goes on to another c, after one that found a misclassified point or did not. The last of ten or more
// is the least that did, for another chance, as in the authors' code.
func (w *weight) next(found, last bool) {
	if found {
		w.high = min(w.high, w.c)
	} else {
		w.low = max(w.low, w.c)
	}
	switch {
	case math.IsInf(w.high, 1):
		w.c *= 10
	case last:
		w.c = w.high
	default:
		w.c = (w.low + w.high) / 2
	}
}
