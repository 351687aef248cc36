package kernel

import "testing"

// The fuzz targets draw shapes and compare every path with the float64 references of the
// tests, in buffers between guards. Bytes are taken modulo the ranges, so that all of them
// mean something; what is too large for a quick reference is left out.

// mostProducts bounds the products of a reference.
const mostProducts = 1 << 17

// upto maps a byte to lo..hi.
func upto(b uint8, lo, hi int) int { return lo + int(b)%(hi-lo+1) }

// fuzzChannels maps a byte to 1..48 channels or, rarely, to so many that a reduction is cut.
func fuzzChannels(b uint8) int {
	if b > 250 {
		return maxRun + 2*int(b-250)
	}
	return upto(b, 1, 48)
}

// fuzzGeometry returns a convolution, of which not all are valid.
func fuzzGeometry(size, channels, kernel, stride, pad, dilation uint16) Geometry {
	lo, hi := func(v uint16) uint8 { return uint8(v) }, func(v uint16) uint8 { return uint8(v >> 8) }
	return Geometry{H: upto(lo(size), 1, 17), W: upto(hi(size), 1, 17),
		C: fuzzChannels(lo(channels)), K: fuzzChannels(hi(channels)),
		KernelH: upto(lo(kernel), 1, 7), KernelW: upto(hi(kernel), 1, 7),
		StrideH: upto(lo(stride), 1, 5), StrideW: upto(hi(stride), 1, 5),
		PadH: upto(lo(pad), 0, 9), PadW: upto(hi(pad), 0, 9),
		DilationH: upto(lo(dilation), 0, 6), DilationW: upto(hi(dilation), 0, 6)}
}

// pair puts two bytes into the form of fuzzGeometry's arguments, which start their ranges at from.
func pair(a, b, from int) uint16 { return uint16(uint8(a-from)) | uint16(uint8(b-from))<<8 }

func (g Geometry) products() int { return g.OutH() * g.OutW() * g.C * g.K * g.KernelH * g.KernelW }

func FuzzConv(f *testing.F) {
	for i, g := range geometries() {
		if i%13 == 0 {
			f.Add(pair(g.H, g.W, 1), pair(g.C, g.K, 1), pair(g.KernelH, g.KernelW, 1), pair(g.StrideH, g.StrideW, 1),
				pair(g.PadH, g.PadW, 0), pair(g.DilationH, g.DilationW, 0), uint8(i), uint64(i))
		}
	}
	f.Add(pair(3, 2, 1), pair(251, 4, 0), pair(1, 1, 1), pair(1, 1, 1), uint16(0), uint16(0), uint8(2), uint64(1))
	f.Add(pair(3, 2, 1), pair(4, 251, 0), pair(1, 1, 1), pair(1, 1, 1), uint16(0), uint16(0), uint8(10), uint64(2))
	f.Fuzz(func(t *testing.T, size, channels, kernel, stride, pad, dilation uint16, how uint8, seed uint64) {
		g := fuzzGeometry(size, channels, kernel, stride, pad, dilation)
		if g.Validate() != nil || g.products() > mostProducts {
			return
		}
		lx, ly := g.Layouts()
		if how&16 != 0 {
			lx, ly = widened(g)
		}
		c, err := NewConv(g, lx, ly)
		if err != nil {
			t.Fatalf("%+v: %v", g, err)
		}
		r := source(seed)
		x, w, dy := randoms(r, g.C*g.H*g.W), randoms(r, c.weightLen()), randoms(r, g.K*g.OutH()*g.OutW())
		want := convolve(g, x, w, dy)
		vectorBits(t, func(t *testing.T) []float32 {
			checkEpilogue(t, c, epilogues()[how%16], x, w, dy, want)
			return checkConv(t, c, x, w, dy, want)
		})
	})
}

func FuzzWinograd(f *testing.F) {
	for i, g := range winogradGeometries() {
		f.Add(pair(g.H, g.W, 1), pair(g.C, g.K, 1), g.KernelH == 5, pair(g.PadH, g.PadW, 0), uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, size, channels uint16, five bool, pad uint16, images, how uint8) {
		kernel := pair(3, 3, 1)
		if five {
			kernel = pair(5, 5, 1)
		}
		g, n := fuzzGeometry(size, channels, kernel, 0, pad, 0), upto(images, 1, 4)
		if g.Validate() != nil || n*g.products() > mostProducts || max(g.C, g.K) > 256 {
			return
		}
		c := newWinogradCase(t, g, n, how&16 != 0)
		onEveryPath(t, func(t *testing.T) {
			c.check(t, epilogues()[how%16])
			c.checkWeights(t)
		})
	})
}

func FuzzDense(f *testing.F) {
	for i, d := range denseCases() {
		f.Add(uint16(d.in-1), uint16(d.out-1), uint16(d.n-1), uint8(d.pitch-d.in), uint8(i), uint64(i))
	}
	f.Add(uint16(7), uint16(499), uint16(2), uint8(0), uint8(2), uint64(1))
	f.Fuzz(func(t *testing.T, in, out, rows uint16, pitch, how uint8, seed uint64) {
		d := denseCase{in: 1 + int(in%1000), out: 1 + int(out%1000), n: 1 + int(rows%500)}
		d.pitch = d.in + int(pitch%40)
		if d.in*d.out*d.n > mostProducts {
			return
		}
		r := source(seed)
		x, w, dy := randoms(r, d.n*d.in), randoms(r, d.out*d.in), randoms(r, d.n*d.out)
		want := d.product(x, w, dy)
		onEveryPath(t, func(t *testing.T) {
			checkDense(t, d, x, w, dy, want)
			checkDenseEpilogue(t, d, epilogues()[how%16], x, w, dy, want)
		})
	})
}

