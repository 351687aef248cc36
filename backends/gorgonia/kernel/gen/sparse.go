package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const ( // byte offsets in kernel.sparseArgs
	sparseEnds     = 0
	sparseValues   = 24
	sparseIndex    = 48
	sparseB        = 72
	sparseY        = 96
	sparseBias     = 120
	sparseResidual = 144
	sparseMask     = 168
	sparseRows     = 192
	sparsePitch    = 200
	sparseFlags    = 208
)

// sparseKernels writes products of rows that are given by their nonzero values.
func sparseKernels() {
	for w := 1; w <= 8; w++ {
		sparse(avx2, w)
		sparse(avx512, w)
	}
	nonzeros()
}

// sparseGen writes
//
//	y[row][16*w] (+)= sum over the nonzeros of the row of value * b[index][16*w]
//
// with all of a row's outputs in registers: for AVX2 one half after the other.
type sparseGen struct {
	isa
	w         int
	a         reg.GPVirtual
	b, o      reg.GPVirtual // weights; bytes from the first row of y to this one
	values, q reg.GPVirtual // ends of the row's values and their indices
	n, i      reg.GPVirtual // minus their number; position
	tmp       reg.GPVirtual
}

func sparse(s isa, w int) {
	begin(fmt.Sprintf("sparse%d%s", w, s.suffix()), "func(args *int64)")
	g := &sparseGen{isa: s, w: w, a: param("args"), b: GP64(), o: GP64(), values: GP64(), q: GP64(),
		n: GP64(), i: GP64(), tmp: GP64()}
	ends, rows, last := GP64(), GP64(), GP64()
	MOVQ(field(g.a, sparseEnds), ends)
	MOVQ(field(g.a, sparseRows), rows)
	MOVQ(field(g.a, sparseB), g.b)
	XORQ(g.o, g.o)
	Label("row")
	MOVLQSX(Mem{Base: ends}, g.n)
	MOVLQSX(Mem{Base: ends, Disp: 4}, last)
	SUBQ(last, g.n)
	MOVQ(field(g.a, sparseValues), g.values)
	LEAQ(Mem{Base: g.values, Index: last, Scale: 4}, g.values)
	MOVQ(field(g.a, sparseIndex), g.q)
	LEAQ(Mem{Base: g.q, Index: last, Scale: 4}, g.q)
	for half := range 64 / s.bytes {
		g.half(half)
	}
	ADDQ(field(g.a, sparsePitch), g.o)
	ADDQ(Imm(8), ends)
	DECQ(rows)
	JNZ(LabelRef("row"))
	end()
}

// output addresses register v of a half of the row in what base points to.
func (g *sparseGen) output(base reg.GPVirtual, half, v int) Mem {
	return Mem{Base: base, Index: g.o, Scale: 1, Disp: half*g.w*g.bytes + g.bytes*v}
}

// unless jumps to a label of a half if a flag is not set.
func (g *sparseGen) unless(flag int, to string, half int) {
	TESTQ(I32(int32(flag)), field(g.a, sparseFlags))
	JZ(LabelRef(label(to, half)))
}

func label(name string, half int) string { return fmt.Sprintf("%s%d", name, half) }

// half does w registers of a row.
func (g *sparseGen) half(half int) {
	MOVQ(field(g.a, sparseY), g.tmp)
	g.unless(flagAdd, "fresh", half)
	for v := range g.w {
		VMOVUPS(g.output(g.tmp, half, v), g.r[v])
	}
	JMP(LabelRef(label("started", half)))
	Label(label("fresh", half))
	g.unless(flagBias, "zero", half)
	MOVQ(field(g.a, sparseBias), g.tmp)
	for v := range g.w {
		VMOVUPS(Mem{Base: g.tmp, Disp: half*g.w*g.bytes + g.bytes*v}, g.r[v])
	}
	JMP(LabelRef(label("started", half)))
	Label(label("zero", half))
	for v := range g.w {
		g.zero(g.r[v])
	}
	Label(label("started", half))
	MOVQ(g.n, g.i)
	TESTQ(g.i, g.i)
	JZ(LabelRef(label("done", half)))
	x := g.r[g.w]
	Label(label("term", half))
	MOVLQSX(Mem{Base: g.q, Index: g.i, Scale: 4}, g.tmp)
	VBROADCASTSS(Mem{Base: g.values, Index: g.i, Scale: 4}, x)
	IMUL3Q(I32(int32(64*g.w)), g.tmp, g.tmp)
	for v := range g.w {
		VFMADD231PS(Mem{Base: g.b, Index: g.tmp, Scale: 1, Disp: half*g.w*g.bytes + g.bytes*v}, x, g.r[v])
	}
	INCQ(g.i)
	JNZ(LabelRef(label("term", half)))
	Label(label("done", half))
	g.finish(half)
}

// finish does the epilogue and stores the half.
func (g *sparseGen) finish(half int) {
	g.unless(flagResidual, "nores", half)
	MOVQ(field(g.a, sparseResidual), g.tmp)
	for v := range g.w {
		VADDPS(g.output(g.tmp, half, v), g.r[v], g.r[v])
	}
	Label(label("nores", half))
	null, keep := g.r[g.w], g.r[g.w+1]
	g.unless(flagReLU, "norelu", half)
	g.zero(null)
	for v := range g.w {
		VMAXPS(g.r[v], null, g.r[v]) // keeps NaN
	}
	Label(label("norelu", half))
	g.unless(flagMask, "nomask", half)
	g.zero(null)
	MOVQ(field(g.a, sparseMask), g.tmp)
	for v := range g.w {
		g.keepPositive(g.output(g.tmp, half, v), null, keep, g.r[v])
	}
	Label(label("nomask", half))
	MOVQ(field(g.a, sparseY), g.tmp)
	for v := range g.w {
		VMOVUPS(g.r[v], g.output(g.tmp, half, v))
	}
}

// nonzeros packs those of 16*n16 values that are not 0, and their places, and returns how many they
// are. It writes up to 15 more. lanes holds 0 to 15.
func nonzeros() {
	begin("nonzeros16", "func(x, values *float32, index, lanes *int32, n16 int) int")
	x, values, index, lanes, n := param("x"), param("values"), param("index"), param("lanes"), param("n16")
	count, bits := GP64(), GP64()
	XORQ(count, count)
	place, step := zmm[0], zmm[1]
	VMOVDQU32(Mem{Base: lanes}, place)
	MOVL(U32(16), bits.As32())
	VPBROADCASTD(bits.As32(), step)
	s := avx512
	s.zero(zmm[2])
	Label("loop")
	VMOVUPS(s.at(x, 0), zmm[3])
	VCMPPS(Imm(cmpNotEqualOrNaN), zmm[2], zmm[3], reg.K1)
	VCOMPRESSPS_Z(zmm[3], reg.K1, zmm[4])
	VPCOMPRESSD_Z(place, reg.K1, zmm[5])
	VMOVUPS(zmm[4], Mem{Base: values, Index: count, Scale: 4})
	VMOVDQU32(zmm[5], Mem{Base: index, Index: count, Scale: 4})
	KMOVW(reg.K1, bits.As32())
	POPCNTL(bits.As32(), bits.As32())
	ADDQ(bits, count)
	VPADDD(step, place, place)
	ADDQ(Imm(64), x)
	DECQ(n)
	JNZ(LabelRef("loop"))
	Store(count, ReturnIndex(0))
	end()
}
