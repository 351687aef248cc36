package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dot6 writes the kernel for few output channels: 6 pixels of one channel a tile,
// with the vector along the reduction, which is a multiple of 16 long.
func dot6(s isa) {
	begin("dot6"+s.suffix(), "func(args *int64)")
	a, t := param("args"), GP64()
	MOVQ(field(a, argTiles), t)
	Label("tile")
	dotReduce(s, a, t)
	if s.wide() {
		dotHalve()
	}
	dotFold()
	dotResidual(a, t)
	dotStore(a, t)
	ADDQ(I32(48), t)
	DECQ(field(a, argNT))
	JNZ(LabelRef("tile"))
	end()
}

// dotReduce leaves each pixel's sum in the 16 lanes of two registers, i and 6+i, or
// of one, i.
func dotReduce(s isa, a, t reg.GPVirtual) {
	in := make([]reg.GPVirtual, 6)
	x := GP64()
	MOVQ(field(a, argX), x)
	for i := range in {
		in[i] = GP64()
		MOVLQSX(Mem{Base: t, Disp: 4 * i}, in[i])
		LEAQ(Mem{Base: x, Index: in[i], Scale: 4}, in[i])
		s.zero(s.r[i])
		s.zero(s.r[6+i])
	}
	idx, b, k, rows := GP64(), GP64(), GP64(), GP64()
	MOVQ(field(a, argB), b)
	MOVQ(field(a, argRows), rows)
	XORQ(idx, idx)
	Label("run")
	MOVQ(field(a, argK), k)
	TESTQ(k, k)
	JZ(LabelRef("runend"))
	Label("loop")
	for v := range 64 / s.bytes {
		VMOVUPS(s.at(b, v), s.r[12+v])
		for i, p := range in {
			VFMADD231PS(Mem{Base: p, Index: idx, Scale: 4, Disp: s.bytes * v}, s.r[12+v], s.r[6*v+i])
		}
	}
	ADDQ(Imm(16), idx)
	ADDQ(Imm(64), b)
	SUBQ(Imm(16), k)
	JNZ(LabelRef("loop"))
	Label("runend")
	ADDQ(field(a, argARow), idx)
	DECQ(rows)
	JNZ(LabelRef("run"))
}

// dotHalve splits the registers of AVX-512 into two.
func dotHalve() {
	for i := range 6 {
		VEXTRACTF64X4(Imm(1), zmm[i], ymm[6+i])
	}
}

// dotFold adds up the lanes: pixels 0 to 3 into xmm0, 4 and 5 into xmm4.
func dotFold() {
	for i := range 6 {
		VADDPS(ymm[6+i], ymm[i], ymm[i])
	}
	VHADDPS(ymm[1], ymm[0], ymm[0])
	VHADDPS(ymm[3], ymm[2], ymm[2])
	VHADDPS(ymm[2], ymm[0], ymm[0])
	VEXTRACTF128(Imm(1), ymm[0], xmm[1])
	VADDPS(xmm[1], xmm[0], xmm[0])
	VHADDPS(ymm[5], ymm[4], ymm[4])
	VHADDPS(ymm[4], ymm[4], ymm[4])
	VEXTRACTF128(Imm(1), ymm[4], xmm[5])
	VADDPS(xmm[5], xmm[4], xmm[4])
}

// dotResidual adds the residual, all of it before anything is stored.
func dotResidual(a, t reg.GPVirtual) {
	unless(a, flagResidual, "noresidual")
	dotOutputs(a, t, argResidual, func(i int, m Mem) {
		if i%4 == 0 {
			VMOVSS(m, xmm[2+i/4])
		} else {
			VINSERTPS(Imm(uint64(i%4<<4)), m, xmm[2+i/4], xmm[2+i/4])
		}
	})
	VADDPS(xmm[2], xmm[0], xmm[0])
	VADDPS(xmm[3], xmm[4], xmm[4])
	Label("noresidual")
}

func dotStore(a, t reg.GPVirtual) {
	dotOutputs(a, t, argY, func(i int, m Mem) {
		if i%4 == 0 {
			VMOVSS(xmm[i], m)
		} else {
			VEXTRACTPS(Imm(uint64(i%4)), xmm[i/4*4], m)
		}
	})
}

// dotOutputs calls f with the address of each pixel in the array at field off.
func dotOutputs(a, t reg.GPVirtual, off int, f func(i int, m Mem)) {
	base, o := GP64(), GP64()
	MOVQ(field(a, off), base)
	for i := range 6 {
		MOVLQSX(Mem{Base: t, Disp: 4 * (6 + i)}, o)
		f(i, Mem{Base: base, Index: o, Scale: 4})
	}
}
