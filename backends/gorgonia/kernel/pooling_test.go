package kernel

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

type poolingCase struct {
	p Pooling
	l Layout
}

func poolingCases() []poolingCase {
	var all []poolingCase
	layouts := []Layout{{4, 6, 16, 0, 0}, {5, 7, 8, 1, 1}, {9, 5, 3, 2, 1}, {6, 6, 20, 1, 0}, {3, 3, 32, 0, 2}}
	for _, p := range []Pooling{{2, 2, 2, 2, 0, 0}, {3, 3, 2, 2, 1, 1}, {3, 3, 1, 1, 0, 0}, {2, 3, 3, 1, 1, 0},
		{1, 1, 1, 1, 0, 0}, {3, 3, 3, 3, 1, 0}, {2, 2, 1, 2, 1, 1}} {
		for _, l := range layouts {
			all = append(all, poolingCase{p, l})
		}
	}
	return append(all, poolingCase{Pooling{8, 8, 8, 8, 0, 0}, Layout{8, 8, 64, 1, 1}})
}

// eachWindow calls f with an output position (plane by plane) and its window in x.
func (c poolingCase) eachWindow(oh, ow int, f func(o int, window []int)) {
	for k := range c.l.C {
		for i := range oh {
			for j := range ow {
				var w []int
				for u := range c.p.KernelH {
					for v := range c.p.KernelW {
						a, b := i*c.p.StrideH-c.p.PadH+u, j*c.p.StrideW-c.p.PadW+v
						if a >= 0 && a < c.l.H && b >= 0 && b < c.l.W {
							w = append(w, (k*c.l.H+a)*c.l.W+b)
						}
					}
				}
				f((k*oh+i)*ow+j, w)
			}
		}
	}
}

func TestMaxPooling(t *testing.T) {
	for i, c := range poolingCases() {
		for _, relu := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/%v/%v", c.p, c.l, relu), func(t *testing.T) {
				bothPaths(t, func(t *testing.T) []float32 { return checkMax(t, c, uint64(i), relu) })
			})
		}
	}
}

// checkMax compares with the definition: largest value, derivative to its first position.
func checkMax(t *testing.T, c poolingCase, seed uint64, clip bool) []float32 {
	var b guards
	r := source(seed)
	oh, ow, err := c.p.Out(c.l.H, c.l.W)
	if err != nil {
		t.Fatal(err)
	}
	ly := Layout{oh, ow, c.l.C, 1, 0}
	x, dy := b.image(r, c.l, c.l.C), b.image(r, ly, c.l.C)
	for h := range c.l.H { // coarse values tie often
		for i, v := range x.row(h) {
			x.row(h)[i] = float32(math.Round(float64(2 * v)))
		}
	}
	y, dx := b.dirty(ly, ly.C), b.dirty(c.l, c.l.C)
	c.p.MaxForward(y, x)
	c.p.MaxBackward(dx, dy, x, y, clip)
	xs, dys := planes(x, c.l.C), planes(dy, c.l.C)
	want, wantDX := make([]float64, len(dys)), make([]float64, len(xs))
	c.eachWindow(oh, ow, func(o int, w []int) {
		first := w[0]
		for _, i := range w {
			if xs[i] > xs[first] {
				first = i
			}
		}
		want[o] = float64(xs[first])
		if !clip || xs[first] > 0 {
			wantDX[first] += float64(dys[o])
		}
	})
	closeTo(t, "y", planes(y, c.l.C), want, 0)
	closeTo(t, "dx", planes(dx, c.l.C), wantDX, 1e-6)
	haloIsZero(t, "y", y, ly.C)
	haloIsZero(t, "dx", dx, c.l.C)
	got := append(append([]float32(nil), y.Data...), dx.Data...)
	b.check(t)
	return got
}

func TestAveragePooling(t *testing.T) {
	for i, c := range poolingCases() {
		t.Run(fmt.Sprintf("%v/%v", c.p, c.l), func(t *testing.T) {
			bothPaths(t, func(t *testing.T) []float32 { return checkAverage(t, c, uint64(i)) })
		})
	}
}

