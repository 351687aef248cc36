package kernel

import "fmt"

// Geometry is a convolution without its data: an input of H by W pixels and C
// channels, K output channels, and kernel, stride, zero padding and dilation as in
// PyTorch's Conv2d. Padding may exceed the kernel.
type Geometry struct {
	H, W, C, K           int
	KernelH, KernelW     int
	StrideH, StrideW     int
	PadH, PadW           int
	DilationH, DilationW int // from one tap to the next in the input; 0 means 1
}

// axis is a convolution along one axis of n positions.
type axis struct{ n, kernel, stride, pad, dilation int }

// axes returns the convolution along the height and along the width.
func (g Geometry) axes() (h, w axis) {
	return axis{g.H, g.KernelH, g.StrideH, g.PadH, max(g.DilationH, 1)},
		axis{g.W, g.KernelW, g.StrideW, g.PadW, max(g.DilationW, 1)}
}

// OutH returns the output height.
func (g Geometry) OutH() int { h, _ := g.axes(); return h.out() }

// OutW returns the output width.
func (g Geometry) OutW() int { _, w := g.axes(); return w.out() }

// reach returns the input positions that the kernel spans.
func (a axis) reach() int { return (a.kernel-1)*a.dilation + 1 }

func (a axis) out() int { return outSize(a.n, a.reach(), a.stride, a.pad) }

func outSize(n, kernel, stride, pad int) int {
	if n+2*pad < kernel {
		return 0
	}
	return (n+2*pad-kernel)/stride + 1
}

// Validate reports a size below 1, a negative padding or dilation, a kernel that does not fit
// the padded input, or buffers too large to be addressed.
func (g Geometry) Validate() error {
	for _, n := range []int{g.H, g.W, g.C, g.K, g.KernelH, g.KernelW, g.StrideH, g.StrideW} {
		if n < 1 {
			return fmt.Errorf("convolution %+v: want every size of at least 1", g)
		}
	}
	if g.PadH < 0 || g.PadW < 0 {
		return fmt.Errorf("convolution %+v: want a padding of at least 0", g)
	}
	if g.DilationH < 0 || g.DilationW < 0 {
		return fmt.Errorf("convolution %+v: want a dilation of at least 1 (0 means 1)", g)
	}
	if tooLarge(g.H+2*g.PadH, g.W+2*g.PadW, Up16(g.C)) || tooLarge(g.KernelH, g.KernelW,
		Up16(g.C), Up16(g.K)) {
		return fmt.Errorf("convolution %+v: want at most %d floats a buffer", g, maxFloats)
	}
	if g.DilationH > maxFloats || g.DilationW > maxFloats {
		return fmt.Errorf("convolution %+v: want a dilation of at most %d", g, maxFloats)
	}
	if g.OutH() < 1 || g.OutW() < 1 {
		return fmt.Errorf("convolution %+v: the kernel is larger than the padded input", g)
	}
	return nil
}

// Layouts returns the smallest layouts a [Conv] accepts for x (and dx) and for y
// (and dy): x has a halo of the padding, y the halo its derivative needs to yield
// the input gradient, and a pitch of Up16(K). With fewer than 16 channels the
// pitch of x is C, as images come; otherwise it is Up16(C). g must be valid.
func (g Geometry) Layouts() (x, y Layout) {
	x = Layout{H: g.H, W: g.W, C: g.C, PadH: g.PadH, PadW: g.PadW}
	if g.C > 16 {
		x.C = Up16(g.C)
	}
	h, w := g.axes()
	y = Layout{H: h.out(), W: w.out(), C: Up16(g.K), PadH: h.gradHalo(), PadW: w.gradHalo()}
	return x, y
}

// A gradAxis says how the input positions i of one residue in the stride, i = s*j + a, are
// reached: by taps, in the order of falling tap and rising output, from the outputs
// j+q, j+q+step and so on.
type gradAxis struct {
	taps    []int
	q, step int
}

// grad returns the taps that reach residue a. Tap u reaches input i from output o if
// i = s*o - pad + dilation*u, so that u moves by s/gcd where o moves by dilation/gcd.
func (a axis) grad(residue int) gradAxis {
	common := gcd(a.stride, a.dilation)
	g := gradAxis{step: a.dilation / common}
	for u := a.kernel - 1; u >= 0; u-- {
		if o := residue + a.pad - u*a.dilation; o%a.stride == 0 {
			if len(g.taps) == 0 {
				g.q = o / a.stride
			}
			g.taps = append(g.taps, u)
		}
	}
	return g
}

// gradHalo returns how far outside its outputs the input gradient reads.
func (a axis) gradHalo() int {
	halo := 0
	for residue := range min(a.stride, a.n) {
		g := a.grad(residue)
		if len(g.taps) == 0 {
			continue
		}
		last := (a.n-1-residue)/a.stride + g.q + (len(g.taps)-1)*g.step
		halo = max(halo, -g.q, last-(a.out()-1))
	}
	return halo
}
