package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// channelKernels writes the passes over a row of npix pixels of 8*c8 channels with
// coefficients per channel. Products are rounded before they are added, as in Go.
func channelKernels() {
	for v := range 4 {
		affine(v&1 != 0, v&2 != 0)
	}
	normGrad()
	dots(4)
	dots(2)
}

// rowLoop runs body for every vector; the coefficients start again with every pixel.
func rowLoop(data, coef []reg.GPVirtual, body func()) {
	npix, c8 := param("npix"), param("c8")
	bytes, j := GP64(), GP64()
	MOVQ(c8, bytes)
	SHLQ(Imm(5), bytes)
	Label("pixel")
	MOVQ(c8, j)
	Label("vector")
	body()
	for _, p := range append(data, coef...) {
		ADDQ(Imm(vecBytes), p)
	}
	DECQ(j)
	JNZ(LabelRef("vector"))
	for _, p := range coef {
		SUBQ(bytes, p)
	}
	DECQ(npix)
	JNZ(LabelRef("pixel"))
	end()
}

// affine writes dst = relu(src*scale + shift + add).
func affine(residual, clip bool) {
	name, signature := "affine", "func(dst, src, scale, shift *float32, npix, c8 int)"
	if residual {
		name, signature = "affineAdd", "func(dst, src, scale, shift, add *float32, npix, c8 int)"
	}
	if clip {
		name += "ReLU"
	}
	begin(name+"8", signature)
	dst, src, scale, shift := param("dst"), param("src"), param("scale"), param("shift")
	data := []reg.GPVirtual{dst, src}
	var add reg.GPVirtual
	if residual {
		add = param("add")
		data = append(data, add)
	}
	zero(ymm[15])
	rowLoop(data, []reg.GPVirtual{scale, shift}, func() {
		VMOVUPS(at(src, 0), ymm[0])
		VMULPS(at(scale, 0), ymm[0], ymm[0])
		VADDPS(at(shift, 0), ymm[0], ymm[0])
		if residual {
			VADDPS(at(add, 0), ymm[0], ymm[0])
		}
		if clip {
			VMAXPS(ymm[0], ymm[15], ymm[0]) // keeps NaN
		}
		VMOVUPS(ymm[0], at(dst, 0))
	})
}

// normGrad writes dst = dz*a + y*b + d.
func normGrad() {
	begin("normGrad8", "func(dst, dz, y, a, b, d *float32, npix, c8 int)")
	dst, dz, y := param("dst"), param("dz"), param("y")
	a, b, d := param("a"), param("b"), param("d")
	rowLoop([]reg.GPVirtual{dst, dz, y}, []reg.GPVirtual{a, b, d}, func() {
		VMOVUPS(at(dz, 0), ymm[0])
		VMULPS(at(a, 0), ymm[0], ymm[0])
		VMOVUPS(at(y, 0), ymm[1])
		VMULPS(at(b, 0), ymm[1], ymm[1])
		VADDPS(ymm[1], ymm[0], ymm[0])
		VADDPS(at(d, 0), ymm[0], ymm[0])
		VMOVUPS(ymm[0], at(dst, 0))
	})
}

// dots writes sum += x, dot += x*y in float64 for n vectors of 4 channels; pixels are
// pitch floats apart.
func dots(n int) {
	begin(fmt.Sprintf("dots%d", 4*n), "func(x, y *float32, sum, dot *float64, npix, pitch int)")
	x, y, sum, dot := param("x"), param("y"), param("sum"), param("dot")
	npix, pitch := param("npix"), param("pitch")
	for v := range n {
		VMOVUPD(at(sum, v), ymm[v])
		VMOVUPD(at(dot, v), ymm[n+v])
	}
	Label("pixel")
	for v := range n {
		VCVTPS2PD(Mem{Base: x, Disp: 16 * v}, ymm[8+2*(v&1)])
		VCVTPS2PD(Mem{Base: y, Disp: 16 * v}, ymm[9+2*(v&1)])
		VADDPD(ymm[8+2*(v&1)], ymm[v], ymm[v])
		VFMADD231PD(ymm[8+2*(v&1)], ymm[9+2*(v&1)], ymm[n+v]) // the product is exact
	}
	LEAQ(Mem{Base: x, Index: pitch, Scale: 4}, x)
	LEAQ(Mem{Base: y, Index: pitch, Scale: 4}, y)
	DECQ(npix)
	JNZ(LabelRef("pixel"))
	for v := range n {
		VMOVUPD(ymm[v], at(sum, v))
		VMOVUPD(ymm[n+v], at(dot, v))
	}
	end()
}
