// Package transfer attacks one model with what an attack makes of another. A model that it breaks where
// attacks on the model itself fail hides its gradients (Athalye et al., Obfuscated Gradients Give a
// False Sense of Security, ICML 2018, section 3.1; Carlini et al., On Evaluating Adversarial
// Robustness, 2019, section 4.3).
package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

func init() { arbench.Attacks.Register("transfer", func() arbench.Attack { return New() }) }

// New returns the attack from the model's twin, by PGD as [pgd.New] makes it.
func New() *Attack {
	return &Attack{Source: arbench.Twin, Attack: arbench.Use[arbench.Attack]{Name: "pgd", It: pgd.New()}}
}

// Attack is the attack and its options.
type Attack struct {
	Source arbench.ModelRef            `toml:"source" doc:"the model whose candidates are tried: one of the suite, or the twin"`
	Attack arbench.Use[arbench.Attack] `toml:"attack" doc:"what makes them"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack]. The norms are those of the attack that it uses.
func (a *Attack) Info() arbench.AttackInfo {
	info := arbench.AttackInfo{
		Doc:    "what an attack makes of another model, such as the twin",
		Source: "Athalye et al. 2018 (arXiv:1802.00420), section 3.1",
		Access: arbench.Labels,
	}
	if it := a.Attack.It; it != nil {
		i := it.Info()
		info.Norms, info.MinimumNorm, info.AnyEps = i.Norms, i.MinimumNorm, i.AnyEps
	}
	return info
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.Source == "" {
		errs = append(errs, fmt.Errorf("source: none given, say a model of the suite or %q", arbench.Twin))
	}
	return errors.Join(append(errs, a.validAttack())...)
}

func (a *Attack) validAttack() error {
	switch it := a.Attack.It.(type) {
	case nil:
		return fmt.Errorf("attack: none given, say attack = { use = %q }", "pgd")
	case arbench.Staged:
		return fmt.Errorf("attack: %q is a cascade, which goes by the model under attack: use one of its stages", a.Attack.Name)
	case arbench.Crafted:
		return fmt.Errorf("attack: %q is crafted for the model under attack and cannot be put to another", a.Attack.Name)
	case interface{ Validate() error }:
		if err := it.Validate(); err != nil {
			return fmt.Errorf("attack: %w", err)
		}
	}
	return nil
}

// MostPasses implements [arbench.Estimator]: that of the model under attack. The attack on the source is an option.
func (*Attack) MostPasses(int, arbench.Norm) float64 { return 1 }

// Perturb implements [arbench.Attack]. The candidate is that of the source; an image that the model gets
// wrong as it is stays. It costs the model one pass forward; those of the source are not counted.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	source := t.Others[a.Source]
	if source == nil {
		return arbench.Tensor{}, fmt.Errorf("there is no model %q to transfer from: name one of the suite, or %q",
			a.Source, arbench.Twin)
	}
	y, err := t.Model.Labels(ctx, t.X)
	if err != nil {
		return arbench.Tensor{}, err
	}
	other := t
	other.Model = source
	x, err := other.Put(ctx, a.Attack.It)
	if err != nil {
		return arbench.Tensor{}, fmt.Errorf("on model %q: %w", a.Source, err)
	}
	for i := range y {
		if y[i] != t.Y[i] {
			copy(x.Row(i), t.X.Row(i))
		}
	}
	return x, nil
}
