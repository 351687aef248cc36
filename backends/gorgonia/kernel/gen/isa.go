package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is a set of vector registers; the kernels assign them by hand.
type isa struct {
	bytes int
	r     []reg.VecPhysical
}

// avx2 has 8 floats in a register, avx512 (its foundation, F, is all that is used) 16.
var (
	avx2   = isa{32, ymm}
	avx512 = isa{64, zmm}
)

// ymm and xmm are the vector registers of AVX2, zmm those of AVX-512.
var (
	ymm = []reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}
	xmm = []reg.VecPhysical{reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7}
	zmm = []reg.VecPhysical{reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31}
)

// wide says that the registers are those of AVX-512.
func (s isa) wide() bool { return s.bytes == 64 }

// suffix tells functions apart that exist for both sets.
func (s isa) suffix() string {
	if s.wide() {
		return "Wide"
	}
	return "Narrow"
}

// at addresses what a pointer points to, v vectors on.
func (s isa) at(p reg.GPVirtual, v int) Mem { return Mem{Base: p, Disp: s.bytes * v} }

// zero clears a register.
func (s isa) zero(r reg.VecPhysical) {
	if s.wide() {
		VPXORQ(r, r, r)
		return
	}
	VXORPS(r, r, r)
}

// keepPositive leaves r where m > 0 and 0 elsewhere; null holds zeros, keep is overwritten.
func (s isa) keepPositive(m Mem, null, keep, r reg.VecPhysical) {
	if s.wide() {
		VCMPPS(Imm(cmpLT), m, null, reg.K1)
		VMOVAPS_Z(r, reg.K1, r)
		return
	}
	VCMPPS(Imm(cmpLT), m, null, keep)
	VANDPS(keep, r, r)
}

// broadcast puts a float, given by its bits, into all lanes.
func broadcast(bits uint32, to reg.VecPhysical) {
	r := GP32()
	MOVL(U32(bits), r)
	VMOVD(r, to.AsX())
	VBROADCASTSS(to.AsX(), to)
}
