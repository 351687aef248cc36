// Package gorgonia is the CPU backend: Gorgonia holds the graph, differentiates it symbolically and
// sorts its ops into a program; the arithmetic is in ops of this package, on the kernels of package
// kernel.
//
// A net is cut into blocks, each one op: a convolution or dense layer with the normalization, sum,
// activation and pooling that follow it. A second lowering with one op for each layer does the same
// arithmetic step by step; it is what Visit shows and what the tests hold the blocks to.
//
// In Frozen mode, without derivatives in the parameters and with losses whose rows are independent, the
// whole net is one op: a sweep, in which each worker takes a few rows through all blocks and back, so
// that they stay in the caches. Its results are the bits of the blocks one after the other.
//
// Convolutions of 3x3 and 5x5 go by Winograd's algorithm unless numerics is "direct".
//
// Results do not depend on the number of threads, and in Frozen mode those of a row not on the other
// rows. Gorgonia's own layers are not used: its batch normalization has a wrong derivative in
// evaluation, its average pooling wrong values, and its convolutions are slow.
package gorgonia

import (
	"cmp"
	"context"
	"fmt"
	"runtime"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

func init() {
	arbench.Backends.Register("gorgonia", func() arbench.Backend { return &Backend{Numerics: winogradNumerics} })
}

// Backend runs nets on the CPU.
type Backend struct {
	// Numerics is how convolutions are computed: "direct", or "winograd" for those that Winograd's
	// algorithm makes faster. Its rounding errors are larger, see [kernel.WinogradError]. Empty means
	// "winograd".
	Numerics string `toml:"numerics" doc:"winograd, or direct for smaller rounding errors in convolutions"`
}

var _ arbench.Readier = (*Backend)(nil)

// Info implements [arbench.Backend].
func (b *Backend) Info() arbench.BackendInfo {
	return arbench.BackendInfo{
		Doc:      "Gorgonia graphs over Go assembly kernels, on any CPU",
		Access:   arbench.Weights,
		Numerics: "float32 " + b.numerics() + " " + family(),
	}
}

// The values of Backend.Numerics.
const (
	winogradNumerics = "winograd"
	directNumerics   = "direct"
)

func (b *Backend) numerics() string { return cmp.Or(b.Numerics, winogradNumerics) }

// family returns the name of the arithmetic that gives one set of bits: "fma" for AVX2 and AVX-512 alike,
// else "portable", on other machines than amd64 with their name, since their Go compilers may fuse products
// and sums around the kernels.
func family() string { return familyOf(kernel.Name(), runtime.GOARCH) }

func familyOf(kernels, arch string) string {
	switch {
	case kernels != "portable":
		return "fma"
	case arch != "amd64":
		return "portable " + arch
	}
	return "portable"
}

// Validate reports numerics that do not exist.
func (b *Backend) Validate() error {
	switch b.numerics() {
	case winogradNumerics, directNumerics:
		return nil
	}
	return fmt.Errorf("numerics is %q, want %q or %q", b.Numerics, winogradNumerics, directNumerics)
}

// Ready implements [arbench.Readier].
func (*Backend) Ready() (about string, err error) { return kernel.Name() + " kernels", kernel.Check() }

// Open implements [arbench.Backend]. The model is a [*Model]. Beside nets that do not fit together it
// refuses to run on other kernels than those that the environment asks for.
func (b *Backend) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.Network == nil {
		return nil, fmt.Errorf("gorgonia: no network to open")
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("gorgonia: %w", err)
	}
	if err := kernel.Check(); err != nil {
		return nil, fmt.Errorf("gorgonia: %w", err)
	}
	m, err := open(spec, b.numerics() == winogradNumerics)
	if err != nil {
		return nil, fmt.Errorf("gorgonia: %w", err)
	}
	return m, nil
}
