// Package gorgonia is the CPU backend: Gorgonia holds the graph, differentiates it symbolically and
// runs the tape; the arithmetic is in ops of this package on the kernels of package kernel.
//
// A net is cut into blocks, each one op: a convolution or dense layer with the normalization, sum,
// activation and pooling that follow it. A second lowering with one op for each layer does the same
// arithmetic step by step; it is what Visit shows and what the tests hold the blocks to.
//
// Results do not depend on the number of threads, and in Frozen mode those of a row not on the other
// rows. Gorgonia's own layers are not used: its batch normalization has a wrong derivative in
// evaluation, its average pooling wrong values, and its convolutions are slow.
package gorgonia

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

func init() {
	arbench.Backends.Register("gorgonia", func() arbench.Backend { return &Backend{} })
}

// Backend runs nets on the CPU. It has no options.
type Backend struct{}

var _ arbench.Backend = (*Backend)(nil)

// Info implements [arbench.Backend].
func (*Backend) Info() arbench.BackendInfo {
	return arbench.BackendInfo{
		Doc:      "Gorgonia graphs over Go assembly kernels, on any CPU",
		Access:   arbench.Weights,
		Numerics: "float32 direct " + kernel.Name(),
	}
}

// Open implements [arbench.Backend]. The model is a [*Model]. Beside nets that do not fit together it
// refuses to run on other kernels than those that the environment asks for.
func (*Backend) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.Network == nil {
		return nil, fmt.Errorf("gorgonia: no network to open")
	}
	if err := kernel.Check(); err != nil {
		return nil, fmt.Errorf("gorgonia: %w", err)
	}
	m, err := open(spec)
	if err != nil {
		return nil, fmt.Errorf("gorgonia: %w", err)
	}
	return m, nil
}
