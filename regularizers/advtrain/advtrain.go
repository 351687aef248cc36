// Package advtrain implements adversarial training: the parameters see each image at its worst
// place in the ball.
//
// Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018
// (arXiv:1706.06083), equation 2.1: min over θ of E max over δ of L(θ, x+δ, y). With Mix it is the
// mixture of clean and adversarial examples of Kurakin, Goodfellow & Bengio, Adversarial Machine
// Learning at Scale, ICLR 2017 (arXiv:1611.01236), section 3, with all weights equal.
package advtrain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

func init() {
	arbench.Regularizers.Register("advtrain", func() arbench.Regularizer { return New() })
}

// New returns the training of the paper, whose attack is 10 steps of eps/4 on the cross-entropy from
// a random start. Norm and Eps are left to be set.
func New() *Regularizer {
	attack := pgd.New()
	attack.Steps, attack.RelStep = 10, 0.25
	return &Regularizer{Attack: arbench.Use[arbench.Attack]{Name: "pgd", It: attack}, Mode: "batch"}
}

// Regularizer replaces images by what the attack makes of them. In Mode "batch", that of Madry et al.
// and of Rice, Wong & Kolter (ICML 2020), the attack sees batch statistics, as the step does, and
// leaves the running ones alone; in "frozen" it sees the running ones, as an attack on the finished
// model does. Which examples Mix leaves clean is drawn for each example and step.
type Regularizer struct {
	Norm   arbench.Norm                `toml:"norm" doc:"of the threat to train against: linf, l2 or l1"`
	Eps    float64                     `toml:"eps" doc:"of the threat, for pixels in [0, 1]; above 0"`
	Attack arbench.Use[arbench.Attack] `toml:"attack" doc:"what makes the examples"`
	Mode   string                      `toml:"mode" doc:"batch normalization during the attack: batch (statistics) or frozen"`
	Warmup float64                     `toml:"warmup" doc:"part of the training, 0 to 1, in which eps rises from 0"`
	Mix    float64                     `toml:"mix" doc:"share of each step's examples that stay clean, from 0 to below 1"`
}

var _ arbench.Preparer = (*Regularizer)(nil)

// Info implements [arbench.Regularizer].
func (r *Regularizer) Info() arbench.RegularizerInfo {
	return arbench.RegularizerInfo{
		Doc:    "adversarial training on the examples an attack makes",
		Source: "Madry et al. 2018 (arXiv:1706.06083), equation 2.1",
	}
}

var modes = map[string]arbench.Mode{"batch": arbench.BatchStats, "frozen": arbench.Frozen}

// Validate reports options that make no sense.
func (r *Regularizer) Validate() error {
	errs := []error{r.validThreat(), r.validAttack()}
	if r.Eps == 0 {
		errs = append(errs, errors.New("eps 0 leaves the training as it is: say how far the images move"))
	}
	if _, ok := modes[r.Mode]; !ok {
		errs = append(errs, fmt.Errorf("unknown mode %q, want %q or %q", r.Mode, "batch", "frozen"))
	}
	if !(r.Warmup >= 0 && r.Warmup <= 1) {
		errs = append(errs, fmt.Errorf("warmup %v must be a part of the training, from 0 to 1", r.Warmup))
	}
	if !(r.Mix >= 0 && r.Mix < 1) {
		errs = append(errs, fmt.Errorf("mix %v must be at least 0 and below 1", r.Mix))
	}
	return errors.Join(errs...)
}

// validThreat reports a threat that means nothing, in the words of what the attack bounds.
func (r *Regularizer) validThreat() error {
	if a := r.Attack.It; r.Norm == "" && a != nil {
		return fmt.Errorf("eps without norm: say which of %q", a.Info().Norms)
	}
	return arbench.Threat{Norm: r.Norm, Eps: r.Eps}.Validate()
}

func (r *Regularizer) validAttack() error {
	name, a := r.Attack.Name, r.Attack.It
	if a == nil {
		return fmt.Errorf("attack: none given, say attack = { use = %q }", "pgd")
	}
	if _, ok := a.(arbench.Staged); ok {
		return fmt.Errorf("attack: %q is a cascade, which cannot train: use one of its stages", name)
	}
	if _, ok := a.(arbench.Crafted); ok {
		return fmt.Errorf("attack: %q is crafted for one fixed model and cannot train", name)
	}
	info := a.Info()
	if info.MinimumNorm {
		return fmt.Errorf("attack: %q looks for the smallest change, not for one within eps", name)
	}
	if r.Norm != "" && !slices.Contains(info.Norms, r.Norm) { // Threat.Validate asks for a norm
		return fmt.Errorf("attack: %q cannot bound %q, it bounds %q", name, r.Norm, info.Norms)
	}
	if v, ok := a.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("attack: %w", err)
		}
	}
	return nil
}

// Replaces implements [arbench.Preparer].
func (r *Regularizer) Replaces() []arbench.Part { return []arbench.Part{arbench.Images} }

// Prepare implements [arbench.Preparer].
func (r *Regularizer) Prepare(ctx context.Context, s *arbench.Step) error {
	t := arbench.Threat{Norm: r.Norm, Eps: r.Eps}
	if s.Progress < r.Warmup {
		t.Eps *= s.Progress / r.Warmup
	}
	if r.Mix > 0 {
		t.Each = r.budgets(s, t.Eps)
	}
	if len((arbench.Trial{Batch: s.Batch, Threat: t}).Movable()) == 0 {
		return nil
	}
	x, err := s.Attack(ctx, r.Attack.It, t, modes[r.Mode])
	if err != nil {
		return fmt.Errorf("attack %q: %w", r.Attack.Name, err)
	}
	s.X = x
	return nil
}

// budgets returns the eps of each row of the step, 0 for those that stay clean.
func (r *Regularizer) budgets(s *arbench.Step, eps float64) []float64 {
	each := make([]float64, s.Batch.Len())
	for i := range each {
		if s.Rand(i, "mix").Float64() >= r.Mix {
			each[i] = eps
		}
	}
	return each
}
