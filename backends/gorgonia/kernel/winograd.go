package kernel

import "fmt"

// winogradResults is the side of a tile of results.
const winogradResults = 4

// Winograd is the plan of a convolution of stride 1 by the algorithm of Lavin & Gray
// (CVPR 2016): F(4x4, 3x3) for kernels of 3x3, F(4x4, 5x5) for 5x5. It needs a
// quarter and a sixth of the products of [Conv] and gives its results up to rounding:
// the error, relative to the largest value of an image of at least a tile, is at most
// [WinogradError]. A NaN or infinity in a tile of inputs makes the tile's results NaN
// or infinite, beyond those that depend on it. The plan does not change after [NewWinograd] and may be used by any number of
// goroutines, each with its own scratch.
//
// Weights are first taken to frequencies with Transform or TransformGrad, from the
// panels of a Conv of the same geometry and layouts; AddGrad brings their gradient back.
// A call does any number of images, the same bits as one by one but for WeightGrad;
// it is fastest with a multiple of Images.
type Winograd struct {
	g         Geometry
	x, y      Layout
	panelRows int
	fwd, grad winogradPass
	weight    winogradPass // fwd in the weight gradient's groups
	basis     winogradBasis
}

// WinogradError bounds the error of a result of [Winograd] relative to the largest
// value of its kind, for layers of up to 512 channels. It is a third of that with 64.
const WinogradError = 2e-5

// ByWinograd reports that [NewWinograd] can plan g: a kernel of 3x3 or 5x5, with stride 1 and
// without dilation.
func (g Geometry) ByWinograd() bool {
	h, w := g.axes()
	return (g.KernelH == 3 || g.KernelH == 5) && g.KernelW == g.KernelH &&
		h.stride == 1 && w.stride == 1 && h.dilation == 1 && w.dilation == 1
}

// WinogradLayouts returns the smallest layouts that [NewWinograd] accepts: those of
// Layouts, with a wider halo where the tiles overhang the image. g must be valid and ByWinograd.
func (g Geometry) WinogradLayouts() (x, y Layout) {
	x, y = g.Layouts()
	x.C = Up16(g.C)
	fwd, grad := g.winogradPasses(x, y)
	return x.Union(fwd.reads()).Union(grad.writes()), y.Union(grad.reads()).Union(fwd.writes())
}

// winogradPasses plans y from x, and dx from dy. The latter is a convolution as well,
// with the kernel turned by a half.
func (g Geometry) winogradPasses(x, y Layout) (fwd, grad winogradPass) {
	side := winogradResults + g.KernelH - 1
	fwd = winogradPass{side: side, padH: g.PadH, padW: g.PadW, in: Up16(g.C), out: Up16(g.K), from: x, to: y}
	grad = winogradPass{side: side, padH: g.KernelH - 1 - g.PadH, padW: g.KernelW - 1 - g.PadW,
		in: Up16(g.K), out: Up16(g.C), from: y, to: x}
	return fwd, grad
}

// NewWinograd plans g on images x and dx of layout x, y and dy of layout y, which are
// those of g.WinogradLayouts or larger, as for [NewConv]. It reports a geometry
// that is not ByWinograd.
func NewWinograd(g Geometry, x, y Layout) (*Winograd, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if !g.ByWinograd() {
		return nil, fmt.Errorf("winograd %+v: want a kernel of 3x3 or 5x5, a stride of 1 and a dilation of 1", g)
	}
	minX, minY := g.WinogradLayouts()
	if err := fits(minX, x, -1); err != nil {
		return nil, fmt.Errorf("winograd %+v: x: %w", g, err)
	}
	if err := fits(minY, y, -1); err != nil {
		return nil, fmt.Errorf("winograd %+v: y: %w", g, err)
	}
	w := &Winograd{g: g, x: x, y: y, panelRows: g.KernelH * g.KernelW * x.C}
	w.fwd, w.grad = g.winogradPasses(x, y)
	w.weight = w.fwd
	w.fwd.size(groupBytes)
	w.grad.size(groupBytes)
	w.weight.size(max(groupBytes, min(4*w.ULen(), gradBytes)))
	if w.ULen() > maxFloats || w.ScratchLen() > maxFloats {
		return nil, fmt.Errorf("winograd %+v: want at most %d floats a buffer", g, maxFloats)
	}
	w.basis = basisOf(g.KernelH, w.fwd.weights(), 16*x.C)
	return w, nil
}

// XLayout returns the layout of x and dx.
func (w *Winograd) XLayout() Layout { return w.x }

// YLayout returns the layout of y and dy.
func (w *Winograd) YLayout() Layout { return w.y }

// ULen returns the floats of the weights' frequencies, of the input gradient's, and
// of their gradient.
func (w *Winograd) ULen() int { return w.fwd.frequencies() * w.fwd.weights() }

// PanelLen returns the floats of the weights' panels, as [Conv] has them.
func (w *Winograd) PanelLen() int { return w.panelRows * w.fwd.out }

// ScratchLen returns the floats of scratch that a call needs, for any number of
// images. Its contents are of no account.
func (w *Winograd) ScratchLen() int {
	return max(w.fwd.scratch(), w.grad.scratch(), w.weight.scratch())
}

// Images returns the number of images, a multiple of which makes a call fastest.
func (w *Winograd) Images() int {
	f := &w.fwd
	return f.rows / gcd(f.rows, f.tilesH())
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
