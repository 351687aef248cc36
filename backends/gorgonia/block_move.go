package gorgonia

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A move is a block that rearranges or averages, one row at a time: Concat, Flatten, GlobalAvgPool
// and ShortcutA.
type move struct {
	eng   *engine
	pass  *pass
	in    []*value
	added []bool
	out   *value

	do   func(i int)                     // sets row i of the output
	undo func(k, i int, dx kernel.Image) // sets dx to the derivative by row i of input k

	forwardTask, backwardTask func(w, i int)
}

func (m *move) label() string     { return m.out.name }
func (m *move) inputs() []*value  { return m.in }
func (m *move) output() *value    { return m.out }
func (m *move) trained() []*param { return nil }
func (m *move) accumulate(k int)  { m.added[k] = true }
func (m *move) forward() error    { return m.eng.pool.Do(m.pass.n, m.forwardTask) }
func (m *move) backward() error   { return m.eng.pool.Do(m.pass.n, m.backwardTask) }

// bind sets what the block does; a lazy Flatten keeps the order of the image.
func (m *move) bind(op arbench.Op, lazy bool) {
	switch op := op.(type) {
	case arbench.Concat:
		m.concat()
	case arbench.Flatten:
		m.flatten(lazy)
	case arbench.GlobalAvgPool:
		m.average()
	case arbench.ShortcutA:
		m.shortcut(op)
	}
	m.forwardTask = func(_, i int) { m.do(i) }
	m.backwardTask = func(w, i int) { m.undoRow(&m.eng.workers[w], i) }
}

func (m *move) forwardRows(_ *worker, s span) {
	for i := s.lo; i < s.hi; i++ {
		m.do(i)
	}
}

func (m *move) backwardRows(w *worker, s span) {
	for i := s.lo; i < s.hi; i++ {
		m.undoRow(w, i)
	}
}

func (m *move) undoRow(w *worker, i int) {
	for k := range m.in {
		m.undoInput(w, (k+1)%len(m.in), i)
	}
}

// undoInput sets row i of the derivative by input k, or adds to it.
func (m *move) undoInput(w *worker, k, i int) {
	x := m.in[k]
	if !x.active {
		return
	}
	dx := x.image(x.grad, i)
	if !m.added[k] {
		m.undo(k, i, dx)
		return
	}
	own := kernel.Image{Layout: x.layout, Data: w.take(x.layout, x.channels, slotInput, 1)}
	m.undo(k, i, own)
	kernel.AddTo(dx.Data, own.Data)
}

func (m *move) concat() {
	first := make([]int, len(m.in)) // channel of each input
	for k := range m.in[1:] {
		first[k+1] = first[k] + m.in[k].channels
	}
	m.do = func(i int) {
		y := m.out.image(m.out.data, i)
		for k, x := range m.in {
			kernel.CopyChannels(y, first[k], x.image(x.data, i), 0, x.channels)
		}
	}
	m.undo = func(k, i int, dx kernel.Image) {
		kernel.CopyChannels(dx, 0, m.out.image(m.out.grad, i), first[k], m.in[k].channels)
	}
}

func (m *move) flatten(lazy bool) {
	x := m.in[0]
	if lazy {
		m.do = func(i int) { copy(m.out.rows(m.out.data, i, i+1), x.rows(x.data, i, i+1)) }
		m.undo = func(_, i int, dx kernel.Image) { copy(dx.Data, m.out.rows(m.out.grad, i, i+1)) }
		return
	}
	m.do = func(i int) { kernel.ToNCHW(m.out.rows(m.out.data, i, i+1), x.image(x.data, i), x.channels) }
	m.undo = func(_, i int, dx kernel.Image) {
		kernel.FromNCHW(dx, m.out.rows(m.out.grad, i, i+1), x.channels)
	}
}

// average is GlobalAvgPool.
func (m *move) average() {
	x := m.in[0]
	l := x.layout
	share := 1 / float32(l.H*l.W)
	m.do = func(i int) {
		y := m.out.rows(m.out.data, i, i+1)
		clear(y)
		src := x.rows(x.data, i, i+1)
		eachPixel(l, 1, func(o int) { kernel.AddTo(y[:x.channels], src[o:o+x.channels]) })
		for k := range y {
			y[k] *= share
		}
	}
	m.undo = func(_, i int, dx kernel.Image) {
		dy := m.out.rows(m.out.grad, i, i+1)
		eachPixel(l, 1, func(o int) {
			for k := range x.channels {
				dx.Data[o+k] = dy[k] * share
			}
		})
	}
}

func (m *move) shortcut(op arbench.ShortcutA) {
	x := m.in[0]
	before := (op.Out - x.channels) / 2
	m.do = func(i int) {
		src, dst := x.image(x.data, i), m.out.image(m.out.data, i)
		eachStride(dst, src, op.Stride, func(y, x []float32) { copy(y[before:], x) }, x.channels)
	}
	m.undo = func(_, i int, dx kernel.Image) {
		eachPixel(dx.Layout, 1, func(o int) { clear(dx.Data[o : o+dx.C]) })
		eachStride(m.out.image(m.out.grad, i), dx, op.Stride,
			func(dy, dx []float32) { copy(dx, dy[before:]) }, x.channels)
	}
}

// eachStride calls f with every pixel of y and the first channels of the pixel of x that it comes
// from.
func eachStride(y, x kernel.Image, stride int, f func(y, x []float32), channels int) {
	for r := range y.H {
		for c := range y.W {
			o, s := y.Off(r, c), x.Off(r*stride, c*stride)
			f(y.Data[o:o+y.C], x.Data[s:s+channels])
		}
	}
}
