package kernel

// Affine computes dst = relu(src*scale + shift + residual) at every pixel, with a
// scale and a shift per channel: a batch normalization with its residual sum and
// ReLU. A nil residual and a false relu leave their steps out; relu keeps NaN. The
// images have equal height, width and pitch, each its own halo; scale and shift have
// pitch values, zeros where a padding channel's shift is. dst may be src or
// residual. It panics on sizes that do not match.
func Affine(dst, src Image, scale, shift []float32, residual *Image, relu bool) {
	dst.check("affine", "dst", dst.Layout)
	src.check("affine", "src", dst.Layout)
	checkLen("affine", "scale", scale, dst.C)
	checkLen("affine", "shift", shift, dst.C)
	if residual != nil {
		residual.check("affine", "residual", dst.Layout)
	}
	scale, shift = scale[:dst.C], shift[:dst.C]
	var add []float32
	for y := range dst.H {
		if residual != nil {
			add = residual.row(y)
		}
		affineRow(dst.row(y), src.row(y), add, scale, shift, relu)
	}
}

// NormGrad computes dst = dz*a + y*b + d at every pixel, with a, b and d per
// channel: the derivative of a batch normalization of y, whose coefficients follow
// from the sums of dz and dz*y (see [ChannelDots]). Sizes are as for [Affine]; dst
// may be dz or y. It panics on sizes that do not match.
func NormGrad(dst, dz, y Image, a, b, d []float32) {
	dst.check("normalization gradient", "dst", dst.Layout)
	dz.check("normalization gradient", "dz", dst.Layout)
	y.check("normalization gradient", "y", dst.Layout)
	checkLen("normalization gradient", "a", a, dst.C)
	checkLen("normalization gradient", "b", b, dst.C)
	checkLen("normalization gradient", "d", d, dst.C)
	a, b, d = a[:dst.C], b[:dst.C], d[:dst.C]
	for i := range dst.H {
		normGradRow(dst.row(i), dz.row(i), y.row(i), a, b, d)
	}
}

// ChannelSums adds, per channel, the sums of x and of x*x over all pixels to sum and
// sumsq (pitch values each), in float64 and in the order of the pixels. It panics
// on sizes that do not match.
func ChannelSums(x Image, sum, sumsq []float64) { ChannelDots(x, x, sum, sumsq) }

// ChannelDots adds, per channel, the sums of x and of x*y over all pixels to sum and
// dot, in float64 and in the order of the pixels: what the derivative of a batch
// normalization needs, and with sum that of a bias. Sizes are as for [Affine]. It
// panics on sizes that do not match.
func ChannelDots(x, y Image, sum, dot []float64) {
	x.check("channel sums", "x", x.Layout)
	y.check("channel sums", "y", x.Layout)
	checkLen("channel sums", "sum", sum, x.C)
	checkLen("channel sums", "dot", dot, x.C)
	sum, dot = sum[:x.C], dot[:x.C]
	for i := range x.H {
		dotsRow(x.row(i), y.row(i), sum, dot)
	}
}

// row returns the pixels of one row without the halo.
func (m *Image) row(y int) []float32 { return m.Data[m.Off(y, 0):][:m.W*m.C] }

// The products below are rounded before they are added, so that no compiler fuses
// the two and every path gives the same bits.

func portableAffineRow(dst, src, add, scale, shift []float32, clip bool) {
	for o := 0; o < len(dst); o += len(scale) {
		for j, s := range scale {
			v := float32(src[o+j]*s) + shift[j]
			if add != nil {
				v += add[o+j]
			}
			if clip {
				v = relu(v)
			}
			dst[o+j] = v
		}
	}
}

func portableNormGradRow(dst, dz, y, a, b, d []float32) {
	for o := 0; o < len(dst); o += len(a) {
		for j := range a {
			dst[o+j] = float32(dz[o+j]*a[j]) + float32(y[o+j]*b[j]) + d[j]
		}
	}
}

func portableDotsRow(x, y []float32, sum, dot []float64) {
	for o := 0; o < len(x); o += len(sum) {
		for j := range sum {
			v := float64(x[o+j])
			sum[j] += v
			dot[j] += float64(v * float64(y[o+j])) // exact: 48 bits
		}
	}
}
