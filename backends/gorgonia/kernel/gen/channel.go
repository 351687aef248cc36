package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// channelKernels writes the passes over a row of npix pixels with coefficients per
// channel. A block is 16 channels, whose coefficients stay in registers; what is left of
// a pitch is a block of 8. Products are rounded before they are added, as in Go. AVX2 is as
// fast as AVX-512 here: the second-level cache sets the pace.
func channelKernels() {
	for _, b := range []block{2, 1} {
		for v := range 4 {
			affine(b, v&1 != 0, v&2 != 0)
		}
		normGrad(b)
	}
	for _, b := range []block{4, 2} { // of float64
		dots(b, false)
		dots(b, true)
	}
}

// block is a number of vectors of neighbouring channels.
type block int

// name appends the number of channels, of the given bytes each.
func (b block) name(s string, bytes int) string {
	return fmt.Sprintf("%s%d", s, vecBytes*int(b)/bytes)
}

// coefficients loads a block of each coefficient into registers from the first on and
// moves the pointers to the next block.
func (b block) coefficients(first int, from ...reg.GPVirtual) [][]reg.VecPhysical {
	var all [][]reg.VecPhysical
	for _, p := range from {
		r := ymm[first:][:b]
		for v := range r {
			VMOVUPS(at(p, v), r[v])
		}
		ADDQ(Imm(uint64(vecBytes*int(b))), p)
		all, first = append(all, r), first+int(b)
	}
	return all
}

// pixels runs start for every block and body for each of its vectors at every pixel;
// npix, pitch (in floats) and blocks are parameters.
func (b block) pixels(data []reg.GPVirtual, start func(), body func(v int)) {
	npix, pitch, blocks := param("npix"), param("pitch"), param("blocks")
	n, back := GP64(), GP64()
	SHLQ(Imm(2), pitch)
	MOVQ(pitch, back)
	IMULQ(npix, back)
	SUBQ(Imm(uint64(vecBytes*int(b))), back) // from behind a row to the next block
	Label("block")
	start()
	MOVQ(npix, n)
	Label("pixel")
	for v := range int(b) {
		body(v)
	}
	for _, p := range data {
		ADDQ(pitch, p)
	}
	DECQ(n)
	JNZ(LabelRef("pixel"))
	for _, p := range data {
		SUBQ(back, p)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	end()
}

// affine writes dst = relu(src*scale + shift + add).
func affine(b block, residual, clip bool) {
	name, signature := "affine", "func(dst, src, scale, shift *float32, npix, pitch, blocks int)"
	if residual {
		name, signature = "affineAdd", "func(dst, src, scale, shift, add *float32, npix, pitch, blocks int)"
	}
	if clip {
		name += "ReLU"
	}
	begin(b.name(name, 4), signature)
	dst, src, scale, shift := param("dst"), param("src"), param("scale"), param("shift")
	data := []reg.GPVirtual{dst, src}
	var add reg.GPVirtual
	if residual {
		add = param("add")
		data = append(data, add)
	}
	null := ymm[15]
	zero(null)
	var c [][]reg.VecPhysical
	b.pixels(data, func() { c = b.coefficients(4, scale, shift) }, func(v int) {
		x := ymm[v]
		VMULPS(at(src, v), c[0][v], x)
		VADDPS(c[1][v], x, x)
		if residual {
			VADDPS(at(add, v), x, x)
		}
		if clip {
			VMAXPS(x, null, x) // keeps NaN
		}
		VMOVUPS(x, at(dst, v))
	})
}

// normGrad writes dst = dz*a + y*b + d.
func normGrad(b block) {
	begin(b.name("normGrad", 4), "func(dst, dz, y, a, b, d *float32, npix, pitch, blocks int)")
	dst, dz, y := param("dst"), param("dz"), param("y")
	ca, cb, cd := param("a"), param("b"), param("d")
	var c [][]reg.VecPhysical
	b.pixels([]reg.GPVirtual{dst, dz, y}, func() { c = b.coefficients(4, ca, cb, cd) }, func(v int) {
		x, t := ymm[v], ymm[2+v]
		VMULPS(at(dz, v), c[0][v], x)
		VMULPS(at(y, v), c[1][v], t)
		VADDPS(t, x, x)
		VADDPS(c[2][v], x, x)
		VMOVUPS(x, at(dst, v))
	})
}

// dots writes sum += x, dot += x*y (x*x if square) in float64 for one block.
func dots(b block, square bool) {
	name, signature := "dots", "func(x, y *float32, sum, dot *float64, npix, pitch int)"
	if square {
		name, signature = "squares", "func(x *float32, sum, dot *float64, npix, pitch int)"
	}
	begin(b.name(name, 8), signature)
	x, sum, dot := param("x"), param("sum"), param("dot")
	npix, pitch := param("npix"), param("pitch")
	n := int(b)
	for v := range n {
		VMOVUPD(at(sum, v), ymm[v])
		VMOVUPD(at(dot, v), ymm[n+v])
	}
	y := x
	if !square {
		y = param("y")
	}
	Label("pixel")
	for v := range n {
		a, c := ymm[8+2*(v&1)], ymm[9+2*(v&1)]
		VCVTPS2PD(Mem{Base: x, Disp: vecBytes / 2 * v}, a)
		if square {
			c = a
		} else {
			VCVTPS2PD(Mem{Base: y, Disp: vecBytes / 2 * v}, c)
		}
		VADDPD(a, ymm[v], ymm[v])
		VFMADD231PD(a, c, ymm[n+v]) // the product is exact
	}
	LEAQ(Mem{Base: x, Index: pitch, Scale: 4}, x)
	if !square {
		LEAQ(Mem{Base: y, Index: pitch, Scale: 4}, y)
	}
	DECQ(npix)
	JNZ(LabelRef("pixel"))
	for v := range n {
		VMOVUPD(ymm[v], at(sum, v))
		VMOVUPD(ymm[n+v], at(dot, v))
	}
	end()
}
