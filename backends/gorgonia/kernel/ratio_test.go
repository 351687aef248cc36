package kernel

import (
	"fmt"
	"testing"
	"time"
)

// variant is one way to do the same work.
type variant struct {
	name string
	path path
	f    func()
}

// interleaved runs the variants in turns of about a millisecond, so that a busy machine
// slows all of them alike, and reports of each the best rate: floating-point
// operations of the direct algorithm in GF/s, and their ratio to the first.
func interleaved(b *testing.B, flop int, variants []variant) {
	was := current
	defer func() { current = was }()
	fastest := make([]time.Duration, len(variants))
	for b.Loop() {
		for i, v := range variants {
			if v.path > best {
				continue
			}
			current = v.path
			v.f()
			for range 5 {
				start := time.Now()
				v.f()
				if d := time.Since(start); fastest[i] == 0 || d < fastest[i] {
					fastest[i] = d
				}
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, v := range variants {
		if fastest[i] > 0 {
			b.ReportMetric(float64(flop)/fastest[i].Seconds()/1e9, v.name+"-GF/s")
			b.ReportMetric(fastest[0].Seconds()/fastest[i].Seconds(), v.name+"-ratio")
		}
	}
}

// BenchmarkAlgorithms compares direct convolution and Winograd on every path, layer by
// layer, on the images of a batch.
func BenchmarkAlgorithms(b *testing.B) {
	for _, g := range []Geometry{{32, 32, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1}, {16, 16, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1},
		{8, 8, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1}, {14, 14, 16, 32, 5, 5, 1, 1, 2, 2, 1, 1}, {28, 28, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1},
		{14, 14, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1}} {
		l := newLayer(b, g)
		flop := 2 * l.n * g.OutH() * g.OutW() * g.K * g.C * g.KernelH * g.KernelW
		for _, pass := range []string{"forward", "input", "weight"} {
			name := fmt.Sprintf("%dx%dx%d-%dx%dx%d/%s", g.H, g.W, g.C, g.KernelH, g.KernelW, g.K, pass)
			b.Run(name, func(b *testing.B) {
				direct, wino := l.direct(pass), l.winograd(pass)
				interleaved(b, flop, []variant{{"direct-avx2", avx2, direct}, {"direct-avx512", avx512, direct},
					{"winograd-avx2", avx2, wino}, {"winograd-avx512", avx512, wino}})
			})
		}
	}
}

// BenchmarkFirstLayers compares the paths on images of one and of three channels.
func BenchmarkFirstLayers(b *testing.B) {
	for _, g := range []Geometry{{28, 28, 1, 16, 5, 5, 1, 1, 2, 2, 1, 1}, {32, 32, 3, 16, 3, 3, 1, 1, 1, 1, 1, 1},
		{32, 32, 3, 32, 3, 3, 1, 1, 1, 1, 1, 1}} {
		lx, ly := g.Layouts()
		c, err := NewConv(g, lx, ly)
		if err != nil {
			b.Fatal(err)
		}
		r := source(1)
		x, y := randoms(r, lx.Size()), randoms(r, ly.Size())
		panel, sum := randoms(r, c.PanelLen()), make([]float32, c.PanelLen())
		grad := make([]float32, c.GradPanelLen())
		c.PackGrad(panel, grad)
		for pass, f := range map[string]func(){
			"forward": func() { c.Forward(x, panel, y, nil) },
			"input":   func() { c.InputGrad(y, grad, x, nil) },
			"weight":  func() { c.WeightGrad(x, y, sum) },
		} {
			b.Run(fmt.Sprintf("%dx%dx%d-%d/%s", g.H, g.W, g.C, g.K, pass), func(b *testing.B) {
				interleaved(b, 2*g.OutH()*g.OutW()*g.K*g.C*g.KernelH*g.KernelW,
					[]variant{{"avx2", avx2, f}, {"avx512", avx512, f}})
			})
		}
	}
}

// BenchmarkDenseLayers compares the paths on dense layers and 128 rows.
func BenchmarkDenseLayers(b *testing.B) {
	const n = 128
	for _, d := range []denseCase{{784, 256, 784, n}, {256, 256, 256, n}, {256, 10, 256, n}} {
		l, err := NewDense(d.in, d.out, d.pitch)
		if err != nil {
			b.Fatal(err)
		}
		r := source(1)
		x, y, dx := randoms(r, n*d.pitch), randoms(r, n*l.YPitch()), make([]float32, n*l.DXPitch())
		panel, sum := randoms(r, l.PanelLen()), make([]float32, l.PanelLen())
		grad := make([]float32, l.GradPanelLen())
		l.PackGrad(panel, grad)
		for pass, f := range map[string]func(){
			"forward": func() { l.Forward(n, x, panel, y, nil) },
			"input":   func() { l.InputGrad(n, y, grad, dx, nil) },
			"weight":  func() { l.WeightGrad(n, x, y, sum) },
		} {
			b.Run(fmt.Sprintf("%d-%d/%s", d.in, d.out, pass), func(b *testing.B) {
				interleaved(b, 2*n*d.in*d.out, []variant{{"avx2", avx2, f}, {"avx512", avx512, f}})
			})
		}
	}
}

// layer is one layer on a batch.
type layer struct {
	n                             int
	c                             *Conv
	w                             *Winograd
	x, y, panel, grad, sum        []float32
	u, ug, du, scratch, bias, out []float32
	xs, ys                        int
}

func newLayer(b testing.TB, g Geometry) *layer {
	b.Helper()
	lx, ly := g.WinogradLayouts()
	c, err := NewConv(g, lx, ly)
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWinograd(g, lx, ly)
	if err != nil {
		b.Fatal(err)
	}
	r := source(1)
	l := &layer{n: 12, c: c, w: w, xs: lx.Size(), ys: ly.Size()}
	l.x, l.y = randoms(r, l.n*l.xs), randoms(r, l.n*l.ys)
	l.out = make([]float32, max(len(l.x), len(l.y)))
	l.panel, l.grad, l.sum = randoms(r, c.PanelLen()), make([]float32, c.GradPanelLen()), make([]float32, c.PanelLen())
	l.u, l.ug, l.du = make([]float32, w.ULen()), make([]float32, w.ULen()), make([]float32, w.ULen())
	l.scratch, l.bias = make([]float32, w.ScratchLen()), make([]float32, Up16(g.K))
	c.PackGrad(l.panel, l.grad)
	w.Transform(l.panel, l.u)
	w.TransformGrad(l.panel, l.ug)
	return l
}

func (l *layer) direct(pass string) func() {
	e := &Epilogue{Bias: l.bias, ReLU: true}
	return func() {
		for i := range l.n {
			x, y := l.x[i*l.xs:], l.y[i*l.ys:]
			switch pass {
			case "forward":
				l.c.Forward(x, l.panel, l.out[i*l.ys:], e)
			case "input":
				l.c.InputGrad(y, l.grad, l.out[i*l.xs:], nil)
			case "weight":
				l.c.WeightGrad(x, y, l.sum)
			}
		}
	}
}

func (l *layer) winograd(pass string) func() {
	e := &Epilogue{Bias: l.bias, ReLU: true}
	return func() {
		switch pass {
		case "forward":
			l.w.Forward(l.n, l.x, l.xs, l.u, l.out, l.ys, e, l.scratch)
		case "input":
			l.w.InputGrad(l.n, l.y, l.ys, l.ug, l.out, l.xs, nil, l.scratch)
		case "weight":
			l.w.WeightGrad(l.n, l.x, l.xs, l.y, l.ys, l.du, l.scratch)
		}
	}
}

// BenchmarkPaths compares the paths on the passes beside the convolutions; their rates
// are in values a second.
func BenchmarkPaths(b *testing.B) {
	l := Layout{32, 32, 16, 1, 1}
	half := Layout{16, 16, 16, 1, 1}
	r := source(1)
	x, y := Image{l, randoms(r, l.Size())}, Image{l, randoms(r, l.Size())}
	p, dp := Image{half, randoms(r, half.Size())}, Image{half, randoms(r, half.Size())}
	scale, sum, dot := randoms(r, 16), make([]float64, 16), make([]float64, 16)
	pool := Pooling{2, 2, 2, 2, 0, 0}
	for name, f := range map[string]func(){
		"affine":    func() { Affine(y, x, scale, scale, &y, true) },
		"norm":      func() { NormGrad(y, x, y, scale, scale, scale) },
		"sums":      func() { ChannelSums(x, sum, dot) },
		"dots":      func() { ChannelDots(x, y, sum, dot) },
		"pool2":     func() { pool.MaxForward(p, x) },
		"pool2grad": func() { pool.MaxBackward(y, dp, x, p, true) },
	} {
		b.Run(name, func(b *testing.B) {
			interleaved(b, l.H*l.W*l.C, []variant{{"portable", portable, f}, {"avx2", avx2, f}, {"avx512", avx512, f}})
		})
	}
}
