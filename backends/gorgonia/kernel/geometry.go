package kernel

import "fmt"

// Geometry is a convolution without its data: an input of H by W pixels and C
// channels, K output channels, and kernel, stride and zero padding as in PyTorch's
// Conv2d with dilation 1. Padding may exceed the kernel.
type Geometry struct {
	H, W, C, K       int
	KernelH, KernelW int
	StrideH, StrideW int
	PadH, PadW       int
}

// OutH returns the output height.
func (g Geometry) OutH() int { return outSize(g.H, g.KernelH, g.StrideH, g.PadH) }

// OutW returns the output width.
func (g Geometry) OutW() int { return outSize(g.W, g.KernelW, g.StrideW, g.PadW) }

func outSize(n, kernel, stride, pad int) int {
	if n+2*pad < kernel {
		return 0
	}
	return (n+2*pad-kernel)/stride + 1
}

// Validate reports a size below 1, a negative padding, a kernel that does not fit
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
	if tooLarge(g.H+2*g.PadH, g.W+2*g.PadW, Up16(g.C)) || tooLarge(g.KernelH, g.KernelW,
		Up16(g.C), Up16(g.K)) {
		return fmt.Errorf("convolution %+v: want at most %d floats a buffer", g, maxFloats)
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
	y = Layout{H: g.OutH(), W: g.OutW(), C: Up16(g.K),
		PadH: gradHalo(g.H, g.OutH(), g.KernelH, g.StrideH, g.PadH),
		PadW: gradHalo(g.W, g.OutW(), g.KernelW, g.StrideW, g.PadW)}
	return x, y
}

// gradTaps returns, along one axis, the kernel taps that reach the input positions
// s*i+a from some output, in the order of falling tap and rising output, and the
// output q+i that the first of them comes from.
func gradTaps(a, kernel, stride, pad int) (taps []int, q int) {
	first := (a + pad) % stride
	for u := first; u < kernel; u += stride {
		taps = append([]int{u}, taps...)
	}
	return taps, (a+pad-first)/stride - len(taps) + 1
}

// gradHalo returns how far outside 0..out-1 the input gradient reads along one axis.
func gradHalo(n, out, kernel, stride, pad int) int {
	halo := 0
	for a := range min(stride, n) {
		taps, q := gradTaps(a, kernel, stride, pad)
		if len(taps) == 0 {
			continue
		}
		last := (n-1-a)/stride + q + len(taps) - 1
		halo = max(halo, -q, last-(out-1))
	}
	return halo
}
