package gorgonia

import "github.com/arbench/arbench/backends/gorgonia/kernel"

// allocate takes the block's own memory for so many rows, for a graph with a derivative or without.
// The inputs and the output have theirs.
func (b *fused) allocate(a *arena, rows int, derivative bool) {
	own := func() []float32 { return a.floats(rows * b.layout.Size()) }
	b.post = b.out.data
	switch plain := b.linear == nil && !b.adds(); {
	case b.pool == nil:
	case plain && !b.relu && b.curve == nil:
		b.post = b.x().data
	default:
		b.post = own()
	}
	switch {
	case b.linear == nil:
		b.raw = b.x().data
	case b.lean:
		b.raw = b.out.data
	case b.norm != nil:
		b.raw = own()
	}
	switch {
	case b.curve == nil:
	case b.linear == nil && !b.adds():
		b.pre = b.raw
	default:
		b.pre = own()
	}
	if derivative && b.pool != nil && b.batch && b.norm != nil {
		b.g = own()
	}
	b.ones, b.zeros = make([]float32, b.layout.C), make([]float32, b.layout.C)
	for i := range b.ones {
		b.ones[i] = 1
	}
	b.totals = make([]float64, 2*b.layout.C)
	b.tasks()
}

// tasks makes the functions that the workers run, once, so that a pass allocates nothing.
func (b *fused) tasks() {
	b.forwardTask = func(w, i int) { b.forwardSpan(&b.eng.workers[w], i) }
	b.outputTask = func(w, i int) { b.forwardOutputs(&b.eng.workers[w], i) }
	b.finishTask = func(_, i int) { b.finish(b.spans[i]) }
	b.gradTask = func(w, i int) { b.gradSpan(&b.eng.workers[w], i) }
	b.partTask = func(w, i int) { b.gradPart(&b.eng.workers[w], i) }
	b.blockTask = b.gradBlock
	b.reduceTask = b.reducePart
}

// rows returns the rows of a span in data, which is laid out like raw, pre and post.
func (b *fused) rows(data []float32, s span) []float32 {
	n := b.layout.Size()
	return data[s.lo*n : s.hi*n]
}

func (b *fused) forward() error {
	b.schedule()
	if b.norm != nil && !b.batch {
		b.norm.freeze()
	}
	b.sums = room(b.sums, len(b.spans)*2*b.layout.C)
	if d, ok := b.byOutputs(); ok {
		return b.eng.pool.Do((d.blocks+1)/2, b.outputTask)
	}
	if err := b.eng.pool.Do(len(b.spans), b.forwardTask); err != nil {
		return err
	}
	if !b.normalizes() {
		return nil
	}
	if err := b.measure(); err != nil {
		return err
	}
	if b.deferred {
		return nil
	}
	return b.eng.pool.Do(len(b.spans), b.finishTask)
}

// byOutputs returns the dense layer of a block whose weights are more than its input: its workers share
// out the outputs, so that each reads its weights once.
func (b *fused) byOutputs() (d *dense, ok bool) {
	if b.linear == nil || b.norm != nil || b.curve != nil || b.pool != nil || len(b.in) > 2 {
		return nil, false
	}
	d, ok = b.linear.mapping.(*dense)
	return d, ok && d.panelLen() > b.pass.n*d.in
}

// forwardOutputs does pair i of blocks of 16 outputs for all rows.
func (b *fused) forwardOutputs(w *worker, i int) {
	d, s := b.linear.mapping.(*dense), span{hi: b.pass.n}
	panel, bias := b.linear.weights(b.fold)
	w.epilogue = kernel.Epilogue{Bias: bias, Residual: b.residual(s), ReLU: b.relu}
	d.plan.ForwardBlocks(2*i, min(2*i+2, d.blocks), b.pass.n, b.x().data, panel, b.post, &w.epilogue)
}

// room returns s with at least n elements, of any content.
func room[T any](s []T, n int) []T {
	if len(s) < n {
		return make([]T, n)
	}
	return s
}

// forwardSpan does all of a span, or what comes before the statistics of the batch are known.
func (b *fused) forwardSpan(w *worker, i int) {
	s := b.spans[i]
	if !b.normalizes() {
		b.forwardRows(w, s)
		return
	}
	if b.unfinished != nil && !b.unfinished.lean {
		b.unfinished.finish(s)
	}
	if b.linear != nil {
		b.mapSpan(w, s)
	}
	sum, squares := b.spanSums(i)
	raw := b.rows(b.raw, s)
	channelDots(b.layout, s.rows(), raw, raw, sum, squares)
}

func (b *fused) forwardRows(w *worker, s span) {
	if b.linear != nil {
		b.mapSpan(w, s)
	}
	b.finish(s)
}

