package kernel

import (
	"strings"
	"testing"
)

func TestNewWinogradRefuses(t *testing.T) {
	ok := Geometry{7, 8, 20, 16, 3, 3, 1, 1, 1, 1, 1, 1}
	for name, test := range map[string]struct {
		change func(g *Geometry, x, y *Layout)
		want   string
	}{
		"no channels": {func(g *Geometry, x, y *Layout) { g.C = 0 }, "at least 1"},
		"no pixels":   {func(g *Geometry, x, y *Layout) { g.W, x.W = 0, 0 }, "at least 1"},
		"stride":      {func(g *Geometry, x, y *Layout) { g.StrideW = 2 }, "a stride of 1"},
		"dilation":    {func(g *Geometry, x, y *Layout) { g.DilationH = 2 }, "a dilation of 1"},
		"kernel 1x1":  {func(g *Geometry, x, y *Layout) { g.KernelH, g.KernelW = 1, 1 }, "3x3 or 5x5"},
		"kernel 3x5":  {func(g *Geometry, x, y *Layout) { g.KernelW = 5 }, "3x3 or 5x5"},
		"pitch of x":  {func(g *Geometry, x, y *Layout) { x.C = 20 }, "pitch 20"},
		"pitch of y":  {func(g *Geometry, x, y *Layout) { y.C = 8 }, "pitch 8"},
		"halo of x":   {func(g *Geometry, x, y *Layout) { x.PadH = 1 }, "halo 1x1, want at least 2x1"},
		"halo of y":   {func(g *Geometry, x, y *Layout) { y.PadH = 1 }, "halo 1x1, want at least 2x1"},
		"other size":  {func(g *Geometry, x, y *Layout) { y.W = 7 }, "want 7x8"},
		"huge":        {func(g *Geometry, x, y *Layout) { g.C, g.K = 1<<13, 1<<13 }, "pitch"},
		"huge with pitch": {func(g *Geometry, x, y *Layout) {
			g.C, g.K, x.C, y.C = 1<<13, 1<<12, 1<<13, 1<<12
		}, "floats a buffer"},
	} {
		t.Run(name, func(t *testing.T) {
			g := ok
			x, y := g.WinogradLayouts()
			test.change(&g, &x, &y)
			if _, err := NewWinograd(g, x, y); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestWinogradRefusesShortSlices(t *testing.T) {
	g := Geometry{4, 4, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1}
	lx, ly := g.WinogradLayouts()
	w, err := NewWinograd(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	xs, ys := lx.Size(), ly.Size()
	x, y := make([]float32, 2*xs), make([]float32, 2*ys)
	u, p, s := make([]float32, w.ULen()), make([]float32, w.PanelLen()), make([]float32, w.ScratchLen())
	short := func(s []float32) []float32 { return s[:len(s)-1] }
	for name, f := range map[string]func(){
		"x":        func() { w.Forward(2, short(x), xs, u, y, ys, nil, s) },
		"x step":   func() { w.Forward(1, x, xs-1, u, y, ys, nil, s) },
		"u":        func() { w.Forward(2, x, xs, short(u), y, ys, nil, s) },
		"y":        func() { w.Forward(2, x, xs, u, short(y), ys, nil, s) },
		"y step":   func() { w.Forward(1, x, xs, u, y, 0, nil, s) },
		"scratch":  func() { w.Forward(2, x, xs, u, y, ys, nil, short(s)) },
		"bias":     func() { w.Forward(2, x, xs, u, y, ys, &Epilogue{Bias: make([]float32, 20)}, s) },
		"residual": func() { w.Forward(2, x, xs, u, y, ys, &Epilogue{Residual: short(y)}, s) },
		"mask":     func() { w.InputGrad(2, y, ys, u, x, xs, &Epilogue{Mask: short(x)}, s) },
		"dy":       func() { w.InputGrad(2, short(y), ys, u, x, xs, nil, s) },
		"dx":       func() { w.InputGrad(2, y, ys, u, short(x), xs, nil, s) },
		"wx":       func() { w.WeightGrad(2, short(x), xs, y, ys, u, s) },
		"wdy":      func() { w.WeightGrad(2, x, xs, short(y), ys, u, s) },
		"du":       func() { w.WeightGrad(2, x, xs, y, ys, short(u), s) },
		"wscratch": func() { w.WeightGrad(2, x, xs, y, ys, u, short(s)) },
		"panel":    func() { w.Transform(short(p), u) },
		"pu":       func() { w.Transform(p, short(u)) },
		"gpanel":   func() { w.TransformGrad(short(p), u) },
		"gu":       func() { w.TransformGrad(p, short(u)) },
		"add":      func() { w.AddGrad(short(u), p) },
		"addpanel": func() { w.AddGrad(u, short(p)) },
	} {
		if got := panics(f); !strings.Contains(got, "winograd") || !strings.Contains(got, "want at least") {
			t.Errorf("%s: panic %q, want one that names the plan and the length", name, got)
		}
	}
}

// A call in full groups leaves no tile of a product half empty.
func TestWinogradImagesFillTheGroup(t *testing.T) {
	for _, g := range winogradGeometries() {
		lx, ly := g.WinogradLayouts()
		w, err := NewWinograd(g, lx, ly)
		if err != nil {
			t.Fatal(err)
		}
		if rows := w.Images() * w.fwd.tilesH(); rows%w.fwd.rows != 0 || w.fwd.rows*w.fwd.tilesW()%6 != 0 {
			t.Errorf("%+v: %d images of %d tile rows in groups of %d rows of %d tiles, want whole groups of sixes",
				g, w.Images(), w.fwd.tilesH(), w.fwd.rows, w.fwd.tilesW())
		}
	}
}
