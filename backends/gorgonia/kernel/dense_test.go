package kernel

import (
	"fmt"
	"strings"
	"testing"
)

// denseCase is a layer, the pitch of its rows and a number of rows.
type denseCase struct{ in, out, pitch, n int }

func denseCases() []denseCase {
	all := []denseCase{{784, 40, 784, 13}, {449, 17, 464, 7}, {1000, 10, 1000, 6},
		{5, 3, 5, 200}, {16, 16, 16, 192}, {20, 33, 32, 400}}
	for n := 1; n <= 13; n++ {
		all = append(all, denseCase{[]int{1, 3, 16, 20, 33}[n%5], []int{1, 5, 16, 20, 33}[n%4], 40, n})
	}
	return all
}

// product is the float64 reference: y = x W^T, dx = dy W, dw = dy^T x, without pitches.
func (d denseCase) product(x, w, dy []float32) convolved {
	r := convolved{make([]float64, d.n*d.out), make([]float64, d.n*d.in), make([]float64, d.out*d.in)}
	for n := range d.n {
		for k := range d.out {
			for i := range d.in {
				xv, wv, dv := float64(x[n*d.in+i]), float64(w[k*d.in+i]), float64(dy[n*d.out+k])
				r.y[n*d.out+k] += xv * wv
				r.dx[n*d.in+i] += dv * wv
				r.dw[k*d.in+i] += dv * xv
			}
		}
	}
	return r
}

// rows spreads dense rows of c values over rows of a pitch; the last ends at end.
func (b *guards) rows(s []float32, n, c, pitch, end int) []float32 {
	m := b.floats((n-1)*pitch + end)
	for i := range n {
		copy(m[i*pitch:], s[i*c:][:c])
	}
	return m
}

// tight takes rows of a pitch apart again.
func tight(s []float32, n, c, pitch int) []float32 {
	var m []float32
	for i := range n {
		m = append(m, s[i*pitch:][:c]...)
	}
	return m
}

func TestDenseAgreesWithDefinition(t *testing.T) {
	for i, d := range denseCases() {
		r := source(uint64(i))
		x, w, dy := randoms(r, d.n*d.in), randoms(r, d.out*d.in), randoms(r, d.n*d.out)
		want := d.product(x, w, dy)
		t.Run(fmt.Sprintf("%v", d), func(t *testing.T) {
			onEveryPath(t, func(t *testing.T) { checkDense(t, d, x, w, dy, want) })
		})
	}
}

func checkDense(t *testing.T, d denseCase, x, w, dy []float32, want convolved) {
	l, err := NewDense(d.in, d.out, d.pitch)
	if err != nil {
		t.Fatal(err)
	}
	var b guards
	panel, gradPanel := b.floats(l.PanelLen()), b.floats(l.GradPanelLen())
	l.Pack(w, panel)
	l.PackGrad(panel, gradPanel)
	mx := b.rows(x, d.n, d.in, d.pitch, d.in)
	md := b.rows(dy, d.n, d.out, l.YPitch(), l.YPitch())

	y, dx := b.floats(d.n*l.YPitch()), b.floats(d.n*l.DXPitch())
	l.Forward(d.n, mx, panel, y, nil)
	sumsTo(t, "y", tight(y, d.n, d.out, l.YPitch()), want.y, d.in)
	haloIsZero(t, "y", Image{Rows(d.n, l.YPitch()), y}, d.out)
	l.InputGrad(d.n, md, gradPanel, dx, nil)
	sumsTo(t, "dx", tight(dx, d.n, d.in, l.DXPitch()), want.dx, d.out)
	haloIsZero(t, "dx", Image{Rows(d.n, l.DXPitch()), dx}, d.in)

	sum, got := b.copied(panel), make([]float32, len(w))
	l.WeightGrad(d.n, mx, md, sum)
	l.Unpack(sum, got)
	plus := make([]float64, len(w))
	for i := range plus {
		plus[i] = want.dw[i] + float64(w[i])
	}
	sumsTo(t, "dw", got, plus, d.n)
	b.check(t)
}

func TestDenseEpilogue(t *testing.T) {
	d := denseCase{500, 20, 500, 200} // splits the reduction and the rows
	r := source(2)
	x, w, dy := randoms(r, d.n*d.in), randoms(r, d.out*d.in), randoms(r, d.n*d.out)
	want := d.product(x, w, dy)
	l, err := NewDense(d.in, d.out, d.pitch)
	if err != nil {
		t.Fatal(err)
	}
	planar := make([]float64, len(want.y)) // [out][n], as one row of n pixels
	for i, v := range want.y {
		planar[i%d.out*d.n+i/d.out] = v
	}
	for i, e := range epilogues() {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			onEveryPath(t, func(t *testing.T) {
				var b guards
				panel := b.floats(l.PanelLen())
				l.Pack(w, panel)
				y := Image{Rows(d.n, l.YPitch()), b.floats(d.n * l.YPitch())}
				ep, want := b.dressed(e, y.Layout, d.out, planar)
				l.Forward(d.n, x, panel, y.Data, &ep)
				closeTo(t, "y", planes(y, d.out), want, convTolerance)
				b.check(t)
			})
		})
	}
}

