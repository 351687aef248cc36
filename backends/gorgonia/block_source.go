package gorgonia

import (
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A source is the block that takes images as they come, normalizes them and lays them out for the
// kernels, as images or, with flat, as vectors.
type source struct {
	eng      *engine
	pass     *pass
	out      *value
	flat     bool
	shape    []int     // of an image
	mean, by []float32 // the normalization is (x - mean)·by; nil without
	lent     bool      // out has no memory of its own: its data are the images of the call, see lend
	direct   bool      // nobody reads out, see passOn

	forwardTask, backwardTask func(w, i int)
}

func newSource(e *engine, p *pass, out *value, shape []int, z *arbench.Normalize, flat bool) *source {
	s := &source{eng: e, pass: p, out: out, shape: shape, flat: flat}
	if z != nil {
		for c := range shape[0] {
			s.mean = append(s.mean, float32(z.Mean[c]))
			s.by = append(s.by, float32(1/z.Std[c]))
		}
	}
	s.forwardTask = func(_, i int) { s.forwardRow(i, i) }
	s.backwardTask = func(_, i int) { s.backwardRow(i, i, s.pass.dx) }
	return s
}

func (s *source) label() string     { return "image" }
func (s *source) inputs() []*value  { return nil }
func (s *source) output() *value    { return s.out }
func (s *source) trained() []*param { return nil }
func (s *source) accumulate(int)    {}

func (s *source) forward() error {
	if s.lent {
		s.out.data = s.pass.x
		return nil
	}
	return s.eng.pool.Do(s.pass.n, s.forwardTask)
}

// lies reports that the images of a call lie as the kernels read them.
func (s *source) lies() bool {
	return s.flat && s.by == nil && s.out.size() == arbench.Volume(s.shape)
}

func (s *source) backward() error {
	if s.pass.dx == nil {
		return nil
	}
	return s.eng.pool.Do(s.pass.n, s.backwardTask)
}

// lend makes the blocks of a graph that does not sweep read the images of a call where they lie, if they
// lie as the kernels read them. A block that begins otherwise than with a linear layer keeps hold of its
// input's memory.
func (s *source) lend(to []block) {
	s.lent = s.lies() && !slices.ContainsFunc(to, func(b block) bool {
		f, ok := b.(*fused)
		return ok && f.linear == nil && f.x() == s.out
	})
}

// passOn makes a dense layer read the images of the call, and write their derivative, where they are:
// in a sweep, if it alone reads them and they are laid out as it wants.
func (s *source) passOn(to *fused) {
	if s.lies() && s.out.readers == 1 && to.x() == s.out && to.linear != nil {
		s.direct, to.direct = true, true
	}
}

func (s *source) forwardRows(w *worker, rows span) {
	if s.direct {
		return
	}
	for i := rows.lo; i < rows.hi; i++ {
		s.forwardRow(i, i+w.shift)
	}
}

func (s *source) backwardRows(w *worker, rows span) {
	if s.direct {
		return
	}
	for i := rows.lo; i < rows.hi; i++ {
		s.backwardRow(i, i+w.shift, w.dx)
	}
}

// forwardRow sets row i from an image of the call.
func (s *source) forwardRow(i, image int) {
	d := arbench.Volume(s.shape)
	x := s.pass.x[image*d : (image+1)*d]
	y := s.out.image(s.out.data, i)
	switch {
	case s.flat:
		copy(y.Data, x)
	case y.C == 1:
		for r := range y.H {
			copy(y.Data[y.Off(r, 0):], x[r*y.W:(r+1)*y.W])
		}
	default:
		kernel.FromNCHW(y, x, s.shape[0])
	}
	if s.by != nil {
		s.normalize(y)
	}
}

// normalize changes an image in place.
func (s *source) normalize(y kernel.Image) {
	area := s.shape[1] * s.shape[2]
	if s.flat {
		for c, mean := range s.mean {
			for k, v := range y.Data[c*area : (c+1)*area] {
				y.Data[c*area+k] = (v - mean) * s.by[c]
			}
		}
		return
	}
	eachPixel(y.Layout, 1, func(o int) {
		for c, mean := range s.mean {
			y.Data[o+c] = (y.Data[o+c] - mean) * s.by[c]
		}
	})
}

// backwardRow sets an image's derivative, one of those in all, from row i.
func (s *source) backwardRow(i, image int, all []float32) {
	d, area := arbench.Volume(s.shape), s.shape[1]*s.shape[2]
	dx, dy := all[image*d:(image+1)*d], s.out.image(s.out.grad, i)
	switch {
	case s.flat:
		copy(dx, dy.Data)
	case dy.C == 1:
		for r := range dy.H {
			copy(dx[r*dy.W:(r+1)*dy.W], dy.Data[dy.Off(r, 0):])
		}
	default:
		kernel.ToNCHW(dx, dy, s.shape[0])
	}
	for c, by := range s.by {
		for k := c * area; k < (c+1)*area; k++ {
			dx[k] *= by
		}
	}
}
