// Package gomlx is the XLA backend: GoMLX differentiates the graphs of a net, XLA compiles them, and a
// PJRT plug-in runs them on the CPU or on a GPU. It is in programs built with -tags gomlx.
//
// A Network is lowered to graph primitives alone, in the vocabulary's own layout: images as [rows,
// channels, height, width], kernels as [out, in, height, width]. GoMLX's own layers are not used: its batch
// normalization has a wrong derivative in training, and its pooling breaks ties otherwise than the
// vocabulary says.
//
// Parameters, the running sums of their derivatives and the moments of the optimizer stay on the device.
// The derivative of a loss by the logits is computed in the graph for the losses of the vocabulary; for
// any other [arbench.Loss] the host computes it between two executions.
//
// In Frozen mode all executions have one number of rows, see [Backend.Rows]: XLA may round otherwise for other
// numbers, so that it is part of the arithmetic. Even the logits of a pass with derivatives may differ in the
// last bit from those without. Calls of more rows are cut, the last piece is filled up, and nothing is compiled
// again for it. Passes with statistics of the batch, or with derivatives in the parameters, have the rows of the
// call.
package gomlx

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/cpu"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gomlx/plugin"
)

func init() {
	arbench.Backends.Register("gomlx", func() arbench.Backend {
		return &Backend{Platform: cpuPlatform, Precision: float32Precision, Deterministic: true}
	})
}

// Backend runs nets on XLA.
type Backend struct {
	// Platform is where: "cpu" or "cuda", which look for a PJRT plug-in of that platform; the absolute path of
	// a plug-in; or "go", GoMLX's own engine, which needs none and is slow. Empty means "cpu".
	Platform string `toml:"platform" doc:"cpu, cuda, go (slow, needs no plug-in), or the absolute path of a PJRT plug-in"`

	// Precision of the factors of convolutions, dense layers and attention, forward and back: "float32";
	// "bf16", bfloat16 with 8 bits; or on CUDA "tf32" with 11 bits. Sums and all else are float32, but results
	// of bfloat16 factors may be rounded to bfloat16 once. Robustness measured with either is of another
	// model, and is marked so. Empty means "float32".
	Precision string `toml:"precision" doc:"float32; bf16 on every platform and tf32 on cuda, with factors of 8 and 11 bits"`

	// Deterministic says that the same inputs give the same bits, which costs time on CUDA. Without it, a
	// training that is repeated is another one. Other platforms are always deterministic.
	Deterministic bool `toml:"deterministic" doc:"same inputs, same bits; false is faster, and for cuda alone"`

	// Rows is the number of images in an execution of an evaluation or an attack, whatever the number in a
	// Call. Others give other last bits, so that it is part of a result's identity. 0 means the platform's
	// own: 64 on a CPU, 512 on CUDA, and 1 on the Go engine, which takes no other. At most 16384.
	Rows int `toml:"rows" doc:"images in an execution of evaluations and attacks; 0 means 64 on cpu, 512 on cuda, 1 on go"`
}

var _ arbench.Readier = (*Backend)(nil)

// The bits of results depend on the version of GoMLX, and on the graphs that are written with it, whose number counts
// up when they change.
const (
	version = "v0.28.0"
	graphs  = " graphs 2"
)

// Info implements [arbench.Backend].
func (b *Backend) Info() arbench.BackendInfo {
	return arbench.BackendInfo{
		Doc:        "GoMLX graphs on XLA: CUDA GPUs, or any CPU with a PJRT plug-in",
		Access:     arbench.Weights,
		FactorBits: map[string]int{tf32Precision: 11, bf16Precision: 8}[b.precision()],
		Warnings:   b.warnings(),
		Numerics: b.precision() + " gomlx " + version + graphs + " " + b.arithmetic() +
			fmt.Sprintf(" rows %d", b.rows()) + order(b.mode()),
	}
}

// warnings says what speaks against numbers of this precision.
func (b *Backend) warnings() []string {
	if b.precision() == float32Precision {
		return nil
	}
	return []string{"computed with factors rounded to " + b.precision() +
		", which coarsens gradients and may hide attacks: confirm it with precision float32"}
}

// order names that of sums if it changes.
func order(m plugin.Mode) string {
	if m.AnyOrder {
		return " any order"
	}
	return ""
}

