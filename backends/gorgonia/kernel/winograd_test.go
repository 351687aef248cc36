package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// winogradGeometries has whole and overhanging tiles, channels with padding, every padding.
func winogradGeometries() []Geometry {
	return []Geometry{{8, 8, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1}, {7, 10, 20, 33, 3, 3, 1, 1, 1, 1, 1, 1},
		{4, 4, 512, 16, 3, 3, 1, 1, 1, 1, 1, 1}, {4, 4, 512, 16, 5, 5, 1, 1, 2, 2, 1, 1}, {4, 4, 16, 512, 3, 3, 1, 1, 1, 1, 1, 1},
		{6, 5, 5, 48, 3, 3, 1, 1, 0, 2, 1, 1},
		{3, 9, 16, 16, 3, 3, 1, 1, 3, 4, 1, 1}, {8, 6, 16, 32, 5, 5, 1, 1, 2, 2, 1, 1}, {7, 9, 33, 16, 5, 5, 1, 1, 4, 0, 1, 1},
		{5, 5, 16, 16, 5, 5, 1, 1, 6, 1, 1, 1}, {1, 1, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1}, {4, 33, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1}}
}

// winogradCase is a plan with random images and their results by definition.
type winogradCase struct {
	g       Geometry
	w       *Winograd
	conv    *Conv // for the panels
	n       int
	x, dy   [][]float32 // NCHW
	weights []float32
	want    []convolved
	xs, ys  int // floats from one image to the next
}

