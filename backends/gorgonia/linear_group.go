package gorgonia

import "github.com/arbench/arbench/backends/gorgonia/kernel"

// convGroups is a convolution in groups: one convolution after another on slices of the channels,
// which are copied out and back.
type convGroups struct {
	groups int
	in     int // input channels of a group
	out    int // output channels of a group
	plan   *kernel.Conv
	x, y   kernel.Layout // of the whole images
	ones   []float32     // as many as the pitch of y
	zeros  []float32
}

func (c *convGroups) panelLen() int     { return c.groups * c.plan.PanelLen() }
func (c *convGroups) gradPanelLen() int { return c.groups * c.plan.GradPanelLen() }

// group returns the panels of group g.
func (c *convGroups) group(g int, panels []float32) []float32 {
	n := len(panels) / c.groups
	return panels[g*n : (g+1)*n]
}

func (c *convGroups) packGrad(panel, gradPanel []float32) {
	for g := range c.groups {
		c.plan.PackGrad(c.group(g, panel), c.group(g, gradPanel))
	}
}

func (c *convGroups) scale(dst, panel []float32, by []float64) {
	rows := c.plan.PanelLen() / kernel.Up16(c.out)
	for g := range c.groups {
		scalePanels(c.group(g, dst), c.group(g, panel), rows, by[g*c.out:(g+1)*c.out])
	}
}

// pack and unpack convert from and to PyTorch's layout, where groups follow each other as well.
func (c *convGroups) pack(dst, src []float32) {
	for g := range c.groups {
		c.plan.Pack(c.group(g, src), c.group(g, dst))
	}
}

func (c *convGroups) unpack(dst, src []float32) {
	for g := range c.groups {
		c.plan.Unpack(c.group(g, src), c.group(g, dst))
	}
}

// slices returns scratch images for the input and the output of one group.
func (c *convGroups) slices(w *worker) (x, y kernel.Image) {
	x.Layout, y.Layout = c.plan.XLayout(), c.plan.YLayout()
	x.Data = w.take(x.Layout, c.in, slotInput, 1)
	y.Data = w.take(y.Layout, c.out, slotGroup, 1)
	return x, y
}

func (c *convGroups) forward(w *worker, n int, x, panel, y []float32, t tail) {
	xs, ys := c.slices(w)
	for i := range n {
		for g := range c.groups {
			kernel.CopyChannels(xs, 0, at(c.x, x, i), g*c.in, c.in)
			c.plan.Forward(xs.Data, c.group(g, panel), ys.Data, nil)
			kernel.CopyChannels(at(c.y, y, i), g*c.out, ys, 0, c.out)
		}
	}
	bias := t.bias
	if bias == nil {
		bias = c.zeros
	}
	affine(c.y, n, y, y, c.ones, bias, t.residual, t.relu)
}

func (c *convGroups) inputGrad(w *worker, n int, dy, gradPanel, dx, mask []float32, add bool) {
	xs, ys := c.slices(w)
	w.epilogue = kernel.Epilogue{}
	if add {
		w.epilogue.Residual = xs.Data
	}
	for i := range n {
		for g := range c.groups {
			kernel.CopyChannels(ys, 0, at(c.y, dy, i), g*c.out, c.out)
			if add {
				kernel.CopyChannels(xs, 0, at(c.x, dx, i), g*c.in, c.in)
			}
			c.plan.InputGrad(ys.Data, c.group(g, gradPanel), xs.Data, &w.epilogue)
			kernel.CopyChannels(at(c.x, dx, i), g*c.in, xs, 0, c.in)
		}
	}
	if mask != nil {
		kernel.ReLUGrad(dx, dx, mask)
	}
}

func (c *convGroups) weightGrad(w *worker, n int, x, dy, panelGrad []float32) {
	xs, ys := c.slices(w)
	for i := range n {
		for g := range c.groups {
			kernel.CopyChannels(xs, 0, at(c.x, x, i), g*c.in, c.in)
			kernel.CopyChannels(ys, 0, at(c.y, dy, i), g*c.out, c.out)
			c.plan.WeightGrad(xs.Data, ys.Data, c.group(g, panelGrad))
		}
	}
}
