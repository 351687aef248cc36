package gorgonia

import (
	"math/bits"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A block is what one op of the graph computes: one layer, or several that follow each other.
type block interface {
	label() string
	inputs() []*value
	output() *value
	trained() []*param // parameters that have a derivative

	// accumulate says that an earlier reader of input i writes the derivative that this block adds to.
	accumulate(i int)

	forward() error // sets output().data from the inputs' data

	// backward sets the inputs' grad, or adds to it, from output().grad, which it may overwrite. The
	// first input comes last: that matters where another input is the same value.
	backward() error

	// forwardRows and backwardRows do the same for the rows of a span alone, in a sweep.
	forwardRows(w *worker, s span)
	backwardRows(w *worker, s span)
}

// A pass is what the blocks of a graph must know about the call in progress.
type pass struct {
	n       int       // rows
	groups  []int     // rows of each group of batch statistics
	x       []float32 // images as they come
	dx      []float32 // where the derivative in the images goes; nil if it is not wanted
	dparams bool      // the derivative in the parameters is wanted
	weight  float32   // of the derivative in the parameters
	replay  bool      // the forward values are there already
}

// A fused block is a linear layer, a batch normalization, a sum, an activation and a pooling, each of
// which may be missing:
//
//	raw = linear(x)   pre = norm(raw) + residuals   post = activation(pre)   out = pool(post)
type fused struct {
	eng   *engine
	pass  *pass
	name  string
	in    []*value // x, then the residuals
	added []bool   // by input: its derivative is added to what is there
	lent  int      // the residual whose derivative is out's, in the same memory; 0 for none
	out   *value

	linear   *linear       // nil: raw is x
	direct   bool          // x is the images of the call, in a sweep, see passOn
	norm     *normState    // nil without, or if it is folded into the linear layer
	fold     bool          // it is
	batch    bool          // it uses the statistics of the batch
	relu     bool          // the activation is ReLU
	curve    *curve        // any other; nil without
	masked   bool          // its derivative is done by the block that completes out's
	masks    bool          // this block does it for the one before
	pool     *pooling      // nil without
	layout   kernel.Layout // of raw, pre and post
	channels int

	raw, pre, post []float32 // may be each other, x's data or out's data
	g              []float32 // derivative by post for all rows; nil: each worker has its own
	ones, zeros    []float32

	// Neighbours with statistics of the batch do a part of this block's work, or the other way, on rows
	// that are in the caches.
	unfinished *fused // the block before, whose forward pass this one finishes; nil if it does so itself
	deferred   bool   // the block behind finishes this one
	lean       bool   // and keeps nothing of it: out.data is raw, see input
	adder      *fused // the block behind, which adds up this one's sums of the backward pass; nil: itself
	addsFor    *fused // the block whose sums this one adds up

	spans  []span
	parts  int       // of the rows in a weight gradient
	sums   []float64 // of each span, two for each channel
	totals []float64 // of all spans, or of a group

	forwardTask, outputTask, finishTask, gradTask, partTask, blockTask, reduceTask func(w, i int)
}

// A pooling is a maximum or an average over windows.
type pooling struct {
	kernel.Pooling
	average bool
}

func (b *fused) label() string    { return b.name }
func (b *fused) inputs() []*value { return b.in }
func (b *fused) output() *value   { return b.out }
func (b *fused) accumulate(i int) { b.added[i] = true }

func (b *fused) trained() []*param {
	var ps []*param
	if b.linear != nil {
		ps = append(ps, b.linear.weight)
		if b.linear.bias != nil {
			ps = append(ps, b.linear.bias)
		}
	}
	if b.norm != nil {
		ps = append(ps, b.norm.gamma, b.norm.beta)
	}
	return ps
}

// x returns the input of the linear layer, or of the block's first step.
func (b *fused) x() *value { return b.in[0] }

// adds reports that a normalization or residuals come between raw and pre.
func (b *fused) adds() bool { return b.norm != nil || len(b.in) > 1 }

// normalizes reports a normalization with the statistics of the batch.
func (b *fused) normalizes() bool { return b.norm != nil && b.batch }

// simple reports that a block is a linear layer and its normalization, with a ReLU or without.
func (b *fused) simple() bool {
	return b.linear != nil && b.norm != nil && len(b.in) == 1 && b.curve == nil && b.pool == nil
}

// vector reports that rows are vectors rather than images.
func (b *fused) vector() bool { return b.layout.H == 1 && b.layout.W == 1 }

// spanFloats bounds the floats of an image that one piece of work holds, winogradFloats where
// Winograd's algorithm takes its tiles from several images.
const (
	spanFloats     = 8192
	winogradFloats = 104 << 10
)

// Vectors go in vectorSpans pieces of work, of vectorRows at least and of mostVectors at most: the
// more, the less often the weights are read.
const (
	vectorSpans = 4
	vectorRows  = 24
	mostVectors = 96
)

// spanRows returns the rows of a span.
func (b *fused) spanRows() int {
	if b.vector() {
		return min(max((b.pass.n+vectorSpans-1)/vectorSpans, vectorRows), mostVectors)
	}
	if b.linear != nil {
		if _, ok := b.linear.mapping.(winograd); ok {
			images := max(1, winogradFloats/b.layout.Size())
			return 1 << (bits.Len(uint(images)) - 1) // batches are powers of two more often than not
		}
	}
	return max(1, spanFloats/b.layout.Size())
}

// schedule cuts the rows of the pass into spans.
func (b *fused) schedule() {
	size := b.spanRows()
	if b.batch {
		b.spans = cut(b.spans[:0], b.pass.groups, size)
	} else {
		b.spans = cut(b.spans[:0], []int{b.pass.n}, size)
	}
}

// rowwise returns the linear layer if its weight gradient goes row by row, else nil.
func (b *fused) rowwise() weightGrader {
	if b.linear == nil {
		return nil
	}
	c, _ := b.linear.mapping.(weightGrader)
	return c
}

// A weightGrader adds the derivative by the weights over n rows to panels.
type weightGrader interface {
	weightGrad(w *worker, n int, x, dy, panelGrad []float32)
}

// activationOf returns the curve of a function, or relu.
func activationOf(f arbench.Function) (relu bool, c *curve) {
	if f == arbench.ReLU {
		return true, nil
	}
	found := curves[f]
	return false, &found
}