func newWinogradCase(t *testing.T, g Geometry, n int, wide bool) *winogradCase {
	t.Helper()
	lx, ly := g.WinogradLayouts()
	if wide {
		lx.C, ly.C, lx.PadH, ly.PadW = lx.C+16, ly.C+32, lx.PadH+1, ly.PadW+2
	}
	w, err := NewWinograd(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	conv, err := NewConv(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	r := source(11)
	c := &winogradCase{g: g, w: w, conv: conv, n: n, xs: lx.Size() + 5, ys: ly.Size() + 3}
	c.weights = randoms(r, conv.weightLen())
	for range n {
		x, dy := randoms(r, g.C*g.H*g.W), randoms(r, g.K*g.OutH()*g.OutW())
		c.x, c.dy = append(c.x, x), append(c.dy, dy)
		c.want = append(c.want, convolve(g, x, c.weights, dy))
	}
	return c
}

// packed returns guarded frequencies of the weights: forward and input gradient.
func (c *winogradCase) packed(b *guards) (u, ug []float32) {
	panel := b.floats(c.conv.PanelLen())
	c.conv.Pack(c.weights, panel)
	u, ug = b.dirtyFloats(c.w.ULen()), b.dirtyFloats(c.w.ULen())
	c.w.Transform(panel, u)
	c.w.TransformGrad(panel, ug)
	return u, ug
}

// dirtyFloats returns n guarded NaN.
func (g *guards) dirtyFloats(n int) []float32 {
	s := g.floats(n)
	for i := range s {
		s[i] = float32(math.NaN())
	}
	return s
}

// images returns guarded images at a step, c channels of each from planes.
func (b *guards) images(l Layout, step, n, c int, planes [][]float32) []float32 {
	s := b.floats((n-1)*step + l.Size())
	for i := range n {
		FromNCHW(Image{l, s[i*step:]}, planes[i], c)
	}
	return s
}

// results returns guarded images for a result, full of values to overwrite.
func (b *guards) results(l Layout, step, n, c int) []float32 {
	s := b.floats((n-1)*step + l.Size())
	for i := range n {
		copy(s[i*step:], b.dirty(l, c).Data)
	}
	return s
}

func TestWinogradAgreesWithDefinition(t *testing.T) {
	for i, g := range winogradGeometries() {
		for _, n := range []int{1, 3} {
			c := newWinogradCase(t, g, n, i%3 == 1)
			for j, e := range epilogues() {
				if n > 1 && j%5 != 0 {
					continue
				}
				t.Run(fmt.Sprintf("%v/%d/%d", g, n, j), func(t *testing.T) {
					onEveryPath(t, func(t *testing.T) { c.check(t, e) })
				})
			}
		}
	}
}

// size is what a value of a full tile is like: the standard deviation of the sum of the kernel's
// products over so many channels. On images of less than a tile all values may be less.
func (c *winogradCase) size(channels int) float64 {
	return float64(c.g.KernelH) * math.Sqrt(float64(channels)) / 3
}

// largest returns the greatest size of values, which an epilogue has not masked yet.
func largest(values []float64) float64 {
	return max(slices.Max(values), -slices.Min(values))
}

// check runs both directions with an epilogue in guarded buffers.
func (c *winogradCase) check(t *testing.T, e Epilogue) {
	var b guards
	u, ug := c.packed(&b)
	lx, ly := c.w.x, c.w.y
	x, dy := b.images(lx, c.xs, c.n, c.g.C, c.x), b.images(ly, c.ys, c.n, c.g.K, c.dy)
	y := b.results(ly, c.ys, c.n, Up16(c.g.K))
	ep, wants := b.dressedBatch(e, ly, c.ys, c.n, c.g.K, c.want, func(r convolved) []float64 { return r.y })
	c.w.Forward(c.n, x, c.xs, u, y, c.ys, &ep, b.dirtyFloats(c.w.ScratchLen()))
	for i, want := range wants {
		m := Image{ly, y[i*c.ys:]}
		within(t, "y", planes(m, c.g.K), want, WinogradError, max(c.size(c.g.C), largest(c.want[i].y)))
		haloIsZero(t, "y", m, c.g.K)
	}
	dx := b.results(lx, c.xs, c.n, Up16(c.g.C))
	ep, wants = b.dressedBatch(e, lx, c.xs, c.n, c.g.C, c.want, func(r convolved) []float64 { return r.dx })
	c.w.InputGrad(c.n, dy, c.ys, ug, dx, c.xs, &ep, b.dirtyFloats(c.w.ScratchLen()))
	for i, want := range wants {
		m := Image{lx, dx[i*c.xs:]}
		within(t, "dx", planes(m, c.g.C), want, WinogradError, max(c.size(c.g.K), largest(c.want[i].dx)))
		haloIsZero(t, "dx", m, c.g.C)
	}
	if ep.Residual != nil { // the same in place
		c.w.InputGrad(c.n, dy, c.ys, ug, ep.Residual, c.xs, &ep, b.dirtyFloats(c.w.ScratchLen()))
		for i := range c.n {
			sameBits(t, "dx in place", ep.Residual[i*c.xs:][:lx.Size()], dx[i*c.xs:][:lx.Size()])
		}
	}
	b.check(t)
}

// dressedBatch fills an epilogue for n images and returns what it makes of the results.
func (b *guards) dressedBatch(e Epilogue, l Layout, step, n, c int, all []convolved,
	of func(convolved) []float64) (Epilogue, [][]float64) {
	var wants [][]float64
	length := (n-1)*step + l.Size()
	out := e
	if e.Residual != nil {
		out.Residual = b.floats(length)
	}
	if e.Mask != nil {
		out.Mask = b.floats(length)
	}
	for i := range n {
		one, want := b.dressed(e, l, c, of(all[i]))
		copy(out.Residual[min(i*step, len(out.Residual)):], one.Residual)
		copy(out.Mask[min(i*step, len(out.Mask)):], one.Mask)
		out.Bias = one.Bias
		wants = append(wants, want)
	}
	return out, wants
}

func TestWinogradWeightGradAgreesWithDefinition(t *testing.T) {
	for i, g := range winogradGeometries() {
		c := newWinogradCase(t, g, 3, i%3 == 1)
		t.Run(fmt.Sprintf("%v", g), func(t *testing.T) {
			onEveryPath(t, c.checkWeights)
		})
	}
}

func (c *winogradCase) checkWeights(t *testing.T) {
	var b guards
	x, dy := b.images(c.w.x, c.xs, c.n, c.g.C, c.x), b.images(c.w.y, c.ys, c.n, c.g.K, c.dy)
	du, sum := b.floats(c.w.ULen()), b.floats(c.w.PanelLen())
	c.conv.Pack(c.weights, sum) // the gradient is added to what is there
	scratch := b.dirtyFloats(c.w.ScratchLen())
	c.w.WeightGrad(1, x, c.xs, dy, c.ys, du, scratch)
	if c.n > 1 {
		c.w.WeightGrad(c.n-1, x[c.xs:], c.xs, dy[c.ys:], c.ys, du, scratch)
	}
	c.w.AddGrad(du, sum)
	got, want := make([]float32, len(c.weights)), make([]float64, len(c.weights))
	c.conv.Unpack(sum, got)
	for i, w := range c.weights {
		want[i] = float64(w)
		for _, r := range c.want {
			want[i] += r.dw[i]
		}
	}
	within(t, "dw", got, want, WinogradError, c.size(c.n))
	b.check(t)
}

// An image's bits do not depend on its company, nor on the vectors of the machine.
func TestWinogradImagesAreIndependent(t *testing.T) {
	for _, g := range winogradGeometries() {
		const n = 9
		lx, ly := g.WinogradLayouts()
		w, err := NewWinograd(g, lx, ly)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprintf("%v", g), func(t *testing.T) {
			vectorBits(t, func(t *testing.T) []float32 {
				r := source(3)
				x, dy := randoms(r, n*lx.Size()), randoms(r, n*ly.Size())
				u, du := randoms(r, w.ULen()), make([]float32, w.ULen())
				scratch, y := make([]float32, w.ScratchLen()), make([]float32, n*ly.Size())
				w.Forward(n, x, lx.Size(), u, y, ly.Size(), &Epilogue{Bias: u, ReLU: true}, scratch)
				one := make([]float32, ly.Size())
				for i := range n {
					w.Forward(1, x[i*lx.Size():], lx.Size(), u, one, ly.Size(), &Epilogue{Bias: u, ReLU: true}, scratch)
					sameBits(t, "one image against its batch", one, y[i*ly.Size():][:ly.Size()])
				}
				w.WeightGrad(n, x, lx.Size(), dy, ly.Size(), du, scratch)
				panel := make([]float32, w.PanelLen())
				w.AddGrad(du, panel)
				w.TransformGrad(panel, du)
				return append(append(y, panel...), du...)
			})
		})
	}
}

// What a bad input reaches by definition is not finite; what no tile shares with it is right.
func TestWinogradPassesNaNAndInf(t *testing.T) {
	for _, g := range []Geometry{{16, 16, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1}, {9, 11, 16, 16, 5, 5, 1, 1, 2, 2, 1, 1}} {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			t.Run(fmt.Sprintf("%v/%g", g, bad), func(t *testing.T) {
				c := newWinogradCase(t, g, 1, false)
				clean := c.want[0].y
				c.x[0][5*g.W+6] = float32(bad)
				want := convolve(g, c.x[0], c.weights, c.dy[0]).y
				onEveryPath(t, func(t *testing.T) { c.checkBad(t, clean, want, math.IsNaN(bad)) })
			})
		}
	}
}

func (c *winogradCase) checkBad(t *testing.T, clean, want []float64, relu bool) {
	var b guards
	u, _ := c.packed(&b)
	y := Image{c.w.y, b.floats(c.w.y.Size())}
	x := b.images(c.w.x, c.xs, 1, c.g.C, c.x)
	c.w.Forward(1, x, c.xs, u, y.Data, c.ys, &Epilogue{ReLU: relu}, b.floats(c.w.ScratchLen()))
	right := 0
	for i, got := range planes(y, c.g.K) {
		v := float64(got)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		ref := want[i]
		if relu {
			ref = max(ref, 0)
		}
		if math.IsNaN(ref) || math.IsInf(ref, 0) || math.Abs(v-max(clean[i], ref)) > 1e-4 {
			t.Fatalf("value %d is %g, want %g", i, v, ref)
		}
		right++
	}
	if right < len(want)/3 {
		t.Errorf("%d of %d values are finite, want at least a third", right, len(want))
	}
	b.check(t)
}
