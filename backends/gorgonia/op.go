package gorgonia

import (
	"fmt"
	"hash"
	"hash/fnv"
	"runtime/debug"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An op is a node's operation in a Gorgonia graph: a function that fills memory which the op owns and
// hands out on every run. Its inputs say what must be computed before.
type op struct {
	name  string // unique in the graph: Gorgonia merges ops of one hash
	ranks []int  // axes of the inputs
	out   *tensor.Dense
	do    func() error // nil does nothing
	wants []bool       // inputs that have a derivative
	block block        // whose forward pass it makes; nil for others

	// diff returns the nodes of the derivative by each input, from that by the output.
	diff func(grad *G.Node) (G.Nodes, error)
}

var _ G.SDOp = (*op)(nil)

// apply adds the op to the graph of its inputs.
func (o *op) apply(in ...*G.Node) (*G.Node, error) {
	for _, n := range in {
		o.ranks = append(o.ranks, n.Dims())
	}
	return G.ApplyOp(o, in...)
}

// Do implements [G.Op]; a program calls it. A panic below it is an error, which names the op.
func (o *op) Do(...G.Value) (v G.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", o.name, r, debug.Stack())
		}
	}()
	if o.do != nil {
		err = o.do()
	}
	return o.out, err
}

// Type implements [G.Op].
func (o *op) Type() hm.Type {
	of := hm.TypeVariable('a')
	var ts []hm.Type
	for _, r := range append(o.ranks[:len(o.ranks):len(o.ranks)], o.out.Dims()) {
		ts = append(ts, G.TensorType{Dims: r, Of: of})
	}
	return hm.NewFnType(ts...)
}

// Arity implements [G.Op].
func (o *op) Arity() int { return len(o.ranks) }

// InferShape implements [G.Op].
func (o *op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.out.Shape().Clone(), nil }

// ReturnsPtr implements [G.Op].
func (o *op) ReturnsPtr() bool { return true }

// CallsExtern implements [G.Op].
func (o *op) CallsExtern() bool { return false }

// OverwritesInput implements [G.Op].
func (o *op) OverwritesInput() int { return -1 }

// WriteHash implements [G.Op].
func (o *op) WriteHash(h hash.Hash) { fmt.Fprint(h, o.name) }

// Hashcode implements [G.Op].
func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String implements [G.Op].
func (o *op) String() string { return o.name }

// DiffWRT implements [G.SDOp].
func (o *op) DiffWRT(n int) []bool {
	if o.wants == nil {
		return make([]bool, n)
	}
	return o.wants
}

// SymDiff implements [G.SDOp].
func (o *op) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) { return o.diff(grad) }

// matrix returns a tensor of Gorgonia over memory that holds that many rows; a mark if there is none.
func matrix(data []float32, rows int) *tensor.Dense {
	if data == nil {
		return mark()
	}
	cols := len(data) / rows
	return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data[:rows*cols]))
}

// vector returns a tensor of Gorgonia over memory.
func vector(data []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(data)), tensor.WithBacking(data))
}

// mark returns the value of a node that says only that something has been done.
func mark() *tensor.Dense { return vector([]float32{0}) }