// checkDenseEpilogue runs both directions with an epilogue, in place as well.
func checkDenseEpilogue(t *testing.T, d denseCase, e Epilogue, x, w, dy []float32, want convolved) {
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
	check := func(what string, c, pitch, terms int, ref []float64, run func(to []float32, e *Epilogue)) {
		to := Image{Rows(d.n, pitch), b.floats(d.n * pitch)}
		ep, want := b.dressed(e, to.Layout, c, planar(ref, d.n, c))
		run(to.Data, &ep)
		sumsTo(t, what, planes(to, c), want, terms)
		haloIsZero(t, what, to, c)
		if ep.Residual != nil {
			run(ep.Residual, &ep)
			sameBits(t, what+" in place", ep.Residual, to.Data)
		}
	}
	check("y", d.out, l.YPitch(), d.in, want.y, func(y []float32, e *Epilogue) { l.Forward(d.n, mx, panel, y, e) })
	check("dx", d.in, l.DXPitch(), d.out, want.dx, func(dx []float32, e *Epilogue) {
		l.InputGrad(d.n, md, gradPanel, dx, e)
	})
	b.check(t)
}

// planar turns rows of c values into c planes of one row.
func planar(rows []float64, n, c int) []float64 {
	out := make([]float64, len(rows))
	for i, v := range rows {
		out[i%c*n+i/c] = v
	}
	return out
}

func FuzzPooling(f *testing.F) {
	for i, c := range poolingCases() {
		f.Add(pair(c.l.H, c.l.W, 1), uint8(c.l.C-1), pair(c.p.KernelH, c.p.KernelW, 1),
			pair(c.p.StrideH, c.p.StrideW, 1), pair(c.p.PadH, c.p.PadW, 0), pair(c.l.PadH, c.l.PadW, 0), uint64(i))
	}
	f.Fuzz(func(t *testing.T, size uint16, channels uint8, kernel, stride, pad, halo uint16, seed uint64) {
		g, h := fuzzGeometry(size, 0, kernel, stride, pad, 0), fuzzGeometry(0, 0, 0, 0, halo, 0)
		c := poolingCase{Pooling{g.KernelH, g.KernelW, g.StrideH, g.StrideW, g.PadH, g.PadW},
			Layout{g.H, g.W, upto(channels, 1, 48), h.PadH, h.PadW}}
		if _, _, err := c.p.Out(g.H, g.W); err != nil {
			return
		}
		bothPaths(t, func(t *testing.T) []float32 { return checkMax(t, c, seed, seed%2 == 0) })
		bothPaths(t, func(t *testing.T) []float32 { return checkAverage(t, c, seed) })
	})
}

func FuzzSparse(f *testing.F) {
	f.Add(uint8(0), uint16(64), uint8(1), uint8(128), uint64(1))
	f.Add(uint8(12), uint16(200), uint8(5), uint8(0), uint64(2))
	f.Add(uint8(24), uint16(48), uint8(3), uint8(255), uint64(3))
	f.Fuzz(func(t *testing.T, in uint8, out uint16, rows, share uint8, seed uint64) {
		d := denseCase{in: 16 * upto(in, sparseFloor/16, maxRun/16), out: sparseFloor - 15 + int(out%500), n: upto(rows, 1, 20)}
		if d.pitch = d.in; d.in*d.out*d.n > mostProducts {
			return
		}
		onEveryPath(t, func(t *testing.T) { checkSparse(t, seed, d, float64(share)/255) })
	})
}

func FuzzChannels(f *testing.F) {
	for i, l := range channelLayouts() {
		f.Add(pair(l.H, l.W, 1), uint8(l.C-1), pair(l.PadH, l.PadW, 0), uint64(i))
	}
	f.Fuzz(func(t *testing.T, size uint16, channels uint8, halo uint16, seed uint64) {
		g, h := fuzzGeometry(size, 0, 0, 0, 0, 0), fuzzGeometry(0, 0, 0, 0, halo, 0)
		l := Layout{g.H, g.W, upto(channels, 1, 100), h.PadH, h.PadW}
		bothPaths(t, func(t *testing.T) []float32 { return checkAffine(t, l, seed, seed&1 != 0, seed&2 != 0) })
		bothPaths(t, func(t *testing.T) []float32 { return checkNormGrad(t, l, seed) })
		onEveryPath(t, func(t *testing.T) { checkChannelSums(t, l, seed) })
	})
}

func FuzzSlices(f *testing.F) {
	for _, n := range lengths {
		f.Add(uint16(n))
	}
	f.Fuzz(func(t *testing.T, length uint16) {
		n := int(length % 1000)
		for _, test := range sliceTests() {
			bothPaths(t, func(t *testing.T) []float32 { return checkSlices(t, test, n) })
		}
		sgd := SGD{Rate: 0.1, Momentum: 0.9, Decay: 0.01, Nesterov: n%2 == 0}
		bothPaths(t, func(t *testing.T) []float32 { return checkSGD(t, sgd, n) })
		adam := Adam{1e-2, 0.9, 0.999, 1e-8, 0.1, n%2 == 0}
		bothPaths(t, func(t *testing.T) []float32 { return checkAdam(t, adam, n) })
		onEveryPath(t, func(t *testing.T) { checkSignStep(t, n) })
	})
}