// spanSums returns the two sums of a span.
func (b *fused) spanSums(i int) (first, second []float64) {
	c := b.layout.C
	return b.sums[2*i*c : (2*i+1)*c], b.sums[(2*i+1)*c : (2*i+2)*c]
}

// mapSpan does the linear layer, with all that follows it up to the activation where no normalization
// comes between.
func (b *fused) mapSpan(w *worker, s span) {
	x := b.input(w, s)
	panel, bias := b.linear.weights(b.fold)
	if b.norm != nil {
		b.linear.forward(w, s.rows(), x, panel, b.rows(b.raw, s), tail{bias: bias})
		return
	}
	y := b.rows(b.target(), s)
	t := tail{bias: bias, residual: b.residual(s), relu: b.relu && len(b.in) <= 2}
	b.linear.forward(w, s.rows(), x, panel, y, t)
	b.addRest(y, s)
}

// input returns the rows of the linear layer's input. Those of a lean block before are made from its
// raw values, which costs less than to write them to memory and to read them again.
func (b *fused) input(w *worker, s span) []float32 {
	x := b.x()
	if b.direct {
		return x.rows(b.pass.x, s.lo+w.shift, s.hi+w.shift)
	}
	raw := x.rows(x.data, s.lo, s.hi)
	p := b.unfinished
	if p == nil || !p.lean {
		return raw
	}
	made := w.take(x.layout, x.channels, slotMade, s.rows())
	g := p.norm.group(s.group)
	affine(x.layout, s.rows(), made, raw, g.scale, g.shift, nil, p.relu)
	return made
}

// target returns where the value before the curve goes, or that after it if it is ReLU or none.
func (b *fused) target() []float32 {
	if b.curve != nil {
		return b.pre
	}
	return b.post
}

// residual returns the rows of the first residual, nil without.
func (b *fused) residual(s span) []float32 {
	if len(b.in) < 2 {
		return nil
	}
	return b.in[1].rows(b.in[1].data, s.lo, s.hi)
}

// addRest adds the second and further residuals to y, and then does the ReLU that had to wait.
func (b *fused) addRest(y []float32, s span) {
	if len(b.in) <= 2 {
		return
	}
	for _, r := range b.in[2:] {
		kernel.AddTo(y, r.rows(r.data, s.lo, s.hi))
	}
	if b.relu {
		kernel.ReLU(y, y)
	}
}

// finish does what follows the linear layer or the statistics.
func (b *fused) finish(s span) {
	switch {
	case b.adds() && (b.linear == nil || b.norm != nil):
		scale, shift := b.ones, b.zeros
		if b.norm != nil {
			g := b.norm.group(s.group)
			scale, shift = g.scale, g.shift
		}
		y := b.rows(b.target(), s)
		affine(b.layout, s.rows(), y, b.rows(b.raw, s), scale, shift, b.residual(s),
			b.relu && len(b.in) <= 2)
		b.addRest(y, s)
	case b.linear == nil && b.relu:
		kernel.ReLU(b.rows(b.post, s), b.rows(b.raw, s))
	}
	if b.curve != nil {
		b.curve.activate(b.layout, b.channels, s.rows(), b.rows(b.post, s), b.rows(b.pre, s))
	}
	if b.pool != nil {
		for i := s.lo; i < s.hi; i++ {
			b.pool.forward(b.out.image(b.out.data, i), at(b.layout, b.post, i))
		}
	}
}

func (p *pooling) forward(y, x kernel.Image) {
	if p.average {
		p.AvgForward(y, x)
		return
	}
	p.MaxForward(y, x)
}

// measure computes the statistics of each group from the sums of its spans, in their order.
func (b *fused) measure() error {
	var err error
	b.eachGroup(b.spans, func(g *groupStats, rows int, sum, squares []float64) {
		if err == nil {
			err = b.norm.measure(g, sum, squares, rows*b.layout.H*b.layout.W)
		}
	})
	return err
}

// eachGroup calls f with the statistics of every group and with its rows and sums, which are those of
// the given spans.
func (b *fused) eachGroup(spans []span, f func(g *groupStats, rows int, first, second []float64)) {
	for lo := 0; lo < len(spans); {
		group, hi, rows := spans[lo].group, lo, 0
		for ; hi < len(spans) && spans[hi].group == group; hi++ {
			rows += spans[hi].rows()
		}
		first, second := b.total(lo, hi)
		f(b.norm.group(group), rows, first, second)
		lo = hi
	}
}

// total adds up the sums of spans lo to hi-1.
func (b *fused) total(lo, hi int) (first, second []float64) {
	clear(b.totals)
	for i := lo; i < hi; i++ {
		for k, v := range b.sums[2*i*b.layout.C : 2*(i+1)*b.layout.C] {
			b.totals[k] += v
		}
	}
	return b.totals[:b.layout.C], b.totals[b.layout.C:]
}
