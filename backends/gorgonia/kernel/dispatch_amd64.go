package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// best is the machine's largest path.
var best = detect()

func detect() path {
	switch x := &cpu.X86; {
	case !x.HasAVX2 || !x.HasFMA:
		return portable
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return avx512
	}
	return avx2
}

// The functions below run the assembly where it is in use, on all that is a multiple
// of its vectors, and portable Go on the rest. The assembly is called by
// name, not through variables, so that their arguments stay on the stack.

func tile(a *tileArgs, mr int) {
	p := (*int64)(unsafe.Pointer(a))
	switch {
	case current == portable:
		portableTile(a, mr)
	case a.pair > 0:
		tileWide(p, mr)
	default:
		tileNarrow(p, mr)
	}
}

func tileNarrow(p *int64, mr int) {
	switch mr {
	case 1:
		tile1x16(p)
	case 2:
		tile2x16(p)
	case 3:
		tile3x16(p)
	case 4:
		tile4x16(p)
	case 5:
		tile5x16(p)
	case 6:
		tile6x16(p)
	}
}

func tileWide(p *int64, mr int) {
	switch mr {
	case 1:
		tile1x32(p)
	case 2:
		tile2x32(p)
	case 3:
		tile3x32(p)
	case 4:
		tile4x32(p)
	case 5:
		tile5x32(p)
	case 6:
		tile6x32(p)
	}
}

func weightTile(a *tileArgs, mr int) {
	p := (*int64)(unsafe.Pointer(a))
	switch {
	case current == portable:
		portableTile(a, mr)
	case a.pair > 0:
		weightTileWide(p, mr)
	default:
		weightTileNarrow(p, mr)
	}
}

func weightTileNarrow(p *int64, mr int) {
	switch mr {
	case 1:
		weightTile1x16(p)
	case 2:
		weightTile2x16(p)
	case 3:
		weightTile3x16(p)
	case 4:
		weightTile4x16(p)
	case 5:
		weightTile5x16(p)
	case 6:
		weightTile6x16(p)
	}
}

func weightTileWide(p *int64, mr int) {
	switch mr {
	case 1:
		weightTile1x32(p)
	case 2:
		weightTile2x32(p)
	case 3:
		weightTile3x32(p)
	case 4:
		weightTile4x32(p)
	case 5:
		weightTile5x32(p)
	case 6:
		weightTile6x32(p)
	}
}

func dot(a *tileArgs) {
	if current == portable {
		portableDot(a)
		return
	}
	dot6((*int64)(unsafe.Pointer(a)))
}

func transpose16(dst, src *[256]float32) {
	if current == portable {
		portableTranspose16(dst, src)
		return
	}
	transpose8(&dst[0], &src[0])
	transpose8(&dst[8], &src[8*16])
	transpose8(&dst[8*16], &src[8])
	transpose8(&dst[8*16+8], &src[8*16+8])
}

func affineRow(dst, src, add, scale, shift []float32, clip bool) {
	c := len(scale)
	n, c8 := len(dst)/c, c/8
	switch {
	case current == portable || c%8 != 0:
		portableAffineRow(dst, src, add, scale, shift, clip)
	case add == nil && !clip:
		affine8(&dst[0], &src[0], &scale[0], &shift[0], n, c8)
	case add == nil:
		affineReLU8(&dst[0], &src[0], &scale[0], &shift[0], n, c8)
	case !clip:
		affineAdd8(&dst[0], &src[0], &scale[0], &shift[0], &add[0], n, c8)
	default:
		affineAddReLU8(&dst[0], &src[0], &scale[0], &shift[0], &add[0], n, c8)
	}
}

func normGradRow(dst, dz, y, a, b, d []float32) {
	if c := len(a); current >= avx2 && c%8 == 0 {
		normGrad8(&dst[0], &dz[0], &y[0], &a[0], &b[0], &d[0], len(dst)/c, c/8)
		return
	}
	portableNormGradRow(dst, dz, y, a, b, d)
}

func dotsRow(x, y []float32, sum, dot []float64) {
	c := len(sum)
	if current == portable || c%8 != 0 {
		portableDotsRow(x, y, sum, dot)
		return
	}
	k := 0
	for ; k+16 <= c; k += 16 {
		dots16(&x[k], &y[k], &sum[k], &dot[k], len(x)/c, c)
	}
	if k < c {
		dots8(&x[k], &y[k], &sum[k], &dot[k], len(x)/c, c)
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
