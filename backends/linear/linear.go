// Package linear is the backend of softmax regression, z = W x + b: small enough to check every
// number by hand, and with a closed form for the worst case that attacks can be measured against.
// It is what the tests of the vocabulary, of the attacks and of the runner run on.
package linear

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Backends.Register("linear", func() arbench.Backend { return &Backend{} })
}

// Backend opens nets of two layers, Flatten and Dense. It has no options.
type Backend struct{}

var _ arbench.Backend = (*Backend)(nil)

// Info implements [arbench.Backend].
func (*Backend) Info() arbench.BackendInfo {
	return arbench.BackendInfo{
		Doc:      "softmax regression in plain Go, with a closed form for the worst case",
		Access:   arbench.Weights,
		Numerics: "float32, sums in float64",
	}
}

// Open implements [arbench.Backend]. The model is a *[Model].
func (*Backend) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.Network == nil {
		return nil, fmt.Errorf("linear: no network")
	}
	if err := fits(spec.Network); err != nil {
		return nil, fmt.Errorf("linear: %w", err)
	}
	params, err := spec.Network.Init(spec.Seed)
	if err != nil {
		return nil, fmt.Errorf("linear: %w", err)
	}
	m := newModel(spec.Network, params)
	if spec.Weights == nil {
		return m, nil
	}
	if err := spec.Network.CheckParams(spec.Weights); err != nil {
		return nil, fmt.Errorf("linear: weights: %w", err)
	}
	for _, p := range spec.Weights {
		copy(m.param(p.Name).Value.Data, p.Value.Data)
	}
	return m, nil
}

// fits reports the first layer that is not one of softmax regression.
func fits(n *arbench.Network) error {
	if _, err := n.Shapes(); err != nil {
		return err
	}
	want := []string{arbench.Flatten{}.Kind(), arbench.Dense{}.Kind()}
	for i, l := range n.Layers {
		switch {
		case i >= len(want):
			return fmt.Errorf("layer %q (%s) is one too many: this backend runs flatten, then dense",
				l.Name, l.Op.Kind())
		case l.Op.Kind() != want[i]:
			return fmt.Errorf("layer %q is %s where this backend runs %s: it knows flatten, then dense",
				l.Name, l.Op.Kind(), want[i])
		}
	}
	if len(n.Layers) < len(want) {
		return fmt.Errorf("layer %q is the last one: this backend runs flatten, then dense",
			n.Layers[len(n.Layers)-1].Name)
	}
	return nil
}
