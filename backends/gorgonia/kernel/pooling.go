package kernel

import "fmt"

// Pooling is a window that slides over an image, as in PyTorch's MaxPool2d and
// AvgPool2d with dilation 1, ceil_mode false and count_include_pad true.
type Pooling struct {
	KernelH, KernelW, StrideH, StrideW, PadH, PadW int
}

// Validate reports a window or stride below 1 or a padding outside 0 to half the window.
func (p Pooling) Validate() error {
	if p.KernelH < 1 || p.KernelW < 1 || p.StrideH < 1 || p.StrideW < 1 {
		return fmt.Errorf("pooling %+v: want a window and strides of at least 1", p)
	}
	if p.PadH < 0 || p.PadW < 0 || 2*p.PadH > p.KernelH || 2*p.PadW > p.KernelW {
		return fmt.Errorf("pooling %+v: want a padding from 0 to half the window", p)
	}
	return nil
}

// Out returns the height and width of the pooled image of h by w pixels, or an error
// if the pooling is invalid or its window does not fit.
func (p Pooling) Out(h, w int) (oh, ow int, err error) {
	if err := p.Validate(); err != nil {
		return 0, 0, err
	}
	oh, ow = outSize(h, p.KernelH, p.StrideH, p.PadH), outSize(w, p.KernelW, p.StrideW, p.PadW)
	if h < 1 || w < 1 || oh < 1 || ow < 1 {
		return 0, 0, fmt.Errorf("pooling %+v: the window is larger than the padded image of %dx%d", p, h, w)
	}
	return oh, ow, nil
}

// check panics unless x pools to y.
func (p Pooling) check(where string, x, y *Image) {
	x.check(where, "input", x.Layout)
	oh, ow, err := p.Out(x.H, x.W)
	if err != nil {
		panic(fmt.Sprintf("kernel: %s: %v", where, err))
	}
	y.check(where, "output", Layout{H: oh, W: ow, C: x.C})
}

// window returns the rows and columns of x under output pixel (i, j), without the padding.
func (p Pooling) window(x *Image, i, j int) (y0, y1, x0, x1 int) {
	y0, x0 = i*p.StrideH-p.PadH, j*p.StrideW-p.PadW
	y1, x1 = min(y0+p.KernelH, x.H), min(x0+p.KernelW, x.W)
	return max(y0, 0), y1, max(x0, 0), x1
}

// pixel returns the channels of one pixel.
func (m *Image) pixel(y, x int) []float32 { return m.Data[m.Off(y, x):][:m.C] }

// clearPixels zeroes an image but for its halo.
func (m *Image) clearPixels() {
	for y := range m.H {
		clear(m.row(y))
	}
}

// AvgForward writes the mean of every window of x to y; padding counts as zeros. The
// images have equal pitch, each its own halo. It panics on sizes that do not match.
func (p Pooling) AvgForward(y, x Image) {
	p.check("average pooling", &x, &y)
	area := float32(p.KernelH * p.KernelW)
	for i := range y.H {
		for j := range y.W {
			d := y.pixel(i, j)
			clear(d)
			y0, y1, x0, x1 := p.window(&x, i, j)
			for r := y0; r < y1; r++ {
				for c := x0; c < x1; c++ {
					addTo(d, x.pixel(r, c))
				}
			}
			for k := range d {
				d[k] /= area
			}
		}
	}
}

// AvgBackward writes the derivative by x, from that by y, to dx. Sizes are as for
// AvgForward.
func (p Pooling) AvgBackward(dx, dy Image) {
	p.check("average pooling gradient", &dx, &dy)
	dx.clearPixels()
	for i := range dy.H {
		for j := range dy.W {
			d := dy.pixel(i, j)
			y0, y1, x0, x1 := p.window(&dx, i, j)
			for r := y0; r < y1; r++ {
				for c := x0; c < x1; c++ {
					addTo(dx.pixel(r, c), d)
				}
			}
		}
	}
	area := float32(p.KernelH * p.KernelW)
	for y := range dx.H {
		row := dx.row(y)
		for k := range row {
			row[k] /= area
		}
	}
}
