package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// onEveryPath runs f on every path the machine has, the portable one first.
func onEveryPath(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := current
	defer func() { current = was }()
	for current = portable; current <= best; current++ {
		t.Run(Name(), f)
	}
}

// source returns the generator of one test case.
func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// fill writes values in -1..1.
func fill(r *rand.Rand, s []float32) {
	for i := range s {
		s[i] = 2*r.Float32() - 1
	}
}

// randoms returns n values in -1..1.
func randoms(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	fill(r, s)
	return s
}

// image returns an exactly sized image with zeros in halo and padding channels and
// random values in its first c channels.
func (g *guards) image(r *rand.Rand, l Layout, c int) Image {
	m := Image{l, g.floats(l.Size())}
	for y := range l.H {
		for x := range l.W {
			fill(r, m.pixel(y, x)[:c])
		}
	}
	return m
}

// dirty returns an exactly sized image for a result: zeros in the halo and in the
// channels from c on, elsewhere values that the result has to overwrite.
func (g *guards) dirty(l Layout, c int) Image {
	m := Image{l, g.floats(l.Size())}
	for y := range l.H {
		for x := range l.W {
			for k := range c {
				m.pixel(y, x)[k] = 1e30
			}
		}
	}
	return m
}

// haloIsZero reports a halo or a channel from c on that is not zero.
func haloIsZero(t *testing.T, what string, m Image, c int) {
	t.Helper()
	for y := -m.PadH; y < m.H+m.PadH; y++ {
		for x := -m.PadW; x < m.W+m.PadW; x++ {
			from := 0
			if y >= 0 && y < m.H && x >= 0 && x < m.W {
				from = c
			}
			for k := from; k < m.C; k++ {
				if v := m.Data[m.Off(y, x)+k]; v != 0 {
					t.Fatalf("%s: %g at pixel (%d, %d), channel %d, want 0", what, v, y, x, k)
				}
			}
		}
	}
}

// planes returns the first c channels of an image as NCHW.
func planes(m Image, c int) []float32 {
	s := make([]float32, c*m.H*m.W)
	ToNCHW(s, m, c)
	return s
}

// closeTo compares with a float64 reference: an error of at most tol of the largest
// finite reference value, NaN for NaN and infinity for the same infinity.
func closeTo(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	within(t, what, got, want, tol, 1)
}

// sumsTo compares sums of so many products of values in -1..1. Added up one by one in single
// precision their error has a standard deviation of 6e-9 for each term, however small the sum
// turns out: least is six of them.
func sumsTo(t *testing.T, what string, got []float32, want []float64, terms int) {
	t.Helper()
	within(t, what, got, want, convTolerance, max(1, float64(terms)/125))
}

// within is closeTo where the largest reference value counts as least, if it is less.
func within(t *testing.T, what string, got []float32, want []float64, tol, least float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	top := least
	for _, w := range want {
		if !math.IsInf(w, 0) && !math.IsNaN(w) {
			top = max(top, math.Abs(w))
		}
	}
	for i, w := range want {
		v := float64(got[i])
		if math.IsNaN(w) && math.IsNaN(v) || v == w {
			continue
		}
		if !(math.Abs(v-w) <= tol*top) {
			t.Fatalf("%s: value %d is %g, want %g (largest %g)", what, i, v, w, top)
		}
	}
}

// sameBits compares bit by bit.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if math.Float32bits(got[i]) != math.Float32bits(w) {
			t.Fatalf("%s: value %d is %g (%08x), want %g (%08x)", what, i,
				got[i], math.Float32bits(got[i]), w, math.Float32bits(w))
		}
	}
}

// convolved is the direct definition of a convolution and its derivatives in float64,
// all in NCHW and OIHW.
type convolved struct{ y, dx, dw []float64 }

func convolve(g Geometry, x, w, dy []float32) convolved {
	oh, ow := g.OutH(), g.OutW()
	r := convolved{make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w))}
	dh, dw := max(g.DilationH, 1), max(g.DilationW, 1)
	each := func(k, c, i, j int) {
		o := (k*oh+i)*ow + j
		for u := range g.KernelH {
			for v := range g.KernelW {
				a, b := i*g.StrideH-g.PadH+u*dh, j*g.StrideW-g.PadW+v*dw
				if a < 0 || a >= g.H || b < 0 || b >= g.W {
					continue
				}
				xi := (c*g.H+a)*g.W + b
				wi := ((k*g.C+c)*g.KernelH+u)*g.KernelW + v
				r.y[o] += float64(x[xi]) * float64(w[wi])
				r.dx[xi] += float64(dy[o]) * float64(w[wi])
				r.dw[wi] += float64(dy[o]) * float64(x[xi])
			}
		}
	}
	for k := range g.K {
		for c := range g.C {
			for i := range oh {
				for j := range ow {
					each(k, c, i, j)
				}
			}
		}
	}
	return r
}

// panics runs f and returns what it panicked with, or "".
func panics(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message, _ = r.(string)
		}
	}()
	f()
	return ""
}
