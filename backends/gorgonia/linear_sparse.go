package gorgonia

import (
	"sync/atomic"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A sparse is a product of a dense layer with what a ReLU has left, or with a derivative behind it:
// about half of that is 0 and can be left out. Its panels are packed for sweeps, which use one set of
// weights often.
type sparse struct {
	kernel.Sparse
	tiles    []float32   // of the plain layer: where sweeps fold a normalization into it, there are none
	at       int         // their version
	on       bool        // they are up to date
	infinite atomic.Bool // and of no use: 0 times infinity is NaN
}

// sparseShare is the share of values that are not 0 up to which leaving out the others pays.
const sparseShare = 0.65

// renew says which weights are in use, and reports that the panels have to be packed from theirs, which
// they are only if packs.
func (s *sparse) renew(now int, packs bool) bool {
	if s == nil {
		return false
	}
	if packs && s.at != now {
		s.tiles = grown(s.tiles, s.PanelLen())
		s.at, s.on = now, true
		s.infinite.Store(false)
		return true
	}
	s.on = s.on && s.at == now
	return false
}

// pack derives blocks lo to hi-1 of 16 outputs from those of the other product.
func (s *sparse) pack(lo, hi int, panel []float32) {
	s.PackBlocks(lo, hi, panel, s.tiles)
	if block := 16 * s.Inputs(); !finite(panel[lo*block : hi*block]) {
		s.infinite.Store(true)
	}
}

// run computes y, with the worker's epilogue, from n rows of x, and reports false if it leaves that to
// the other product.
func (s *sparse) run(w *worker, n int, x, y []float32) bool {
	if s == nil || !s.on || s.infinite.Load() {
		return false
	}
	if count := w.nonzeros.Find(s.Sparse, n, x); float64(count) > sparseShare*float64(n*s.Inputs()) {
		return false
	}
	s.Run(&w.nonzeros, s.tiles, y, &w.epilogue)
	return true
}

// leaveOut gives dense layer i of the net the products that leave out zeros: forward if a ReLU is
// before it, backward if one is behind.
func (p *plan) leaveOut(i int, d *dense) {
	if s, ok := d.plan.SparseForward(); ok && p.rectified(p.inputs[i][0]) {
		d.forwardZeros = &sparse{Sparse: s}
	}
	s, ok := d.plan.SparseGrad()
	if ok && len(p.readers[i+1]) == 1 && p.isReLU(p.readers[i+1][0]) {
		d.gradZeros = &sparse{Sparse: s}
	}
}

// rectified reports that layer i, the image being -1, gives what a ReLU has left.
func (p *plan) rectified(i int) bool {
	if i < 0 {
		return false
	}
	switch p.net.Layers[i].Op.(type) {
	case arbench.Flatten, arbench.MaxPool:
		return p.rectified(p.inputs[i][0])
	}
	return p.isReLU(i)
}

func (p *plan) isReLU(i int) bool {
	a, ok := p.net.Layers[i].Op.(arbench.Activation)
	return ok && a.Function == arbench.ReLU
}
