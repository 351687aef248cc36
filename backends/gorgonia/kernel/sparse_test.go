package kernel

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// sparseRows returns n rows of k values, of which about the given share are not 0.
func sparseRows(seed uint64, n, k int, share float64) []float32 {
	r := source(seed)
	x := randoms(r, n*k)
	for i := range x {
		if r.Float64() > share {
			x[i] = 0
		}
	}
	return x
}

// Leaving out zeros changes no bit, with every epilogue, on every path, and gives what float64 does.
func TestSparseGivesTheBitsOfDense(t *testing.T) {
	for i, d := range []denseCase{
		{256, 256, 256, 13}, {64, 784, 64, 5}, {80, 65, 80, 1}, {448, 130, 448, 3},
		{112, 64, 112, 8},
	} {
		for _, share := range []float64{0, 0.5, 1} {
			t.Run(fmt.Sprintf("%v/%v", d, share), func(t *testing.T) {
				onEveryPath(t, func(t *testing.T) { checkSparse(t, uint64(i), d, share) })
			})
		}
	}
}

func checkSparse(t *testing.T, seed uint64, d denseCase, share float64) {
	l, s := sparseOf(t, d.in, d.out)
	var b guards
	r := source(seed)
	x, w := b.copied(sparseRows(seed, d.n, d.in, share)), randoms(r, d.out*d.in)
	panel, tiles := b.floats(l.PanelLen()), b.floats(s.PanelLen())
	l.Pack(w, panel)
	s.Pack(panel, tiles)
	residual, mask := b.copied(randoms(r, d.n*l.YPitch())), b.copied(randoms(r, d.n*l.YPitch()))
	bias := b.copied(randoms(r, Up16(d.out)))
	var z Nonzeros
	nonzero := 0
	for _, v := range x {
		if v != 0 {
			nonzero++
		}
	}
	if got := z.Find(s, d.n, x); got != nonzero {
		t.Errorf("found %d values, want %d", got, nonzero)
	}
	for _, e := range []*Epilogue{nil, {Bias: bias, ReLU: true}, {Bias: bias}, {Residual: residual},
		{Mask: mask}, {Bias: bias, Residual: residual, ReLU: true, Mask: mask}} {
		want, got := b.floats(d.n*l.YPitch()), b.floats(d.n*l.YPitch())
		l.Forward(d.n, x, panel, want, e)
		s.Run(&z, tiles, got, e)
		sameBits(t, fmt.Sprintf("%+v", e != nil), got, want)
		if e == nil {
			exact := d.product(x, w, make([]float32, d.n*d.out)).y
			sumsTo(t, "y", tight(got, d.n, d.out, l.YPitch()), exact, d.in)
		}
	}
	b.check(t)
}

// Values that are no numbers go through as in the other product, and the least ones are not left out.
func TestSparseKeepsNaN(t *testing.T) {
	const n = 5
	l, s := sparseOf(t, 96, 80)
	onEveryPath(t, func(t *testing.T) {
		r := source(7)
		x, panel, tiles := sparseRows(7, n, 96, 0.5), randoms(r, l.PanelLen()), make([]float32, s.PanelLen())
		x[3], x[96+70], x[2*96+5] = float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))
		x[2*96+95] = float32(math.Inf(1)) // with the other: NaN where the weights' signs agree
		x[3*96+1], x[3*96+2] = float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32
		for k := range panel {
			panel[k] *= 1 << 20 // so that the smallest number counts
		}
		s.Pack(panel, tiles)
		want, got := make([]float32, n*80), make([]float32, n*80)
		var z Nonzeros
		z.Find(s, n, x)
		l.Forward(n, x, panel, want, nil)
		s.Run(&z, tiles, got, nil)
		for i := range want {
			if math.IsNaN(float64(want[i])) && math.IsNaN(float64(got[i])) {
				want[i], got[i] = 0, 0 // whatever their other bits are
			}
		}
		sameBits(t, "y", got, want)
		if !math.IsInf(float64(want[80]), 0) || want[0] != 0 {
			t.Errorf("rows of a NaN and of an infinity begin with %v and %v, want NaN (as 0) and infinity", want[0], want[80])
		}
	})
}

