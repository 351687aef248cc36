package kernel

import (
	"fmt"
	"math"
	"testing"
)

// convTolerance is relative to the largest value: single precision, sums of up to 2000 terms.
const convTolerance = 5e-6

// geometries is every kernel with every stride and padding; channels, sizes and, for every
// fourth, dilations take turns.
func geometries() []Geometry {
	channels := []int{1, 3, 5, 16, 20, 33}
	dilations := [][2]int{{2, 2}, {1, 3}, {2, 1}, {3, 2}, {4, 5}, {0, 2}, {6, 3}}
	sizes := [][2]int{{7, 6}, {1, 9}, {8, 1}, {13, 12}, {1, 1}, {9, 9}, {2, 14}}
	var all []Geometry
	for _, k := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {5, 5}, {7, 7}, {1, 3}, {3, 2}, {5, 1}} {
		for _, s := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {2, 1}, {1, 3}} {
			for _, p := range [][2]int{{0, 0}, {k[0] / 2, k[1] / 2}, {k[0] - 1, k[1] - 1}, {k[0] + 1, 1}, {1, k[1]}} {
				for range 2 {
					n := len(all)
					hw := sizes[n%len(sizes)]
					d := [2]int{}
					if n%4 == 3 {
						d = dilations[n/4%len(dilations)]
					}
					g := Geometry{hw[0], hw[1], channels[n%6], channels[n/6%6], k[0], k[1], s[0], s[1], p[0], p[1], d[0], d[1]}
					h, w := g.axes()
					g.H, g.W = max(g.H, h.reach()-2*p[0]), max(g.W, w.reach()-2*p[1])
					all = append(all, g)
				}
			}
		}
	}
	return all
}

// widened returns layouts larger than needed, as a neighbouring layer may ask for.
func widened(g Geometry) (x, y Layout) {
	x, y = g.Layouts()
	x.C, y.C = Up16(g.C)+16, y.C+16
	x.PadH, y.PadW = x.PadH+1, y.PadW+2
	return x, y
}

func TestConvAgreesWithDefinition(t *testing.T) {
	for i, g := range geometries() {
		r := source(uint64(i))
		x, w := randoms(r, g.C*g.H*g.W), randoms(r, g.K*g.C*g.KernelH*g.KernelW)
		dy := randoms(r, g.K*g.OutH()*g.OutW())
		want := convolve(g, x, w, dy)
		lx, ly := g.Layouts()
		if i%3 == 2 {
			lx, ly = widened(g)
		}
		t.Run(fmt.Sprintf("%v", g), func(t *testing.T) {
			vectorBits(t, func(t *testing.T) []float32 {
				c, err := NewConv(g, lx, ly)
				if err != nil {
					t.Fatal(err)
				}
				return checkConv(t, c, x, w, dy, want)
			})
		})
	}
}

// terms returns the most terms of a result.
func (p *planner) terms() (n int) {
	for i := range p.phases {
		n = max(n, p.phases[i].terms())
	}
	return n
}

// checkConv runs all three passes in guarded buffers and returns their results.
func checkConv(t *testing.T, c *Conv, x, w, dy []float32, want convolved) []float32 {
	var b guards
	g := c.g
	panel, gradPanel := b.floats(c.PanelLen()), b.floats(c.GradPanelLen())
	for i := range gradPanel { // PackGrad writes all of it
		gradPanel[i] = float32(math.NaN())
	}
	c.Pack(w, panel)
	c.PackGrad(panel, gradPanel)
	mx, my := Image{c.x, b.floats(c.x.Size())}, b.dirty(c.y, Up16(g.K))
	FromNCHW(mx, x, g.C)
	c.Forward(mx.Data, panel, my.Data, nil)
	sumsTo(t, "y", planes(my, g.K), want.y, c.fwd.terms())
	haloIsZero(t, "y", my, g.K)

	md, mdx := Image{c.y, b.floats(c.y.Size())}, b.dirty(c.x, min(Up16(g.C), c.x.C))
	FromNCHW(md, dy, g.K)
	c.InputGrad(md.Data, gradPanel, mdx.Data, nil)
	sumsTo(t, "dx", planes(mdx, g.C), want.dx, c.grad.terms())
	haloIsZero(t, "dx", mdx, g.C)

	sum := b.floats(c.PanelLen())
	c.Pack(w, sum) // the gradient is added to what is there
	c.WeightGrad(mx.Data, md.Data, sum)
	got := make([]float32, len(w))
	c.Unpack(sum, got)
	plus := make([]float64, len(w))
	for i := range plus {
		plus[i] = want.dw[i] + float64(w[i])
	}
	sumsTo(t, "dw", got, plus, len(dy)/g.K)
	got = append(append(got, my.Data...), mdx.Data...)
	b.check(t)
	return got
}

