package gorgonia

import (
	G "gorgonia.org/gorgonia"

	"github.com/arbench/arbench"
)

// A sweep takes a few rows at a time through all blocks of a graph, and back, so that what a block
// leaves is in the caches when the next one reads it. Every worker has memory for its own rows only,
// and none waits for another. It does what needs nothing of other rows: passes in Frozen mode, whose
// derivatives are those in the images.
type sweep struct {
	size   int // rows of memory of each worker
	n      int // rows of the call in progress
	chunks int // in which they are done
	times  int // that each chunk is taken, before the next

	// score is called, the given time from 0, with the rows of memory s that hold the logits of rows lo
	// to lo+s.rows()-1. It calls graph.sweepBack for each derivative.
	score func(w *worker, s span, lo, time int)
	task  func(w, i int)
	bad   []int32 // by chunk: 1 plus the first row whose image has a value that is no number, 0 for none
}

// sweepFloats is the size of all values of the rows that a worker has in hand, sweepRows the greatest
// number of them. Where the weights are larger than that it takes more rows, up to heavyRows, so that
// the weights are not read too often.
const (
	sweepFloats = 1 << 19
	sweepRows   = 192
	heavyRows   = 16
)

// sweepSize returns the number of rows that a worker takes at a time.
func (p *plan) sweepSize() int {
	values, weights := 0, 0
	for _, l := range p.layouts {
		values += l.Size()
	}
	for _, l := range p.linears {
		if l != nil {
			weights += l.sumLen()
		}
	}
	return max(1, min(sweepFloats/values, sweepRows), min(weights/values, heavyRows))
}

// begin makes the sweep ready for n rows: in as many chunks as the memory asks for, the same number
// for each worker.
func (s *sweep) begin(n, threads int) {
	each := (n + threads*s.size - 1) / (threads * s.size)
	s.n, s.chunks = n, min(each*threads, n)
	s.bad = append(s.bad[:0], make([]int32, s.chunks)...)
}

// runSweep is the sweep's op.
func (g *graph) runSweep() error {
	for _, n := range g.norms {
		n.freeze()
	}
	return g.eng.pool.Do(g.sweep.chunks, g.sweep.task)
}

// sweepChunk does chunk i.
func (g *graph) sweepChunk(worker, i int) {
	w := &g.eng.workers[worker]
	lo, hi := part(g.sweep.n, g.sweep.chunks, i)
	s := span{lo: worker * g.sweep.size}
	s.hi = s.lo + hi - lo
	w.shift = lo - s.lo
	d := len(g.pass.x) / g.sweep.n
	if r := firstBad(g.pass.x[lo*d:hi*d], d); r >= 0 {
		g.sweep.bad[i] = int32(lo + r + 1)
		return
	}
	for time := range g.sweep.times {
		for _, b := range g.blocks {
			b.forwardRows(w, s)
		}
		g.sweep.score(w, s, lo, time)
	}
}

// sweepBack goes back from the derivative by the logits to dx, that of all images of the call.
func (g *graph) sweepBack(w *worker, s span, dx []float32) {
	w.dx = dx
	for i := len(g.blocks) - 1; i >= 0; i-- {
		if b := g.blocks[i]; b.output().active {
			b.backwardRows(w, s)
		}
	}
}

// addSweep adds the one op of a sweep, whose derivative hands out what the op has left.
func (b *build) addSweep() (ends G.Nodes, err error) {
	b.sweep.task = b.sweepChunk
	if len(b.blocks) > 1 {
		if first, ok := b.blocks[1].(*fused); ok {
			b.blocks[0].(*source).passOn(first)
		}
	}
	o := &op{name: "net", out: mark(), do: b.guard(b.runSweep), wants: []bool{b.purpose.dx}}
	o.diff = func(grad *G.Node) (G.Nodes, error) {
		by := &op{name: "net by image", out: mark()}
		n, err := by.apply(grad)
		return G.Nodes{n}, err
	}
	net, err := o.apply(b.image)
	if err != nil || !b.logits().active {
		return G.Nodes{net}, err
	}
	b.takeGrad(b.logits())
	for i := len(b.blocks) - 1; i >= 0; i-- {
		if b.blocks[i].output().active {
			b.chainGrad(b.blocks[i])
		}
	}
	loss := &op{name: "loss", out: mark()}
	dz, err := loss.apply(net)
	if err != nil {
		return nil, err
	}
	grads, err := G.Backpropagate(G.Nodes{net}, G.Nodes{dz}, G.Nodes{b.image})
	return append(grads, net), err
}

// rowsOf returns the loss on rows lo to hi-1 of n alone; false if it is not one of those whose value
// and derivative of a row depend on that row alone, or if it is not one for n rows.
func rowsOf(l arbench.Loss, n, lo, hi int) (part arbench.Loss, ok bool) {
	switch l := l.(type) {
	case arbench.CrossEntropy:
		if len(l.Y) == n {
			return arbench.CrossEntropy{Y: l.Y[lo:hi]}, true
		}
	case arbench.SoftCrossEntropy:
		if l.P.Len() == n {
			return arbench.SoftCrossEntropy{P: l.P.Rows(lo, hi)}, true
		}
	case arbench.Margin:
		if len(l.Y) == n {
			return arbench.Margin{Y: l.Y[lo:hi]}, true
		}
	case arbench.DLR:
		if len(l.Y) == n {
			return arbench.DLR{Y: l.Y[lo:hi]}, true
		}
	case arbench.TargetedDLR:
		if len(l.Y) == n && len(l.T) == n {
			return arbench.TargetedDLR{Y: l.Y[lo:hi], T: l.T[lo:hi]}, true
		}
	case arbench.KL:
		if l.A.Len() == n {
			return arbench.KL{A: l.A.Rows(lo, hi)}, true
		}
	case arbench.LogitDifference:
		if len(l.A) == n && len(l.B) == n {
			return arbench.LogitDifference{A: l.A[lo:hi], B: l.B[lo:hi]}, true
		}
	}
	return nil, false
}
