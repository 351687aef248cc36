package kernel

import "testing"

// Nothing that is called for every image or step allocates.
func TestCallsDoNotAllocate(t *testing.T) {
	g := Geometry{6, 6, 3, 20, 3, 3, 1, 1, 1, 1, 1, 1}
	lx, ly := g.Layouts()
	c, err := NewConv(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewDense(32, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	gw := Geometry{6, 6, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1}
	wx, wy := gw.WinogradLayouts()
	w, err := NewWinograd(gw, wx, wy)
	if err != nil {
		t.Fatal(err)
	}
	wide, u, scratch := make([]float32, wx.Size()), make([]float32, w.ULen()), make([]float32, w.ScratchLen())
	a, err := NewAttention(5, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	few := Image{Layout{1, 5, 16, 0, 0}, make([]float32, 5*16)}
	workers := NewPool(2)
	defer workers.Close()
	x, y := Image{lx, make([]float32, lx.Size())}, Image{ly, make([]float32, ly.Size())}
	half := Image{Layout{3, 3, ly.C, 0, 0}, make([]float32, 9*ly.C)}
	panel, grad := make([]float32, c.PanelLen()), make([]float32, c.GradPanelLen())
	s, f := make([]float32, 1024), make([]float64, 32)
	pool := Pooling{2, 2, 2, 2, 0, 0}
	ep := &Epilogue{Bias: s[:32], ReLU: true, Mask: y.Data}
	passes := []func(){
		func() { c.Forward(x.Data, panel, y.Data, ep) },
		func() { c.InputGrad(y.Data, grad, x.Data, nil) },
		func() { c.WeightGrad(x.Data, y.Data, panel) },
		func() { c.Pack(s, panel); c.PackGrad(panel, grad) },
		func() { l.Forward(20, s, s, s, &Epilogue{Bias: s}) },
		func() { l.WeightGrad(20, s, s, s) },
		func() { Affine(y, y, s, s, &y, true); ChannelSums(y, f, f) },
		func() { pool.MaxForward(half, y); pool.MaxBackward(y, half, y, half, true) },
		func() { pool.AvgForward(half, y); pool.AvgBackward(y, half) },
		func() { SGD{Momentum: 1}.Step(s, s, s); Adam{}.Step(1, s, s, s, s) },
		func() { w.Transform(u, u); w.TransformGrad(u, u); w.AddGrad(u, u) },
		func() { w.Forward(1, wide, len(wide), u, wide, len(wide), &Epilogue{Residual: wide}, scratch) },
		func() { w.WeightGrad(1, wide, len(wide), wide, len(wide), u, scratch) },
		func() { a.Forward(few, few, scratch); a.Backward(few, few, few, scratch) },
		func() { _ = workers.Do(4, func(_, i int) {}) },
	}
	onEveryPath(t, func(t *testing.T) {
		for i, pass := range passes {
			if n := testing.AllocsPerRun(10, pass); n != 0 {
				t.Errorf("pass %d: %g allocations, want none", i, n)
			}
		}
	})
}