func TestUnpackReversesPack(t *testing.T) {
	g := Geometry{5, 5, 20, 33, 3, 2, 1, 1, 1, 1, 1, 1}
	x, y := g.Layouts()
	c, err := NewConv(g, x, y)
	if err != nil {
		t.Fatal(err)
	}
	want := randoms(source(1), c.weightLen())
	panel, got := make([]float32, c.PanelLen()), make([]float32, len(want))
	c.Pack(want, panel)
	c.Unpack(panel, got)
	sameBits(t, "weights", got, want)
}

// epilogues is every subset of the steps.
func epilogues() []Epilogue {
	some := []float32{}
	var all []Epilogue
	for i := range 16 {
		var e Epilogue
		if i&1 != 0 {
			e.Bias = some
		}
		if i&2 != 0 {
			e.Residual = some
		}
		e.ReLU = i&4 != 0
		if i&8 != 0 {
			e.Mask = some
		}
		all = append(all, e)
	}
	return all
}

// dressed fills an epilogue's slices for c channels of a result of layout l and
// returns what it makes of want (NCHW).
func (b *guards) dressed(e Epilogue, l Layout, c int, want []float64) (Epilogue, []float64) {
	r := source(7)
	out := append([]float64(nil), want...)
	if e.Bias != nil {
		e.Bias = b.floats(min(Up16(c), l.C))
		fill(r, e.Bias[:c])
	}
	var res, mask []float32
	if e.Residual != nil {
		m := b.image(r, l, c)
		e.Residual, res = m.Data, planes(m, c)
	}
	if e.Mask != nil {
		m := b.image(r, l, c)
		m.Data[m.Off(0, 0)] = 0 // the derivative of ReLU at 0 is 0, at NaN as well
		m.Data[m.Off(l.H-1, l.W-1)] = float32(math.NaN())
		e.Mask, mask = m.Data, planes(m, c)
	}
	for i := range out {
		if e.Bias != nil {
			out[i] += float64(e.Bias[i/(l.H*l.W)])
		}
		if res != nil {
			out[i] += float64(res[i])
		}
		if e.ReLU && out[i] < 0 || mask != nil && !(mask[i] > 0) {
			out[i] = 0
		}
	}
	return e, out
}

func TestConvEpilogue(t *testing.T) {
	for _, g := range []Geometry{{6, 7, 3, 20, 3, 3, 1, 1, 1, 1, 1, 1}, {5, 9, 33, 16, 3, 3, 2, 2, 1, 1, 1, 1},
		{4, 5, 500, 5, 1, 1, 1, 1, 0, 0, 1, 1}, {3, 5, 5, 500, 1, 1, 1, 1, 0, 0, 1, 1}, // reductions that are cut
		{7, 9, 3, 20, 3, 3, 1, 1, 2, 2, 2, 2}, {8, 9, 20, 33, 3, 2, 2, 2, 2, 2, 3, 3}} { // and in sets
		r := source(3)
		x, w := randoms(r, g.C*g.H*g.W), randoms(r, g.K*g.C*g.KernelH*g.KernelW)
		dy := randoms(r, g.K*g.OutH()*g.OutW())
		ref := convolve(g, x, w, dy)
		lx, ly := g.Layouts()
		c, err := NewConv(g, lx, ly)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range epilogues() {
			t.Run(fmt.Sprintf("%v/%d", g, i), func(t *testing.T) {
				onEveryPath(t, func(t *testing.T) { checkEpilogue(t, c, e, x, w, dy, ref) })
			})
		}
	}
}

