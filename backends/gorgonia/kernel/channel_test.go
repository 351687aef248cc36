package kernel

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// channelLayouts has pitches of whole vectors and others, one pixel, one row.
func channelLayouts() []Layout {
	return []Layout{{4, 5, 16, 1, 2}, {1, 1, 8, 0, 0}, {3, 7, 24, 0, 1}, {1, 9, 40, 0, 0},
		{5, 1, 3, 2, 0}, {2, 3, 20, 1, 1}, {3, 3, 1, 0, 0}}
}

// bothPaths runs f on every path and compares the bits of what it returns.
func bothPaths(t *testing.T, f func(t *testing.T) []float32) {
	t.Helper()
	var first []float32
	onEveryPath(t, func(t *testing.T) {
		got := f(t)
		if first == nil {
			first = got
		}
		sameBits(t, "this path against portable", got, first)
	})
}

func TestAffine(t *testing.T) {
	for i, l := range channelLayouts() {
		for kind := range 4 {
			t.Run(fmt.Sprintf("%v/%d", l, kind), func(t *testing.T) {
				bothPaths(t, func(t *testing.T) []float32 {
					return checkAffine(t, l, uint64(i), kind&1 != 0, kind&2 != 0)
				})
			})
		}
	}
}

func checkAffine(t *testing.T, l Layout, seed uint64, residual, clip bool) []float32 {
	var b guards
	r := source(seed)
	other := l
	other.PadH, other.PadW = l.PadH+1, 0
	src, dst := b.image(r, other, l.C), b.dirty(l, l.C)
	scale, shift := b.copied(randoms(r, l.C)), b.copied(randoms(r, l.C))
	src.Data[src.Off(0, 0)] = float32(math.NaN()) // must survive the ReLU
	var add *Image
	if residual {
		m := b.image(r, l, l.C)
		add = &m
	}
	var want []float64
	x := planes(src, l.C)
	for i, v := range x {
		c, p := i/(l.H*l.W), i%(l.H*l.W)
		w := float64(v)*float64(scale[c]) + float64(shift[c])
		if residual {
			w += float64(add.pixel(p/l.W, p%l.W)[c])
		}
		if clip && w < 0 {
			w = 0
		}
		want = append(want, w)
	}
	Affine(dst, src, scale, shift, add, clip)
	closeTo(t, "affine", planes(dst, l.C), want, 3e-7)
	haloIsZero(t, "affine", dst, l.C)
	got := append([]float32(nil), dst.Data...)
	Affine(src, src, scale, shift, add, clip) // in place
	sameBits(t, "in place", planes(src, l.C), planes(dst, l.C))
	b.check(t)
	return got
}

func TestNormGrad(t *testing.T) {
	for i, l := range channelLayouts() {
		t.Run(fmt.Sprintf("%v", l), func(t *testing.T) {
			bothPaths(t, func(t *testing.T) []float32 { return checkNormGrad(t, l, uint64(i)) })
		})
	}
}

func checkNormGrad(t *testing.T, l Layout, seed uint64) []float32 {
	g, r := guards{}, source(seed)
	dz, y, dst := g.image(r, l, l.C), g.image(r, l, l.C), g.dirty(l, l.C)
	a, b, d := g.copied(randoms(r, l.C)), g.copied(randoms(r, l.C)), g.copied(randoms(r, l.C))
	NormGrad(dst, dz, y, a, b, d)
	var want []float64
	ys := planes(y, l.C)
	for i, v := range planes(dz, l.C) {
		c := i / (l.H * l.W)
		want = append(want, float64(v)*float64(a[c])+float64(ys[i])*float64(b[c])+float64(d[c]))
	}
	closeTo(t, "gradient", planes(dst, l.C), want, 3e-7)
	haloIsZero(t, "gradient", dst, l.C)
	got := append([]float32(nil), dst.Data...)
	g.check(t)
	return got
}

