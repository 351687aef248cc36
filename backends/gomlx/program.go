//go:build gomlx

package gomlx

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// A program is a compiled graph for one shape of each input.
type program struct{ graph *graph.Graph }

// compile compiles the graph that build makes: its parameters are the inputs, in order, and what build
// returns the outputs.
func compile(e *engine, name string, build func(g *graph.Graph) []*graph.Node) (p *program, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("compiling %s: %w", name, err)
		}
	}()
	defer rescue(&err)
	g := graph.NewGraph(e.Backend, name)
	if err := g.Compile(build(g)...); err != nil {
		g.Finalize()
		return nil, err
	}
	return &program{g}, nil
}

// drop frees the program.
func (p *program) drop() { p.graph.Finalize() }

// An input is a buffer for a program. A given one is the program's: its memory may become that of an output,
// and it must not be used again.
type input struct {
	compute.Buffer
	given bool
}

// errLost says that an execution that failed has taken what it was given. Restore brings it back.
var errLost = errors.New("parameters were lost in an execution that failed before, want them restored")

// run runs the program, which ends before run returns. The outputs are the caller's.
func (p *program) run(in []input) (out []compute.Buffer, err error) {
	defer rescue(&err)
	buffers, given := make([]compute.Buffer, len(in)), make([]bool, len(in))
	for i, b := range in {
		if b.Buffer == nil {
			return nil, errLost
		}
		buffers[i], given[i] = b.Buffer, b.given
	}
	for _, t := range p.graph.RunWithBuffers(buffers, given, 0) {
		b, err := t.DonateBuffer(p.graph.Backend(), 0)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// float returns the shape of an array of float32.
func float(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

// upload copies data to the device.
func upload[T float32 | int32 | bool](e *engine, data []T, dims ...int) (b compute.Buffer, err error) {
	defer rescue(&err)
	shape := shapes.Make(dtypes.FromGenericsType[T](), dims...)
	if len(data) != shape.Size() { // XLA would read on
		return nil, fmt.Errorf("%d values do not fill %v", len(data), shape)
	}
	e.moved.Add(int64(binary.Size(data)))
	return e.BufferFromFlatData(0, data, shape)
}

// download copies a buffer to the host.
func download[T float32 | int32](e *engine, b compute.Buffer, data []T) (err error) {
	defer rescue(&err)
	e.moved.Add(int64(binary.Size(data)))
	return b.ToFlatData(data)
}

// free frees buffers, of which some may be nil.
func free(bs ...compute.Buffer) {
	for _, b := range bs {
		if b != nil {
			_ = b.Finalize() // it fails where a buffer is gone already, which is what is wanted
		}
	}
}
