package arbench

import (
	"fmt"
	"slices"
)

// An Optimizer is a rule that moves parameters against their derivative: SGD or Adam. It is data;
// the step itself is the backend's, since that is where the parameters are.
type Optimizer interface {
	// Method returns "sgd" or "adam".
	Method() string

	Validate() error
}

// SGD is stochastic gradient descent: g' = g + decay·w, v = momentum·v + g' (v starts as g'), and
// w -= rate·v, or with Nesterov w -= rate·(g' + momentum·v); as torch.optim.SGD without dampening.
type SGD struct {
	Momentum float64 `toml:"momentum"`
	Nesterov bool    `toml:"nesterov"`
	Decay    float64 `toml:"decay"`
	DecayOn  []Role  `toml:"decay_on"` // roles that decay; empty means every parameter
}

// Adam is Kingma & Ba 2015, algorithm 1, with bias correction; with Decoupled it is AdamW
// (Loshchilov & Hutter 2019): the decay shrinks w by rate·decay and stays out of the moments.
type Adam struct {
	Beta1     float64 `toml:"beta1"`
	Beta2     float64 `toml:"beta2"`
	Eps       float64 `toml:"eps"`
	Decay     float64 `toml:"decay"`
	Decoupled bool    `toml:"decoupled"`
	DecayOn   []Role  `toml:"decay_on"` // roles that decay; empty means every parameter
}

// NewSGD returns SGD with momentum 0.9 and no decay.
func NewSGD() *SGD { return &SGD{Momentum: 0.9} }

// NewAdam returns Adam with the paper's defaults.
func NewAdam() *Adam { return &Adam{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8} }

// Method implements [Optimizer].
func (*SGD) Method() string { return "sgd" }

// Method implements [Optimizer].
func (*Adam) Method() string { return "adam" }

// Validate implements [Optimizer].
func (o *SGD) Validate() error {
	if o.Momentum < 0 || o.Momentum >= 1 {
		return fmt.Errorf("momentum %v must be at least 0 and below 1", o.Momentum)
	}
	if o.Nesterov && o.Momentum == 0 {
		return fmt.Errorf("nesterov needs a momentum above 0")
	}
	return validDecay(o.Decay, o.DecayOn)
}

// Validate implements [Optimizer].
func (o *Adam) Validate() error {
	if o.Beta1 < 0 || o.Beta1 >= 1 || o.Beta2 < 0 || o.Beta2 >= 1 {
		return fmt.Errorf("beta1 %v and beta2 %v must be at least 0 and below 1", o.Beta1, o.Beta2)
	}
	if o.Eps <= 0 {
		return fmt.Errorf("eps %v must be positive", o.Eps)
	}
	return validDecay(o.Decay, o.DecayOn)
}

func validDecay(decay float64, on []Role) error {
	if decay < 0 {
		return fmt.Errorf("decay %v must not be negative", decay)
	}
	roles := []Role{Weight, Bias, Scale, Shift, Embedding}
	for _, r := range on {
		if !slices.Contains(roles, r) {
			return fmt.Errorf("decay_on: unknown role %q, want one of %v", r, roles)
		}
	}
	return nil
}

// DecayOf returns the decay of a parameter of role r under o, 0 for statistics.
func DecayOf(o Optimizer, r Role) float64 {
	decay, on := 0.0, []Role(nil)
	switch o := o.(type) {
	case *SGD:
		decay, on = o.Decay, o.DecayOn
	case *Adam:
		decay, on = o.Decay, o.DecayOn
	}
	if r == Statistic || len(on) > 0 && !slices.Contains(on, r) {
		return 0
	}
	return decay
}