// The sums are float64: even a large mean leaves the variance its digits.
func TestChannelSums(t *testing.T) {
	for i, l := range channelLayouts() {
		t.Run(fmt.Sprintf("%v", l), func(t *testing.T) {
			onEveryPath(t, func(t *testing.T) { checkChannelSums(t, l, uint64(i)) })
		})
	}
}

func checkChannelSums(t *testing.T, l Layout, seed uint64) {
	g, r := guards{}, source(seed)
	x, y := g.image(r, l, l.C), g.image(r, l, l.C)
	for h := range l.H {
		for i := range x.row(h) {
			x.row(h)[i] += 1000
		}
	}
	checkSums(t, x, x, func(sum, dot []float64) { ChannelSums(x, sum, dot) })
	checkSums(t, x, y, func(sum, dot []float64) { ChannelDots(x, y, sum, dot) })
	g.check(t)
}

func checkSums(t *testing.T, x, y Image, f func(sum, dot []float64)) {
	t.Helper()
	sum, dot := make([]float64, x.C), make([]float64, x.C)
	for c := range sum {
		sum[c], dot[c] = 1, 2 // the sums are added to what is there
	}
	f(sum, dot)
	xs, ys := planes(x, x.C), planes(y, x.C)
	n := x.H * x.W
	for c := range sum {
		s, d := 1.0, 2.0
		for i := c * n; i < (c+1)*n; i++ {
			s += float64(xs[i])
			d += float64(xs[i]) * float64(ys[i])
		}
		if math.Abs(sum[c]-s) > 1e-9 || math.Abs(dot[c]-d) > 1e-13*math.Abs(d)+1e-9 {
			t.Fatalf("channel %d: sums %g and %g, want %g and %g", c, sum[c], dot[c], s, d)
		}
	}
}

func TestChannelPassesRefuse(t *testing.T) {
	l := Layout{3, 4, 16, 1, 1}
	m := Image{l, make([]float32, l.Size())}
	c := make([]float32, 16)
	f := make([]float64, 16)
	short := Image{l, m.Data[1:]}
	wide := Image{Layout{3, 5, 16, 1, 1}, make([]float32, 1000)}
	thin := Image{Layout{3, 4, 8, 1, 1}, make([]float32, 1000)}
	none := Image{Layout{3, 0, 16, 1, 1}, make([]float32, 1000)} // no pixels
	for name, f := range map[string]func(){
		"dst":      func() { Affine(short, m, c, c, nil, false) },
		"src":      func() { Affine(m, wide, c, c, nil, false) },
		"pitch":    func() { Affine(m, thin, c, c, nil, false) },
		"scale":    func() { Affine(m, m, c[1:], c, nil, false) },
		"shift":    func() { Affine(m, m, c, c[1:], nil, false) },
		"residual": func() { Affine(m, m, c, c, &short, false) },
		"norm":     func() { NormGrad(m, m, short, c, c, c) },
		"a":        func() { NormGrad(m, m, m, c[1:], c, c) },
		"b":        func() { NormGrad(m, m, m, c, c[1:], c) },
		"d":        func() { NormGrad(m, m, m, c, c, c[1:]) },
		"sums":     func() { ChannelSums(short, f, f) },
		"sum":      func() { ChannelSums(m, f[1:], f) },
		"dot":      func() { ChannelSums(m, f, f[1:]) },
		"dots":     func() { ChannelDots(m, wide, f, f) },
		"empty":    func() { ChannelSums(Image{}, f, f) },
		"none":     func() { Affine(none, none, c, c, nil, false) },
		"no norm":  func() { NormGrad(none, none, none, c, c, c) },
		"no sums":  func() { ChannelSums(none, f, f) },
	} {
		if got := panics(f); !strings.HasPrefix(got, "kernel: ") || !strings.Contains(got, "want") {
			t.Errorf("%s: panic %q, want one that says what would be right", name, got)
		}
	}
}
