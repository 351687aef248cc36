package gorgonia

import (
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A rowOp is the arithmetic of a layer that reads one other, on one row: LayerNorm, Attention,
// ClassToken, Position and FirstToken. Images may have any halo, which it leaves alone, as it does
// padding channels.
type rowOp interface {
	forward(w *worker, y, x kernel.Image) // sets y

	// backward sets dx, the derivative by x, from that by y.
	backward(w *worker, dx, x, dy kernel.Image)

	// params are the parameters, nil without. addGrad adds a row's derivative by all their values, one
	// parameter after the other, to sums.
	params() []*param
	addGrad(sums []float64, x, dy kernel.Image)
}

// A rowBlock is the block of a rowOp.
type rowBlock struct {
	eng   *engine
	pass  *pass
	op    rowOp
	in    []*value // one
	out   *value
	added bool // the derivative by the input is added to what is there

	parts int       // of the rows in the derivative by the parameters
	sums  []float64 // of each part

	forwardTask, backwardTask, partTask func(w, i int)
}

func newRowBlock(e *engine, p *pass, op rowOp, in, out *value) *rowBlock {
	b := &rowBlock{eng: e, pass: p, op: op, in: []*value{in}, out: out}
	b.forwardTask = func(w, i int) { b.forwardRow(&e.workers[w], i) }
	b.backwardTask = func(w, i int) { b.backwardRow(&e.workers[w], i) }
	b.partTask = b.addPart
	return b
}

func (b *rowBlock) label() string     { return b.out.name }
func (b *rowBlock) inputs() []*value  { return b.in }
func (b *rowBlock) output() *value    { return b.out }
func (b *rowBlock) trained() []*param { return b.op.params() }
func (b *rowBlock) accumulate(int)    { b.added = true }

func (b *rowBlock) forward() error { return b.eng.pool.Do(b.pass.n, b.forwardTask) }

func (b *rowBlock) forwardRows(w *worker, s span) {
	for i := s.lo; i < s.hi; i++ {
		b.forwardRow(w, i)
	}
}

func (b *rowBlock) backwardRows(w *worker, s span) {
	for i := s.lo; i < s.hi; i++ {
		b.backwardRow(w, i)
	}
}

func (b *rowBlock) forwardRow(w *worker, i int) {
	b.op.forward(w, b.out.image(b.out.data, i), b.in[0].image(b.in[0].data, i))
}

func (b *rowBlock) backwardRow(w *worker, i int) {
	x, dy := b.in[0], b.out.image(b.out.grad, i)
	if !x.active {
		return
	}
	dx := x.image(x.grad, i)
	if !b.added {
		b.op.backward(w, dx, x.image(x.data, i), dy)
		return
	}
	own := kernel.Image{Layout: x.layout, Data: w.take(x.layout, x.channels, slotInput, 1)}
	b.op.backward(w, own, x.image(x.data, i), dy)
	kernel.AddTo(dx.Data, own.Data)
}

func (b *rowBlock) backward() error {
	if err := b.eng.pool.Do(b.pass.n, b.backwardTask); err != nil {
		return err
	}
	if !b.pass.dparams || len(b.trained()) == 0 {
		return nil
	}
	b.parts = min(gradParts, b.pass.n)
	b.sums = room(b.sums, gradParts*b.sumLen())
	if err := b.eng.pool.Do(b.parts, b.partTask); err != nil {
		return err
	}
	b.reduce()
	return nil
}

// sumLen returns the values of all parameters.
func (b *rowBlock) sumLen() int {
	n := 0
	for _, p := range b.trained() {
		n += len(p.w)
	}
	return n
}

// addPart adds up the derivative by the parameters over part i of the rows.
func (b *rowBlock) addPart(_, i int) {
	n, x := b.sumLen(), b.in[0]
	sums := b.sums[i*n : (i+1)*n]
	clear(sums)
	lo, hi := part(b.pass.n, b.parts, i)
	for r := lo; r < hi; r++ {
		b.op.addGrad(sums, x.image(x.data, r), b.out.image(b.out.grad, r))
	}
}

// reduce adds the parts, in their order, to the running sums.
func (b *rowBlock) reduce() {
	n := b.sumLen()
	sums := b.sums[:n]
	for i := 1; i < b.parts; i++ {
		for k, v := range b.sums[i*n : (i+1)*n] {
			sums[k] += v
		}
	}
	for _, p := range b.trained() {
		addScaled(p.g, sums[:len(p.w)], b.pass.weight)
		sums = sums[len(p.w):]
	}
}
