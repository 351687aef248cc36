package kernel

// blocksOf returns how many blocks of 16 channels a pitch has, and whether half a
// block is left. A pitch that is no multiple of 8 is not for the assembly.
func blocksOf(pitch int) (blocks int, half, ok bool) {
	return pitch / 16, pitch%16 == 8, current >= avx2 && pitch%8 == 0
}

func affineRow(dst, src, add, scale, shift []float32, clip bool) {
	pitch := len(scale)
	blocks, half, ok := blocksOf(pitch)
	if !ok {
		portableAffineRow(dst, src, add, scale, shift, clip)
		return
	}
	n, k := len(dst)/pitch, 16*blocks
	if blocks > 0 {
		affineBlocks(dst, src, add, scale, shift, clip, n, blocks)
	}
	if half {
		if add != nil {
			add = add[k:]
		}
		affineHalf(dst[k:], src[k:], add, scale[k:], shift[k:], clip, n, pitch)
	}
}

func affineBlocks(dst, src, add, scale, shift []float32, clip bool, n, blocks int) {
	pitch := len(scale)
	switch {
	case add == nil && !clip:
		affine16(&dst[0], &src[0], &scale[0], &shift[0], n, pitch, blocks)
	case add == nil:
		affineReLU16(&dst[0], &src[0], &scale[0], &shift[0], n, pitch, blocks)
	case !clip:
		affineAdd16(&dst[0], &src[0], &scale[0], &shift[0], &add[0], n, pitch, blocks)
	default:
		affineAddReLU16(&dst[0], &src[0], &scale[0], &shift[0], &add[0], n, pitch, blocks)
	}
}

// affineHalf does 8 channels of n pixels.
func affineHalf(dst, src, add, scale, shift []float32, clip bool, n, pitch int) {
	switch {
	case add == nil && !clip:
		affine8(&dst[0], &src[0], &scale[0], &shift[0], n, pitch, 1)
	case add == nil:
		affineReLU8(&dst[0], &src[0], &scale[0], &shift[0], n, pitch, 1)
	case !clip:
		affineAdd8(&dst[0], &src[0], &scale[0], &shift[0], &add[0], n, pitch, 1)
	default:
		affineAddReLU8(&dst[0], &src[0], &scale[0], &shift[0], &add[0], n, pitch, 1)
	}
}

func normGradRow(dst, dz, y, a, b, d []float32) {
	pitch := len(a)
	blocks, half, ok := blocksOf(pitch)
	if !ok {
		portableNormGradRow(dst, dz, y, a, b, d)
		return
	}
	n, k := len(dst)/pitch, 16*blocks
	if blocks > 0 {
		normGrad16(&dst[0], &dz[0], &y[0], &a[0], &b[0], &d[0], n, pitch, blocks)
	}
	if half {
		normGrad8(&dst[k], &dz[k], &y[k], &a[k], &b[k], &d[k], n, pitch, 1)
	}
}

func dotsRow(x, y []float32, sum, dot []float64) {
	pitch := len(sum)
	blocks, half, ok := blocksOf(pitch)
	if !ok {
		portableDotsRow(x, y, sum, dot)
		return
	}
	n, k := len(x)/pitch, 16*blocks
	same := &x[0] == &y[0]
	for b := 0; b < k; b += 16 {
		if same {
			squares16(&x[b], &sum[b], &dot[b], n, pitch)
		} else {
			dots16(&x[b], &y[b], &sum[b], &dot[b], n, pitch)
		}
	}
	if half && same {
		squares8(&x[k], &sum[k], &dot[k], n, pitch)
	} else if half {
		dots8(&x[k], &y[k], &sum[k], &dot[k], n, pitch)
	}
}

func pool2Row(y, r0, r1 []float32, c int) {
	if current >= avx2 && c%8 == 0 {
		pool28(&y[0], &r0[0], &r1[0], len(y)/c, c/8)
		return
	}
	portablePool2Row(y, r0, r1, c)
}

func pool2GradRow(d0, d1, dy, r0, r1, y []float32, c int, clip bool) {
	switch {
	case current == portable || c%8 != 0:
		portablePool2GradRow(d0, d1, dy, r0, r1, y, c, clip)
	case clip:
		pool2GradReLU8(&d0[0], &d1[0], &dy[0], &r0[0], &r1[0], &y[0], len(y)/c, c/8)
	default:
		pool2Grad8(&d0[0], &d1[0], &dy[0], &r0[0], &r1[0], &y[0], len(y)/c, c/8)
	}
}
