package kernel

import (
	"fmt"
	"testing"
)

// flops reports floating-point operations a second.
func flops(b *testing.B, perCall int) {
	b.ReportMetric(float64(perCall)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
}

func BenchmarkConv(b *testing.B) {
	for _, g := range []Geometry{
		{28, 28, 1, 16, 5, 5, 1, 1, 2, 2, 1, 1}, {14, 14, 16, 32, 5, 5, 1, 1, 2, 2, 1, 1},
		{14, 14, 32, 32, 5, 5, 1, 1, 2, 2, 1, 1}, {32, 32, 3, 16, 3, 3, 1, 1, 1, 1, 1, 1},
		{32, 32, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1}, {16, 16, 32, 64, 3, 3, 2, 2, 1, 1, 1, 1},
		{8, 8, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1}, {32, 32, 16, 32, 1, 1, 2, 2, 0, 0, 1, 1},
	} {
		lx, ly := g.Layouts()
		c, err := NewConv(g, lx, ly)
		if err != nil {
			b.Fatal(err)
		}
		const images = 16 // one after the other, as in a batch
		r := source(1)
		x, y := randoms(r, images*lx.Size()), randoms(r, images*ly.Size())
		panel, grad := randoms(r, c.PanelLen()), make([]float32, c.GradPanelLen())
		c.PackGrad(panel, grad)
		bias := make([]float32, Up16(g.K))
		sum := make([]float32, c.PanelLen())
		name := fmt.Sprintf("%dx%dx%d-%dx%dx%d-s%d", g.H, g.W, g.C, g.KernelH, g.KernelW, g.K, g.StrideH)
		for pass, f := range map[string]func(x, y []float32){
			"forward": func(x, y []float32) { c.Forward(x, panel, y, &Epilogue{Bias: bias, ReLU: true}) },
			"input":   func(x, y []float32) { c.InputGrad(y, grad, x, nil) },
			"weight":  func(x, y []float32) { c.WeightGrad(x, y, sum) },
		} {
			b.Run(name+"/"+pass, func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					n := i % images
					f(x[n*lx.Size():][:lx.Size()], y[n*ly.Size():][:ly.Size()])
				}
				flops(b, 2*g.OutH()*g.OutW()*g.K*g.C*g.KernelH*g.KernelW)
			})
		}
	}
}

func BenchmarkDense(b *testing.B) {
	const n = 64
	for _, d := range []denseCase{{784, 256, 784, n}, {256, 256, 256, n}, {256, 10, 256, n}} {
		l, err := NewDense(d.in, d.out, d.pitch)
		if err != nil {
			b.Fatal(err)
		}
		r := source(1)
		x, y := randoms(r, n*d.pitch), randoms(r, n*l.YPitch())
		panel, grad := randoms(r, l.PanelLen()), make([]float32, l.GradPanelLen())
		l.PackGrad(panel, grad)
		dx, sum := make([]float32, n*l.DXPitch()), make([]float32, l.PanelLen())
		for pass, f := range map[string]func(){
			"forward":  func() { l.Forward(n, x, panel, y, &Epilogue{ReLU: true}) },
			"input":    func() { l.InputGrad(n, y, grad, dx, nil) },
			"weight":   func() { l.WeightGrad(n, x, y, sum) },
			"packgrad": func() { l.PackGrad(panel, grad) },
			"blocks": func() { // two at a time, as workers share them out
				for k := 0; k < l.YPitch()/16; k += 2 {
					l.ForwardBlocks(k, min(k+2, l.YPitch()/16), n, x, panel, y, nil)
				}
			},
		} {
			b.Run(fmt.Sprintf("%d-%d/%s", d.in, d.out, pass), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				flops(b, 2*n*d.in*d.out)
			})
		}
	}
}

func BenchmarkPasses(b *testing.B) {
	l := Layout{32, 32, 16, 1, 1}
	half := Layout{16, 16, 16, 1, 1}
	r := source(1)
	x, y := Image{l, randoms(r, l.Size())}, Image{l, randoms(r, l.Size())}
	p, dp := Image{half, randoms(r, half.Size())}, Image{half, randoms(r, half.Size())}
	scale, sum, dot := randoms(r, 16), make([]float64, 16), make([]float64, 16)
	w, g, buf, v := randoms(r, 1<<14), randoms(r, 1<<14), randoms(r, 1<<14), make([]float32, 1<<14)
	pool := Pooling{2, 2, 2, 2, 0, 0}
	sgd := SGD{Rate: 1e-3, Momentum: 0.5, Decay: 1e-3, Nesterov: true}
	adam := Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
	for name, f := range map[string]func(){
		"affine":        func() { Affine(y, x, scale, scale, &y, true) },
		"norm":          func() { NormGrad(y, x, y, scale, scale, scale) },
		"sums":          func() { ChannelSums(x, sum, dot) },
		"pool2":         func() { pool.MaxForward(p, x) },
		"pool2 grad":    func() { pool.MaxBackward(y, dp, x, p, true) },
		"average":       func() { pool.AvgForward(p, x) },
		"average grad":  func() { pool.AvgBackward(y, dp) },
		"sgd 16k":       func() { sgd.Step(w, g, buf) },
		"adam 16k":      func() { adam.Step(1, w, g, buf, v) },
		"add 16k":       func() { AddTo(buf, g) },
		"axpby 16k":     func() { Axpby(buf, g, 0.5, 0.5) },
		"relu 16k":      func() { ReLU(buf, g) },
		"relu grad 16k": func() { ReLUGrad(buf, g, v) },
		"sign step 16k": func() { SignStep(buf, v, g, 0.01, 0.03) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkPool(b *testing.B) {
	for _, threads := range []int{1, 2, 8} {
		b.Run(fmt.Sprint(threads), func(b *testing.B) {
			p := NewPool(threads)
			defer p.Close()
			for b.Loop() {
				if err := p.Do(8, func(_, i int) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
