package kernel

import (
	"strings"
	"testing"
)

func TestNewConvRefuses(t *testing.T) {
	ok := Geometry{8, 8, 20, 16, 3, 3, 1, 1, 1, 1, 1, 1}
	x, y := ok.Layouts()
	for name, test := range map[string]struct {
		change func(g *Geometry, x, y *Layout)
		want   string
	}{
		"no channels":       {func(g *Geometry, x, y *Layout) { g.C = 0 }, "at least 1"},
		"no pixels":         {func(g *Geometry, x, y *Layout) { g.H, x.H = 0, 0 }, "at least 1"},
		"no stride":         {func(g *Geometry, x, y *Layout) { g.StrideW = 0 }, "at least 1"},
		"negative pad":      {func(g *Geometry, x, y *Layout) { g.PadH = -1 }, "padding of at least 0"},
		"negative dilation": {func(g *Geometry, x, y *Layout) { g.DilationH = -1 }, "dilation of at least 1"},
		"wide dilation":     {func(g *Geometry, x, y *Layout) { g.DilationW = 5 }, "larger than the padded input"},
		"endless dilation":  {func(g *Geometry, x, y *Layout) { g.KernelH, g.DilationH = 5, 1<<62 }, "dilation of at most"},
		"large kernel":      {func(g *Geometry, x, y *Layout) { g.KernelH = 11 }, "larger than the padded input"},
		"huge":              {func(g *Geometry, x, y *Layout) { g.H, g.W = 1<<20, 1<<20 }, "floats a buffer"},
		"huge kernel":       {func(g *Geometry, x, y *Layout) { g.C, g.K = 1<<20, 1<<20 }, "floats a buffer"},
		"narrow halo":       {func(g *Geometry, x, y *Layout) { x.PadW = 0 }, "halo"},
		"narrow dy halo":    {func(g *Geometry, x, y *Layout) { y.PadH = 0 }, "halo"},
		"pitch of x":        {func(g *Geometry, x, y *Layout) { x.C = 24 }, "pitch 24"},
		"pitch of y":        {func(g *Geometry, x, y *Layout) { y.C = 8 }, "pitch 8"},
		"other size":        {func(g *Geometry, x, y *Layout) { y.W = 7 }, "8x7 pixels, want 8x8"},
		"negative layout":   {func(g *Geometry, x, y *Layout) { x.PadH = -1 }, "halo of at least 0"},
	} {
		t.Run(name, func(t *testing.T) {
			g, x, y := ok, x, y
			test.change(&g, &x, &y)
			if _, err := NewConv(g, x, y); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestConvRefusesShortSlices(t *testing.T) {
	g := Geometry{4, 4, 3, 20, 3, 3, 1, 1, 1, 1, 1, 1}
	lx, ly := g.Layouts()
	c, err := NewConv(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, lx.Size()), make([]float32, ly.Size())
	p, gp := make([]float32, c.PanelLen()), make([]float32, c.GradPanelLen())
	w := make([]float32, c.weightLen())
	short := func(s []float32) []float32 { return s[:len(s)-1] }
	for name, f := range map[string]func(){
		"x":        func() { c.Forward(short(x), p, y, nil) },
		"panel":    func() { c.Forward(x, short(p), y, nil) },
		"y":        func() { c.Forward(x, p, short(y), nil) },
		"bias":     func() { c.Forward(x, p, y, &Epilogue{Bias: make([]float32, 20)}) },
		"residual": func() { c.Forward(x, p, y, &Epilogue{Residual: short(y)}) },
		"mask":     func() { c.InputGrad(y, gp, x, &Epilogue{Mask: short(x)}) },
		"dy":       func() { c.InputGrad(short(y), gp, x, nil) },
		"dx":       func() { c.InputGrad(y, gp, short(x), nil) },
		"gp":       func() { c.InputGrad(y, short(gp), x, nil) },
		"wx":       func() { c.WeightGrad(short(x), y, p) },
		"wdy":      func() { c.WeightGrad(x, short(y), p) },
		"wp":       func() { c.WeightGrad(x, y, short(p)) },
		"pack":     func() { c.Pack(short(w), p) },
		"unpack":   func() { c.Unpack(short(p), w) },
		"packgrad": func() { c.PackGrad(p, short(gp)) },
	} {
		if got := panics(f); !strings.Contains(got, "convolution") || !strings.Contains(got, "want at least") {
			t.Errorf("%s: panic %q, want one that names the convolution and the length", name, got)
		}
	}
}
