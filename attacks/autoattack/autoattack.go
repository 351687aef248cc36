// Package autoattack implements AutoAttack, the cascade of Auto-PGD, FAB and Square that is the
// customary measure of accuracy under attack: each stage gets the images that no stage before it broke.
//
// Croce & Hein, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse
// Parameter-free Attacks, ICML 2020 (arXiv:2003.01690), section 5; in L1 Croce & Hein, Mind the Box,
// ICML 2021 (arXiv:2103.01208), section 5. The versions standard, plus and rand have the stages and
// settings of the authors' program and no option changes one, so that the name says what was done. Where
// the program's choices cost images, or make a result depend on its batch, the stages do otherwise
// unless compat is set: docs/autoattack.md lists each such point.
package autoattack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/arbench/arbench"
)

func init() { arbench.Attacks.Register("autoattack", func() arbench.Attack { return New() }) }

// New returns the version standard.
func New() *Attack { return &Attack{Version: standard} }

// Attack is the cascade and its options.
type Attack struct {
	Version string   `toml:"version" doc:"standard, plus, rand (for models that draw random numbers) or custom"`
	Order   []string `toml:"stages" doc:"of custom: the stages in order, by AutoAttack's names or those in own"`
	Compat  bool     `toml:"compat" doc:"do as the reference where that finds less, for comparison with its numbers"`

	// Own are the attacks that Order may name beside AutoAttack's; one of the same name takes its place.
	Own map[string]arbench.Use[arbench.Attack] `toml:"own" doc:"of custom: attacks by name, such as own.many = { use = \"noise\" }"`
}

var _ arbench.Staged = (*Attack)(nil)

// Info implements [arbench.Attack]. The norms are those that every stage bounds, the access is the
// most that one needs.
func (a *Attack) Info() arbench.AttackInfo {
	info := arbench.AttackInfo{
		Doc:    "AutoAttack: a cascade of apgd, fab and square, each on what is left",
		Source: "Croce & Hein 2020 (arXiv:2003.01690), section 5",
		Access: arbench.Labels,
		Norms:  []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
	for _, name := range a.order() {
		it := a.attack(name, arbench.Linf)
		if it == nil {
			continue // Validate reports it
		}
		stage := it.Info()
		info.Access = max(info.Access, stage.Access)
		info.Norms = slices.DeleteFunc(info.Norms, func(n arbench.Norm) bool { return !slices.Contains(stage.Norms, n) })
	}
	return info
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	switch {
	case a.Version != custom && orders[a.Version] == nil:
		return fmt.Errorf("version %q is not known, want one of %q", a.Version, versions)
	case a.Version != custom && (len(a.Order) > 0 || len(a.Own) > 0):
		return fmt.Errorf("version %q has its own stages: with stages or own it is version = %q", a.Version, custom)
	case a.Version == custom && len(a.Order) == 0:
		return fmt.Errorf("stages are missing for version %q, say stages = %s", custom, array(orders[standard]))
	}
	var errs []error
	for i, name := range a.Order {
		if slices.Contains(a.Order[:i], name) {
			errs = append(errs, fmt.Errorf("stages name %q twice, which would do the same twice", name))
		} else if a.attack(name, arbench.Linf) == nil {
			errs = append(errs, fmt.Errorf("stages name %q, which is unknown: want one of %q, or of own", name, names))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Own)) {
		errs = append(errs, a.validOwn(name))
	}
	if len(errs) == 0 && len(a.Info().Norms) == 0 {
		errs = append(errs, errors.New("stages bound no norm in common"))
	}
	return errors.Join(errs...)
}

// validOwn reports what is wrong with an attack of the user's.
func (a *Attack) validOwn(name string) error {
	it := a.Own[name].It
	if it == nil {
		return fmt.Errorf("own %q names no attack, say own.%s = { use = %q }", name, name, "pgd")
	}
	if !slices.Contains(a.Order, name) {
		return fmt.Errorf("own %q is not among the stages", name)
	}
	if _, ok := it.(arbench.Staged); ok {
		return fmt.Errorf("own %q is a cascade: name its stages", name)
	}
	if _, ok := it.(arbench.Crafted); ok {
		return fmt.Errorf("own %q is crafted from training examples, which no stage is given", name)
	}
	if v, ok := it.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("own %q: %w", name, err)
		}
	}
	return nil
}

// Perturb implements [arbench.Attack]. The runner calls the stages in its place.
func (*Attack) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) {
	return arbench.Tensor{}, errors.New("autoattack is a cascade: its stages are to be put to the examples")
}

// Stages implements [arbench.Staged]. It refuses a model that a stage cannot attack: the losses dlr and
// dlr-targeted need 3 and 4 classes, Square needs images of channels, height and width. Stages that aim
// at classes aim at no more than there are beside the true one.
func (a *Attack) Stages(m arbench.ModelInfo, t arbench.Threat) ([]arbench.Stage, error) {
	var stages []arbench.Stage
	for _, name := range a.order() {
		it := a.attack(name, t.Norm)
		if it == nil {
			return nil, fmt.Errorf("unknown stage %q", name)
		}
		if err := fits(it, m, t); err != nil {
			return nil, fmt.Errorf("stage %q: %w", name, err)
		}
		stages = append(stages, arbench.Stage{Name: name, Attack: it})
	}
	return stages, nil
}

// order returns the names of the stages.
func (a *Attack) order() []string {
	if a.Version == custom {
		return a.Order
	}
	return orders[a.Version]
}