// arithmetic names what computes: the engine with its build and what the user told it, and the kind of processor or
// GPU that it makes code for. For a GPU this loads the plug-in.
func (b *Backend) arithmetic() string {
	p := b.platform()
	switch {
	case p == goPlatform:
		return "go " + processor()
	case !b.onCUDA():
		return "xla cpu " + processor() + xla(p)
	}
	kind, device, err := device(p, b.mode())
	if err != nil { // nothing runs there, so that nothing is known of it
		return "xla " + filepath.Base(p)
	}
	return "xla " + kind + " " + device + xla(p)
}

// xla names the build of the plug-in that is found for a platform, if there is one, and the flags that the user has
// for XLA: with others, results have other bits.
func xla(platform string) (name string) {
	if found, err := plugin.Find(platform); err == nil {
		if build, err := plugin.Build(found[0].Path); err == nil {
			name = " build " + build
		}
	}
	if flags := plugin.Flags(); flags != "" {
		name += " " + flags
	}
	return name
}

// processor names the instructions that code is made for on this machine.
func processor() string {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL:
		return "avx512"
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return "avx2"
	}
	return runtime.GOARCH
}

// The values of the options that are looked at.
const (
	goPlatform   = "go"
	cpuPlatform  = plugin.CPU
	cudaPlatform = plugin.CUDA

	float32Precision = "float32"
	tf32Precision    = "tf32"
	bf16Precision    = "bf16"
)

func (b *Backend) platform() string { return cmp.Or(b.Platform, cpuPlatform) }

// onCUDA reports whether the platform is CUDA, or a path that tells of it.
func (b *Backend) onCUDA() bool {
	kind, _ := plugin.PlatformOf(b.platform())
	return kind == cudaPlatform
}

// mode returns how CUDA is to compute.
func (b *Backend) mode() plugin.Mode {
	return plugin.Mode{TF32: b.precision() == tf32Precision, AnyOrder: b.onCUDA() && !b.Deterministic}
}

// rows returns the number of rows of an execution in Frozen mode.
func (b *Backend) rows() int {
	switch {
	case b.Rows != 0:
		return b.Rows
	case b.platform() == goPlatform:
		return 1
	case b.onCUDA():
		return 512
	}
	return 64
}

// mostRows is the greatest number of rows of an execution in Frozen mode: a machine is out of memory for much larger
// ones before any error can be returned.
const mostRows = 1 << 14

func (b *Backend) precision() string { return cmp.Or(b.Precision, float32Precision) }

// Validate reports options that do not exist.
func (b *Backend) Validate() error {
	switch p := b.platform(); {
	case p == goPlatform, p == cpuPlatform, p == cudaPlatform, filepath.IsAbs(p):
	default:
		return fmt.Errorf("platform is %q, want %q, %q, %q or the absolute path of a PJRT plug-in",
			p, cpuPlatform, cudaPlatform, goPlatform)
	}
	switch p := b.precision(); {
	case p == float32Precision, p == bf16Precision:
	case p != tf32Precision:
		return fmt.Errorf("precision is %q, want %q, %q or, of platform %q, %q",
			p, float32Precision, bf16Precision, cudaPlatform, tf32Precision)
	case !b.onCUDA():
		return fmt.Errorf("precision %q is one of %q, not of platform %q", p, cudaPlatform, b.platform())
	}
	switch p := b.platform(); {
	case b.Rows < 0 || b.Rows > mostRows:
		return fmt.Errorf("rows is %d, want 1 to %d, or 0 for the platform's own number", b.Rows, mostRows)
	case p == goPlatform && b.Rows > 1:
		return fmt.Errorf("rows is %d, want 1 on platform %q, where sums depend on the place of a row", b.Rows, p)
	}
	return nil
}

// Open implements [arbench.Backend]. The model is Trainable, Observable and an Ascender. Beside nets that
// do not fit together it refuses a platform that cannot run here, and says what to install.
func (b *Backend) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.Network == nil {
		return nil, fmt.Errorf("gomlx: no network to open")
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("gomlx: %w", err)
	}
	m, err := open(b, spec)
	if err != nil {
		return nil, fmt.Errorf("gomlx: %w", err)
	}
	return m, nil
}