func checkAverage(t *testing.T, c poolingCase, seed uint64) []float32 {
	var b guards
	r := source(seed)
	oh, ow, err := c.p.Out(c.l.H, c.l.W)
	if err != nil {
		t.Fatal(err)
	}
	ly := Layout{oh, ow, c.l.C, 0, 1}
	x, dy := b.image(r, c.l, c.l.C), b.image(r, ly, c.l.C)
	y, dx := b.dirty(ly, ly.C), b.dirty(c.l, c.l.C)
	c.p.AvgForward(y, x)
	c.p.AvgBackward(dx, dy)
	xs, dys := planes(x, c.l.C), planes(dy, c.l.C)
	want, wantDX := make([]float64, len(dys)), make([]float64, len(xs))
	area := float64(c.p.KernelH * c.p.KernelW)
	c.eachWindow(oh, ow, func(o int, w []int) {
		for _, i := range w {
			want[o] += float64(xs[i]) / area
			wantDX[i] += float64(dys[o]) / area
		}
	})
	closeTo(t, "y", planes(y, c.l.C), want, 1e-6)
	closeTo(t, "dx", planes(dx, c.l.C), wantDX, 1e-6)
	haloIsZero(t, "y", y, ly.C)
	haloIsZero(t, "dx", dx, c.l.C)
	got := append(append([]float32(nil), y.Data...), dx.Data...)
	b.check(t)
	return got
}

// A NaN at any position of a window reaches the output, and infinities win as numbers do.
func TestPoolingKeepsNaN(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, p := range []Pooling{{2, 2, 2, 2, 0, 0}, {3, 3, 3, 3, 1, 1}} {
		for _, pitch := range []int{8, 3} {
			for pos := range 4 {
				t.Run(fmt.Sprintf("%v/%d/%d", p, pitch, pos), func(t *testing.T) {
					onEveryPath(t, func(t *testing.T) { checkPoolNaN(t, p, pitch, pos, nan, inf) })
				})
			}
		}
	}
}

func checkPoolNaN(t *testing.T, p Pooling, pitch, pos int, nan, inf float32) {
	l := Layout{H: 2, W: 2, C: pitch}
	x := Image{l, randoms(source(1), l.Size())}
	y := Image{Layout{H: 1, W: 1, C: pitch}, make([]float32, pitch)}
	x.pixel(pos/2, pos%2)[0] = nan
	x.pixel(pos/2, pos%2)[1] = inf
	for i := range 4 {
		x.pixel(i/2, i%2)[2] = -inf
	}
	p.MaxForward(y, x)
	if v := y.Data; v[0] == v[0] || v[1] != inf || v[2] != -inf {
		t.Errorf("max %g, want NaN, +Inf, -Inf first", v[:3])
	}
	dx, dy := Image{l, make([]float32, l.Size())}, Image{y.Layout, make([]float32, pitch)}
	for k := range dy.Data {
		dy.Data[k] = 1
	}
	p.MaxBackward(dx, dy, x, y, false)
	for k := range pitch { // no derivative is lost or doubled
		var s float32
		for i := range 4 {
			s += dx.pixel(i/2, i%2)[k]
		}
		if s != 1 {
			t.Errorf("channel %d: derivatives add up to %g, want 1", k, s)
		}
	}
	p.AvgForward(y, x)
	if y.Data[0] == y.Data[0] {
		t.Errorf("average %g, want NaN", y.Data[0])
	}
}

func TestPoolingRefuses(t *testing.T) {
	for _, p := range []Pooling{{}, {2, 2, 0, 1, 0, 0}, {2, 2, 1, 1, 2, 0}, {2, 2, 1, 1, 0, -1}, {9, 1, 1, 1, 0, 0}} {
		if _, _, err := p.Out(5, 5); err == nil || !strings.Contains(err.Error(), "pooling") {
			t.Errorf("%+v: error %v, want one about the pooling", p, err)
		}
	}
	p := Pooling{2, 2, 2, 2, 0, 0}
	x := Image{Layout{4, 4, 8, 0, 0}, make([]float32, 128)}
	y := Image{Layout{2, 2, 8, 0, 0}, make([]float32, 32)}
	tall := Image{Layout{3, 2, 8, 0, 0}, make([]float32, 48)}
	short := Image{y.Layout, y.Data[1:]}
	none, pooled := Image{Layout{4, 0, 8, 1, 1}, x.Data}, Image{Layout{2, 0, 8, 1, 1}, x.Data}
	for name, f := range map[string]func(){
		"window": func() { Pooling{5, 5, 1, 1, 0, 0}.MaxForward(y, x) },
		"tall":   func() { p.MaxForward(tall, x) },
		"short":  func() { p.MaxForward(short, x) },
		"dy":     func() { p.MaxBackward(x, short, x, y, false) },
		"dx":     func() { p.MaxBackward(Image{Layout{5, 4, 8, 0, 0}, make([]float32, 160)}, y, x, y, false) },
		"avg":    func() { p.AvgForward(tall, x) },
		"avg dx": func() { p.AvgBackward(x, tall) },
		"none":   func() { p.MaxForward(pooled, none) },
		"no dx":  func() { p.MaxBackward(none, pooled, none, pooled, false) },
	} {
		if got := panics(f); !strings.Contains(got, "pooling") {
			t.Errorf("%s: panic %q, want one about the pooling", name, got)
		}
	}
}
