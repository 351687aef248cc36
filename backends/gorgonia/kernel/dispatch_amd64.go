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
	switch p := (*int64)(unsafe.Pointer(a)); current {
	case portable:
		portableDot(a)
	case avx2:
		dot6Narrow(p)
	default:
		dot6Wide(p)
	}
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
