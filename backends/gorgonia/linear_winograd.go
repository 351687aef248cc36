package gorgonia

import "github.com/arbench/arbench/backends/gorgonia/kernel"

// A transformer is a mapping that works on something else than the panels: its forward pass reads
// what transform derives from them, and its weight gradient is summed up as addGrad wants it.
type transformer interface {
	frequencies() int // floats of either
	transform(panel, u []float32)
	addGrad(du, panelGrad []float32)
}

// winograd is a convolution by Winograd's algorithm. Its panels are those of conv; the input
// gradient's are frequencies as well.
type winograd struct {
	conv
	by *kernel.Winograd
}

func (c winograd) gradPanelLen() int               { return c.by.ULen() }
func (c winograd) packGrad(panel, g []float32)     { c.by.TransformGrad(panel, g) }
func (c winograd) frequencies() int                { return c.by.ULen() }
func (c winograd) transform(panel, u []float32)    { c.by.Transform(panel, u) }
func (c winograd) addGrad(du, panelGrad []float32) { c.by.AddGrad(du, panelGrad) }

func (c winograd) forward(w *worker, n int, x, u, y []float32, t tail) {
	w.epilogue = kernel.Epilogue{Bias: t.bias, ReLU: t.relu, Residual: t.residual}
	c.by.Forward(n, x, c.by.XLayout().Size(), u, y, c.by.YLayout().Size(), &w.epilogue,
		w.tiles(c.by.ScratchLen()))
}

func (c winograd) inputGrad(w *worker, n int, dy, u, dx, mask []float32, add bool) {
	w.epilogue = kernel.Epilogue{Mask: mask}
	if add {
		w.epilogue.Residual = dx
	}
	c.by.InputGrad(n, dy, c.by.YLayout().Size(), u, dx, c.by.XLayout().Size(), &w.epilogue,
		w.tiles(c.by.ScratchLen()))
}

// weightGrad adds the derivative over n rows to its frequencies.
func (c winograd) weightGrad(w *worker, n int, x, dy, du []float32) {
	c.by.WeightGrad(n, x, c.by.XLayout().Size(), dy, c.by.YLayout().Size(), du,
		w.tiles(c.by.ScratchLen()))
}

// winogradChannels is the number of channels up to which the error of kernel.Winograd is bounded.
const winogradChannels = 512

// byWinograd reports that a convolution goes by Winograd's algorithm: if that saves half of the
// products. The first layer's few channels would be filled up with zeros.
func (p *plan) byWinograd(g geometry) bool {
	if !p.winograd || g.groups > 1 || g.C < 16 || max(g.C, g.K) > winogradChannels || !g.ByWinograd() {
		return false
	}
	tiles := (g.OutH() + 3) / 4 * ((g.OutW() + 3) / 4)
	side := g.KernelH + 3
	return 2*tiles*side*side <= g.OutH()*g.OutW()*g.KernelH*g.KernelW
}