func checkEpilogue(t *testing.T, c *Conv, e Epilogue, x, w, dy []float32, ref convolved) {
	var b guards
	panel, gradPanel := b.floats(c.PanelLen()), b.floats(c.GradPanelLen())
	c.Pack(w, panel)
	c.PackGrad(panel, gradPanel)
	mx, md := Image{c.x, b.floats(c.x.Size())}, Image{c.y, b.floats(c.y.Size())}
	FromNCHW(mx, x, c.g.C)
	FromNCHW(md, dy, c.g.K)

	y := b.dirty(c.y, Up16(c.g.K))
	ep, want := b.dressed(e, c.y, c.g.K, ref.y)
	c.Forward(mx.Data, panel, y.Data, &ep)
	sumsTo(t, "y", planes(y, c.g.K), want, c.fwd.terms())

	dx := b.dirty(c.x, min(Up16(c.g.C), c.x.C))
	ep, want = b.dressed(e, c.x, c.g.C, ref.dx)
	c.InputGrad(md.Data, gradPanel, dx.Data, &ep)
	sumsTo(t, "dx", planes(dx, c.g.C), want, c.grad.terms())

	if ep.Residual != nil { // the same in place
		c.InputGrad(md.Data, gradPanel, ep.Residual, &ep)
		sameBits(t, "dx in place", ep.Residual, dx.Data)
	}
	b.check(t)
}

func TestConvPassesNaNAndInf(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, g := range []Geometry{{6, 6, 3, 16, 3, 3, 1, 1, 1, 1, 1, 1}, {7, 7, 16, 20, 3, 3, 2, 2, 1, 1, 1, 1},
		{9, 8, 16, 20, 3, 3, 1, 1, 2, 2, 2, 2}} {
		for _, bad := range []float32{nan, inf, -inf} {
			t.Run(fmt.Sprintf("%v/%g", g, bad), func(t *testing.T) {
				onEveryPath(t, func(t *testing.T) { checkBad(t, g, bad) })
			})
		}
	}
}

// checkBad puts a bad value into x and dy and expects it wherever the definition has it.
func checkBad(t *testing.T, g Geometry, bad float32) {
	r := source(5)
	x, w := randoms(r, g.C*g.H*g.W), randoms(r, g.K*g.C*g.KernelH*g.KernelW)
	dy := randoms(r, g.K*g.OutH()*g.OutW())
	x[g.H*g.W/2], dy[3] = bad, bad
	want := convolve(g, x, w, dy)
	for i, v := range want.y {
		if v < 0 {
			want.y[i] = 0
		}
	}
	lx, ly := g.Layouts()
	c, err := NewConv(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	panel, gradPanel := make([]float32, c.PanelLen()), make([]float32, c.GradPanelLen())
	c.Pack(w, panel)
	c.PackGrad(panel, gradPanel)
	mx, md := Image{lx, make([]float32, lx.Size())}, Image{ly, make([]float32, ly.Size())}
	y, dx := Image{ly, make([]float32, ly.Size())}, Image{lx, make([]float32, lx.Size())}
	FromNCHW(mx, x, g.C)
	FromNCHW(md, dy, g.K)
	c.Forward(mx.Data, panel, y.Data, &Epilogue{ReLU: true})
	closeTo(t, "y", planes(y, g.K), want.y, convTolerance)
	c.InputGrad(md.Data, gradPanel, dx.Data, nil)
	closeTo(t, "dx", planes(dx, g.C), want.dx, convTolerance)
}