func TestSparseRefuses(t *testing.T) {
	_, s := sparseOf(t, 64, 80)
	x, panel, tiles := make([]float32, 3*64), make([]float32, s.PanelLen()), make([]float32, s.PanelLen())
	y := make([]float32, 3*80)
	var z, short Nonzeros
	z.Find(s, 3, x)
	for name, f := range map[string]func(){
		"panel":    func() { s.Pack(panel[1:], tiles) },
		"packed":   func() { s.Pack(panel, tiles[1:]) },
		"x":        func() { short.Find(s, 3, x[1:]) },
		"tiles":    func() { s.Run(&z, tiles[1:], y, nil) },
		"y":        func() { s.Run(&z, tiles, y[1:], nil) },
		"bias":     func() { s.Run(&z, tiles, y, &Epilogue{Bias: y[:79]}) },
		"residual": func() { s.Run(&z, tiles, y, &Epilogue{Residual: y[1:]}) },
		"mask":     func() { s.Run(&z, tiles, y, &Epilogue{Mask: y[1:]}) },
	} {
		if got := panics(f); !strings.Contains(got, "sparse product") || !strings.Contains(got, "want at least") {
			t.Errorf("%s: panic %q, want one that names the sparse product and the length", name, got)
		}
	}
	s.Run(&short, nil, nil, nil) // what was not found is no rows
}

// Values that were found for a product of other inputs are refused, fewer and more.
func TestSparseRefusesValuesOfAnother(t *testing.T) {
	_, s := sparseOf(t, 128, 64)
	tiles, y := make([]float32, s.PanelLen()), make([]float32, 2*64)
	for _, in := range []int{64, 448} {
		_, other := sparseOf(t, in, 64)
		var z Nonzeros
		z.Find(other, 2, randoms(source(1), 2*in))
		want := fmt.Sprintf("sparse product: values of rows of %d inputs, want 128", in)
		if got := panics(func() { s.Run(&z, tiles, y, nil) }); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}
}

// sparseOf returns a layer and its forward product that leaves out zeros.
func sparseOf(t testing.TB, in, out int) (*Dense, Sparse) {
	t.Helper()
	l, err := NewDense(in, out, in)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := l.SparseForward()
	if !ok {
		t.Fatal("no product that leaves out zeros")
	}
	return l, s
}

func TestSparseIsForLayersThatPay(t *testing.T) {
	for _, tt := range []struct {
		in, out       int
		forward, grad bool
	}{
		{784, 256, false, true}, {256, 256, true, true}, {256, 10, false, false}, {63, 64, false, true},
		{64, 64, true, true}, {72, 80, false, true}, {500, 449, false, false},
	} {
		l, err := NewDense(tt.in, tt.out, tt.in)
		if err != nil {
			t.Fatal(err)
		}
		_, forward := l.SparseForward()
		_, grad := l.SparseGrad()
		if forward != tt.forward || grad != tt.grad {
			t.Errorf("%d to %d: %v forward, %v by input; want %v, %v", tt.in, tt.out, forward, grad, tt.forward, tt.grad)
		}
	}
}

// BenchmarkSparse has a product with half of its inputs 0, counted as if none were.
func BenchmarkSparse(b *testing.B) {
	const n = 64
	for _, d := range []denseCase{{256, 784, 256, n}, {256, 256, 256, n}} {
		l, err := NewDense(d.in, d.out, d.pitch)
		if err != nil {
			b.Fatal(err)
		}
		x := sparseRows(1, n, d.in, 0.5)
		s, _ := l.SparseForward()
		panel, tiles := randoms(source(1), l.PanelLen()), make([]float32, s.PanelLen())
		s.Pack(panel, tiles)
		y := make([]float32, n*l.YPitch())
		var z Nonzeros
		for name, f := range map[string]func(){
			"dense":  func() { l.Forward(n, x, panel, y, nil) },
			"sparse": func() { z.Find(s, n, x); s.Run(&z, tiles, y, nil) },
			"find":   func() { z.Find(s, n, x) },
			"pack":   func() { s.Pack(panel, tiles) },
		} {
			b.Run(fmt.Sprintf("%d-%d/%s", d.in, d.out, name), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				flops(b, 2*n*d.in*d.out)
			})
		}
	}
}
