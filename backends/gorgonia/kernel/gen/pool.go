package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// poolKernels writes 2x2 max pooling of one output row of npix pixels of 8*c8
// channels, and its derivative without and with a ReLU in front.
func poolKernels() {
	pool2()
	pool2Grad("pool2Grad8", false)
	pool2Grad("pool2GradReLU8", true)
}

// square returns the four positions of a window in two image rows.
func square(r0, r1, pixel reg.GPVirtual) [4]Mem {
	return [4]Mem{{Base: r0}, {Base: r0, Index: pixel, Scale: 1},
		{Base: r1}, {Base: r1, Index: pixel, Scale: 1}}
}

// poolLoop runs body for every vector of the output; wide pointers skip every other pixel.
func poolLoop(narrow, wide []reg.GPVirtual, body func(pixel reg.GPVirtual)) {
	npix, c8 := param("npix"), param("c8")
	bytes, j := GP64(), GP64()
	MOVQ(c8, bytes)
	SHLQ(Imm(5), bytes)
	Label("pixel")
	MOVQ(c8, j)
	Label("vector")
	body(bytes)
	for _, p := range append(narrow, wide...) {
		ADDQ(Imm(vecBytes), p)
	}
	DECQ(j)
	JNZ(LabelRef("vector"))
	for _, p := range wide {
		ADDQ(bytes, p)
	}
	DECQ(npix)
	JNZ(LabelRef("pixel"))
	end()
}

func pool2() {
	begin("pool28", "func(y, r0, r1 *float32, npix, c8 int)")
	y, r0, r1 := param("y"), param("r0"), param("r1")
	poolLoop([]reg.GPVirtual{y}, []reg.GPVirtual{r0, r1}, func(pixel reg.GPVirtual) {
		for i, m := range square(r0, r1, pixel) {
			VMOVUPS(m, ymm[i])
		}
		VCMPPS(Imm(cmpUnordered), ymm[1], ymm[0], ymm[4]) // all ones, a NaN, if either is NaN
		VCMPPS(Imm(cmpUnordered), ymm[3], ymm[2], ymm[5])
		VMAXPS(ymm[1], ymm[0], ymm[0])
		VMAXPS(ymm[3], ymm[2], ymm[2])
		VMAXPS(ymm[2], ymm[0], ymm[0])
		VORPS(ymm[4], ymm[0], ymm[0])
		VORPS(ymm[5], ymm[0], ymm[0])
		VMOVUPS(ymm[0], at(y, 0))
	})
}

// pool2Grad gives dy to the first position that holds the maximum y.
func pool2Grad(name string, clip bool) {
	begin(name, "func(d0, d1, dy, r0, r1, y *float32, npix, c8 int)")
	d0, d1, dy := param("d0"), param("d1"), param("dy")
	r0, r1, y := param("r0"), param("r1"), param("y")
	top, left, hit, taken := ymm[0], ymm[1], ymm[2], ymm[3]
	zero(ymm[15])
	poolLoop([]reg.GPVirtual{dy, y}, []reg.GPVirtual{d0, d1, r0, r1}, func(pixel reg.GPVirtual) {
		VMOVUPS(at(y, 0), top)
		if clip {
			VCMPPS(Imm(cmpLT), top, ymm[15], left)
			VANDPS(at(dy, 0), left, left)
		} else {
			VMOVUPS(at(dy, 0), left)
		}
		to := square(d0, d1, pixel)
		for i, m := range square(r0, r1, pixel) {
			VCMPPS(Imm(cmpEqualOrNaN), m, top, hit)
			VANDPS(left, hit, taken)
			VANDNPS(left, hit, left)
			VMOVUPS(taken, to[i])
		}
	})
}
