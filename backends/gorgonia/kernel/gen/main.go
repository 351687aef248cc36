// Command gen writes the AVX2 and AVX-512 kernels of package kernel:
//
//	go run . -out ../kernel_amd64.s -stubs ../kernel_amd64.go -pkg kernel
//
// It is a module of its own, so that arbench does not depend on avo.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vecBytes is the size of a vector register: 8 floats.
const vecBytes = 32

const ( // byte offsets in kernel.tileArgs
	argTiles    = 0
	argX        = 24
	argB        = 48
	argY        = 72
	argBias     = 96
	argResidual = 120
	argMask     = 144
	argNT       = 168
	argK        = 176
	argRows     = 184
	argARow     = 192
	argAStep    = 200
	argBRow     = 208
	argBStep    = 216
	argFlags    = 224
	argPair     = 232
)

const ( // kernel.tileArgs.flags
	flagBias     = 1
	flagAdd      = 2
	flagResidual = 4
	flagReLU     = 8
	flagMask     = 16
)

const ( // predicates of VCMPPS
	cmpLT            = 1 // false on NaN
	cmpUnordered     = 3
	cmpNotEqualOrNaN = 4
	cmpNotEqual      = 12 // false on NaN
	cmpEqualOrNaN    = 8
)

func main() {
	ConstraintExpr("amd64")
	for mr := 1; mr <= 6; mr++ {
		for _, s := range []isa{avx2, avx512} {
			tile(s, mr, false)
			tile(s, mr, true)
		}
	}
	dot6(avx2)
	dot6(avx512)
	transpose8()
	channelKernels()
	poolKernels()
	sliceKernels()
	sparseKernels()
	winogradKernels()
	productKernels()
	peak(avx2)
	peak(avx512)
	winogradData()
	Generate()
}

// begin starts a function that keeps none of its pointers.
func begin(name, signature string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
}

// end returns to Go.
func end() {
	VZEROUPPER()
	RET()
}

// param loads a pointer or integer parameter.
func param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// field addresses a field of the arguments.
func field(a reg.GPVirtual, off int) Mem { return Mem{Base: a, Disp: off} }

// at addresses what a pointer points to, v vectors on.
func at(p reg.GPVirtual, v int) Mem { return Mem{Base: p, Disp: vecBytes * v} }

// unless jumps to label if a flag is not set.
func unless(a reg.GPVirtual, flag int, label string) {
	TESTQ(I32(int32(flag)), field(a, argFlags))
	JZ(LabelRef(label))
}

// zero clears a vector register.
func zero(r reg.VecPhysical) { VXORPS(r, r, r) }

// peak runs independent multiply-adds: 12 registers of floats a turn.
func peak(s isa) {
	TEXT("fmaPeak"+s.suffix(), NOSPLIT, "func(n int)")
	n := param("n")
	Label("loop")
	for i := range 12 {
		VFMADD231PS(s.r[14], s.r[15], s.r[i])
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	end()
}
