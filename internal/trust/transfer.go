package trust

import (
	"context"

	"github.com/arbench/arbench"
)

// Transfer puts to a model what breaks another one: a model whose gradients hide its weakness falls to
// candidates that were made without them (Athalye et al., ICML 2018, section 3.1).
type Transfer struct {
	From   arbench.ModelRef            `toml:"from" doc:"model that the attack works on"`
	Attack arbench.Use[arbench.Attack] `toml:"attack" doc:"that is put to it"`
}

var _ arbench.Attack = (*Transfer)(nil)

// Info implements [arbench.Attack].
func (a *Transfer) Info() arbench.AttackInfo {
	info := a.Attack.It.Info()
	info.Doc, info.Access = "candidates that another model's gradients make", arbench.Labels
	return info
}

// Perturb implements [arbench.Attack].
func (a *Transfer) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	t.Model, t.Others = t.Others[a.From], nil
	return t.Put(ctx, a.Attack.It)
}