// Blocks of outputs have the bits of all, and nothing else is written.
func TestDenseBlocksAreThoseOfForward(t *testing.T) {
	d := denseCase{500, 70, 500, 13}
	l, err := NewDense(d.in, d.out, d.pitch)
	if err != nil {
		t.Fatal(err)
	}
	onEveryPath(t, func(t *testing.T) {
		var b guards
		r := source(5)
		x, panel := b.copied(randoms(r, d.n*d.in)), b.floats(l.PanelLen())
		l.Pack(randoms(r, d.out*d.in), panel)
		size := d.n * l.YPitch()
		e := &Epilogue{Bias: b.copied(randoms(r, Up16(d.out))), Residual: b.copied(randoms(r, size)),
			Mask: b.copied(randoms(r, size)), ReLU: true}
		for _, e := range []*Epilogue{nil, e} {
			all, got := b.floats(size), b.floats(size)
			l.Forward(d.n, x, panel, all, e)
			for _, cut := range [][2]int{{1, 3}, {4, 5}, {0, 1}} {
				l.ForwardBlocks(cut[0], cut[1], d.n, x, panel, got, e)
			}
			for i := range all {
				if block := i % l.YPitch() / 16; block == 3 {
					all[i] = 0
				}
			}
			sameBits(t, "blocks", got, all)
		}
		b.check(t)
	})
}

// A row's bits are the same whatever rows are computed with it.
func TestDenseRowsAreIndependent(t *testing.T) {
	l, err := NewDense(500, 20, 500)
	if err != nil {
		t.Fatal(err)
	}
	const n = 205
	r := source(4)
	x, w := randoms(r, n*500), randoms(r, 20*500)
	onEveryPath(t, func(t *testing.T) {
		panel, all := make([]float32, l.PanelLen()), make([]float32, n*l.YPitch())
		l.Pack(w, panel)
		l.Forward(n, x, panel, all, nil)
		for size := 1; size <= 14; size++ {
			for from := 0; from+size <= n; from += 17 {
				some := make([]float32, size*l.YPitch())
				l.Forward(size, x[from*500:], panel, some, nil)
				sameBits(t, "rows", some, all[from*l.YPitch():][:len(some)])
			}
		}
	})
}

func TestDenseOfNoRowsDoesNothing(t *testing.T) {
	l, err := NewDense(4, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	panel, grad := make([]float32, l.PanelLen()), make([]float32, l.GradPanelLen())
	l.Forward(0, nil, panel, nil, nil)
	l.InputGrad(0, nil, grad, nil, nil)
	l.WeightGrad(0, nil, nil, panel)
	sameBits(t, "gradient", panel, make([]float32, len(panel)))
}

func TestDenseRefuses(t *testing.T) {
	for _, d := range []denseCase{{0, 1, 1, 0}, {1, 0, 1, 0}, {4, 4, 3, 0}, {1 << 20, 1 << 20, 1 << 20, 0}} {
		if _, err := NewDense(d.in, d.out, d.pitch); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%+v: error %v, want one that says what would be right", d, err)
		}
	}
	l, err := NewDense(20, 20, 24)
	if err != nil {
		t.Fatal(err)
	}
	p, x, y := make([]float32, l.PanelLen()), make([]float32, 3*24), make([]float32, 3*32)
	gp := make([]float32, l.GradPanelLen())
	for name, f := range map[string]func(){
		"x":     func() { l.Forward(3, x[:67], p, y, nil) },
		"panel": func() { l.Forward(3, x, p[1:], y, nil) },
		"y":     func() { l.Forward(3, x, p, y[1:], nil) },
		"bias":  func() { l.Forward(3, x, p, y, &Epilogue{Bias: p[:20]}) },
		"mask":  func() { l.InputGrad(3, y, gp, y, &Epilogue{Mask: y[1:]}) },
		"dy":    func() { l.InputGrad(3, y[:83], gp, y, nil) },
		"gp":    func() { l.InputGrad(3, y, gp[1:], y, nil) },
		"dx":    func() { l.InputGrad(3, y, gp, y[1:], nil) },
		"dw":    func() { l.WeightGrad(3, x, y, p[1:]) },
		"wdy":   func() { l.WeightGrad(3, x, y[1:], p) },
		"pack":  func() { l.Pack(p[:399], p) },

		"x of blocks":        func() { l.ForwardBlocks(0, 1, 3, x[:67], p, y, nil) },
		"panel of blocks":    func() { l.ForwardBlocks(0, 1, 3, x, p[1:], y, nil) },
		"y of blocks":        func() { l.ForwardBlocks(0, 1, 3, x, p, y[1:], nil) },
		"bias of blocks":     func() { l.ForwardBlocks(1, 2, 3, x, p, y, &Epilogue{Bias: p[:20]}) },
		"residual of blocks": func() { l.ForwardBlocks(1, 2, 3, x, p, y, &Epilogue{Residual: y[1:]}) },
	} {
		if got := panics(f); !strings.Contains(got, "dense layer") || !strings.Contains(got, "want at least") {
			t.Errorf("%s: panic %q, want one that names the dense layer and the length", name, got)
		}
	}
	for _, b := range [][2]int{{-1, 1}, {0, 3}, {1, 1}, {2, 1}} {
		want := fmt.Sprintf("dense layer: blocks %d to %d of 2", b[0], b[1])
		if got := panics(func() { l.ForwardBlocks(b[0], b[1], 3, x, p, y, nil) }); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}
}
