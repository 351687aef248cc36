package kernel

import "fmt"

// Conv is the plan of one convolution, one image a call. It does not change after
// [NewConv] and may be used by any number of goroutines.
type Conv struct {
	g      Geometry
	x, y   Layout
	fwd    planner
	grad   planner
	dot    bool // the input gradient is written channel by channel at pitch C
	weight weightPlan
}

// NewConv plans g on images x and dx of layout x, y and dy of layout y. The layouts
// are those of g.Layouts or larger: any halo at least as wide, a pitch of y that
// is a multiple of 16, a pitch of x that is C or a multiple of 16 from Up16(C) on.
// A pitch of x of C that is no multiple of 16 (an image of 1 or 3 channels) makes
// the input gradient go channel by channel; the reduction of the forward pass and of
// the weights' gradient runs over the whole pitch of x.
func NewConv(g Geometry, x, y Layout) (*Conv, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	minX, minY := g.Layouts()
	if err := fits(minX, x, g.C); err != nil {
		return nil, fmt.Errorf("convolution %+v: x: %w", g, err)
	}
	if err := fits(minY, y, -1); err != nil {
		return nil, fmt.Errorf("convolution %+v: y: %w", g, err)
	}
	if tooLarge(g.KernelH, g.KernelW, x.C, Up16(g.K)) || tooLarge(g.KernelH, g.KernelW, y.C, Up16(g.C)) {
		return nil, fmt.Errorf("convolution %+v: want panels of at most %d floats", g, maxFloats)
	}
	c := &Conv{g: g, x: x, y: y, dot: x.C == g.C && g.C%16 != 0}
	c.fwd = planner{in: x, out: y, perTap: x.C * Up16(g.K)}
	c.fwd.forward(g)
	c.grad = planner{in: y, out: x, perTap: y.C * Up16(g.C)}
	if c.dot {
		c.grad.perTap, c.grad.sixes = y.C*g.C, true
	}
	c.grad.inputGrad(g)
	c.weight = planWeight(g, x, y)
	return c, nil
}

// fits reports why layout l does not do where want is the smallest. A pitch equal
// to exact is accepted as well.
func fits(want, l Layout, exact int) error {
	if err := l.Validate(); err != nil {
		return err
	}
	if l.H != want.H || l.W != want.W {
		return fmt.Errorf("layout of %dx%d pixels, want %dx%d", l.H, l.W, want.H, want.W)
	}
	if l.PadH < want.PadH || l.PadW < want.PadW {
		return fmt.Errorf("halo %dx%d, want at least %dx%d", l.PadH, l.PadW, want.PadH, want.PadW)
	}
	if l.C != exact && (l.C < want.C || l.C%16 != 0) {
		return fmt.Errorf("pitch %d, want a multiple of 16 of at least %d", l.C, Up16(want.C))
	}
	return nil
}

// XLayout returns the layout of x and dx.
func (c *Conv) XLayout() Layout { return c.x }

// YLayout returns the layout of y and dy.
func (c *Conv) YLayout() Layout { return c.y }

// PanelLen returns the floats of the weights' panels and of their gradient's.
func (c *Conv) PanelLen() int { return c.fwd.panelLen }

// GradPanelLen returns the floats of the input gradient's panels.
func (c *Conv) GradPanelLen() int { return c.grad.panelLen }

// Forward computes one image, y = epilogue(x * w), at every pixel and in the first
// Up16(K) channels of y. y does not overlap x; the epilogue's slices lie like y, and
// its Residual may be y itself. It panics on slices that are too short.
func (c *Conv) Forward(x, panel, y []float32, e *Epilogue) {
	checkLen("convolution", "x", x, c.x.Size())
	checkLen("convolution", "panel", panel, c.PanelLen())
	checkLen("convolution", "y", y, c.y.Size())
	e.check("convolution", Up16(c.g.K), c.y.Size())
	for i := range c.fwd.phases {
		c.fwd.phases[i].run(Up16(c.g.K)/16, x, panel, y, e)
	}
}

// InputGrad computes one image's derivative by x, dx = epilogue(dy * w transposed),
// from the panels of PackGrad, at every pixel and in the first Up16(C) channels of
// dx (C if that is the pitch). dx does not overlap dy; the epilogue's slices lie
// like dx, and its Residual may be dx itself: dx is added to. It panics on slices
// that are too short.
func (c *Conv) InputGrad(dy, gradPanel, dx []float32, e *Epilogue) {
	checkLen("convolution", "dy", dy, c.y.Size())
	checkLen("convolution", "input gradient's panel", gradPanel, c.GradPanelLen())
	checkLen("convolution", "dx", dx, c.x.Size())
	e.check("convolution", min(Up16(c.g.C), c.x.C), c.x.Size())
	if c.dot {
		c.dotGrad(dy, gradPanel, dx, e)
		return
	}
	for i := range c.grad.phases {
		c.grad.phases[i].run(Up16(c.g.C)/16, dy, gradPanel, dx, e)
	}
}

// WeightGrad adds one image's derivative by the weights to panelGrad, which has
// the layout of the weights' panels: PanelLen floats. It panics on slices that are
// too short.
func (c *Conv) WeightGrad(x, dy, panelGrad []float32) {
	checkLen("convolution", "x", x, c.x.Size())
	checkLen("convolution", "dy", dy, c.y.Size())
	checkLen("convolution", "weight gradient's panel", panelGrad, c.PanelLen())
	c.weight.run(x, dy, panelGrad)
}
