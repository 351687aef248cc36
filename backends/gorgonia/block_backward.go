package gorgonia

import "github.com/arbench/arbench/backends/gorgonia/kernel"

// gradParts is the number of partial sums of a weight gradient, and fewParts that of one that has more
// than manyFloats. It is fixed, whatever the number of workers, so that sums have one order.
const (
	gradParts  = 8
	fewParts   = 4
	manyFloats = 100_000
)

func (b *fused) backward() error {
	if b.normalizes() {
		if b.adder == nil {
			if err := b.eng.pool.Do(len(b.spans), b.gradTask); err != nil {
				return err
			}
		}
		b.differentiate()
	}
	if p := b.addsFor; p != nil {
		p.sums = room(p.sums, len(b.spans)*2*p.layout.C)
	}
	b.parts = len(b.spans)
	rowwise := b.rowwise() != nil && b.pass.dparams
	if rowwise {
		b.parts = min(gradParts, len(b.spans))
		if b.linear.sumLen() > manyFloats {
			b.parts = min(fewParts, len(b.spans))
		}
		b.eng.partials(b.parts * b.linear.sumLen())
	}
	if err := b.eng.pool.Do(b.parts, b.partTask); err != nil {
		return err
	}
	if !b.pass.dparams {
		return nil
	}
	b.channelGrads()
	switch {
	case rowwise:
		return b.reduce()
	case b.linear != nil:
		return b.denseGrad()
	}
	return nil
}

// grad returns the derivative by post, and then by pre, of a span: memory of all rows or the worker's.
func (b *fused) grad(w *worker, s span) []float32 {
	switch {
	case b.pool == nil:
		return b.out.rows(b.out.grad, s.lo, s.hi)
	case b.g != nil:
		return b.rows(b.g, s)
	}
	return w.take(b.layout, b.channels, slotGrad, s.rows())
}

// gradSpan goes back from the output to pre and adds up what the normalization and the bias need.
func (b *fused) gradSpan(w *worker, i int) {
	s := b.spans[i]
	g := b.gradRows(w, s)
	if !b.needsSums() {
		return
	}
	b.addUp(i, s, g)
}

// addUp enters the sums over rows s of the derivative g by pre at place i.
func (b *fused) addUp(i int, s span, g []float32) {
	sum, dot := b.spanSums(i)
	y := g
	if b.norm != nil {
		y = b.rows(b.raw, s)
	}
	channelDots(b.layout, s.rows(), g, y, sum, dot)
}

// summed returns the spans that the block's sums are of.
func (b *fused) summed() []span {
	if b.adder != nil {
		return b.adder.spans
	}
	return b.spans
}

func (b *fused) backwardRows(w *worker, s span) {
	b.gradRows(w, s)
	b.rest(w, s, nil)
}

// gradRows goes back from the output to pre, whose derivative it returns, and hands the residuals
// theirs.
func (b *fused) gradRows(w *worker, s span) []float32 {
	g := b.grad(w, s)
	if b.pool != nil {
		b.poolGrad(g, s)
	}
	switch {
	case b.relu && !b.masked && (b.pool == nil || b.pool.average):
		kernel.ReLUGrad(g, g, b.rows(b.post, s))
	case b.curve != nil:
		b.curve.slope(b.layout, b.channels, s.rows(), g, b.rows(b.pre, s))
	}
	for k, r := range b.in[1:] {
		if r.active && b.lent != k+1 {
			put(r.rows(r.grad, s.lo, s.hi), g, b.added[k+1])
		}
	}
	return g
}

// needsSums reports that the sums of the derivative by pre are wanted.
func (b *fused) needsSums() bool {
	if b.norm != nil {
		return b.batch || b.pass.dparams
	}
	return b.pass.dparams && b.linear != nil && b.linear.bias != nil
}

func (b *fused) poolGrad(g []float32, s span) {
	for i := s.lo; i < s.hi; i++ {
		dx, dy := at(b.layout, g, i-s.lo), b.out.image(b.out.grad, i)
		if b.pool.average {
			b.pool.AvgBackward(dx, dy)
			continue
		}
		b.pool.MaxBackward(dx, dy, at(b.layout, b.post, i), b.out.image(b.out.data, i), b.relu)
	}
}

// differentiate sets the coefficients of the normalization's derivative for each group.
func (b *fused) differentiate() {
	b.eachGroup(b.summed(), func(g *groupStats, _ int, sum, dot []float64) { b.norm.differentiate(g, sum, dot) })
}

// gradPart goes back through one part of the spans, adding up its share of the weight gradient.
func (b *fused) gradPart(w *worker, i int) {
	var share []float32
	if c := b.rowwise(); c != nil && b.pass.dparams {
		n := b.linear.sumLen()
		share = b.eng.sums[i*n : (i+1)*n]
		clear(share)
	}
	lo, hi := part(len(b.spans), b.parts, i)
	for k := lo; k < hi; k++ {
		switch {
		case !b.normalizes():
			b.gradSpan(w, k)
		case b.adder != nil:
			b.gradRows(w, b.spans[k])
		}
		b.rest(w, b.spans[k], share)
		if p := b.addsFor; p != nil {
			p.addUp(k, b.spans[k], p.out.rows(p.out.grad, b.spans[k].lo, b.spans[k].hi))
		}
	}
}

// rest goes back from pre to the input.
func (b *fused) rest(w *worker, s span, share []float32) {
	g := b.grad(w, s)
	x := b.x()
	if b.linear == nil {
		b.restPlain(w, s, g)
		return
	}
	if b.norm != nil {
		dst := g // a dense layer's weight gradient needs all rows
		if b.rowwise() != nil {
			dst = w.take(b.layout, b.channels, slotRaw, s.rows())
		}
		c := b.norm.group(s.group)
		normGrad(b.layout, s.rows(), dst, g, b.rows(b.raw, s), c.a, c.b, c.d)
		g = dst
	}
	var in []float32
	if share != nil || b.masks {
		in = b.input(w, s)
	}
	if share != nil {
		b.rowwise().weightGrad(w, s.rows(), in, g, share)
	}
	if !x.active {
		return
	}
	panel := b.linear.gradPanel
	if b.fold {
		panel = b.linear.foldedGrad
	}
	var mask []float32
	if b.masks {
		mask = in
	}
	dx := x.rows(x.grad, s.lo, s.hi)
	if b.direct {
		dx = x.rows(w.dx, s.lo+w.shift, s.hi+w.shift)
	}
	b.linear.inputGrad(w, s.rows(), g, panel, dx, mask, b.added[0])
}

// restPlain is rest without a linear layer.
func (b *fused) restPlain(w *worker, s span, g []float32) {
	x := b.x()
	if !x.active {
		return
	}
	dx := x.rows(x.grad, s.lo, s.hi)
	if b.norm == nil {
		put(dx, g, b.added[0])
		return
	}
	dst := dx
	if b.added[0] {
		dst = w.take(b.layout, b.channels, slotRaw, s.rows())
	}
	c := b.norm.group(s.group)
	normGrad(b.layout, s.rows(), dst, g, b.rows(b.raw, s), c.a, c.b, c.d)
	if b.added[0] {
		kernel.AddTo(dx, dst)
	}
}
