package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileGen writes one tile kernel: mr rows of two vectors of outputs, which are one
// block of 16 for AVX2 and two for AVX-512.
//
//	acc[i][16] (+)= sum over r, k of x[in_i + r*aRow + k*aStep] * b[...][16]
//
// The rows of x have arbitrary offsets (the tile table), so a tile may span image
// rows, strides and phases. There is one set of accumulators: an element's bits do
// not depend on the tile it falls into.
type tileGen struct {
	isa
	mr      int
	strided bool // x and b move by aStep and bStep (weight gradient), else by 1 and 16
	a, t    reg.GPVirtual
	in      []reg.GPVirtual // rows of x
	idx, b  reg.GPVirtual   // position in the rows, in floats; position in b
	as, bs  reg.GPVirtual
	out     reg.GPVirtual // scratch
	pair    reg.GPVirtual // from a panel to the next, in floats
}

// rowBytes is one row of a panel.
const rowBytes = 64

func (g *tileGen) acc(i, v int) reg.VecPhysical { return g.r[2*i+v] }

func tile(s isa, mr int, strided bool) {
	name := fmt.Sprintf("tile%dx%d", mr, s.bytes/2)
	if strided {
		name = fmt.Sprintf("weightTile%dx%d", mr, s.bytes/2)
	}
	begin(name, "func(args *int64)")
	g := &tileGen{isa: s, mr: mr, strided: strided, a: param("args"), t: GP64()}
	MOVQ(field(g.a, argTiles), g.t)
	if s.wide() {
		g.pair = GP64()
		MOVQ(field(g.a, argPair), g.pair)
	}
	Label("tile")
	g.inputs()
	g.start()
	g.reduce()
	g.epilogue()
	g.store()
	ADDQ(I32(int32(8*mr)), g.t)
	DECQ(field(g.a, argNT))
	JNZ(LabelRef("tile"))
	end()
}

// inputs loads the addresses of the rows of x.
func (g *tileGen) inputs() {
	x := GP64()
	MOVQ(field(g.a, argX), x)
	for i := range g.mr {
		p := GP64()
		MOVLQSX(Mem{Base: g.t, Disp: 4 * i}, p)
		LEAQ(Mem{Base: x, Index: p, Scale: 4}, p)
		g.in = append(g.in, p)
	}
	g.out = GP64()
}

// outputs calls f with the address of each row's outputs in the array at field off.
// Two blocks of a gradient lie in two panels, elsewhere side by side.
func (g *tileGen) outputs(off int, f func(i, v int, m Mem)) {
	base := []reg.GPVirtual{GP64()}
	MOVQ(field(g.a, off), base[0])
	step := g.bytes
	if g.wide() && g.strided {
		base, step = append(base, GP64()), 0
		LEAQ(Mem{Base: base[0], Index: g.pair, Scale: 4}, base[1])
	}
	for i := range g.mr {
		MOVLQSX(Mem{Base: g.t, Disp: 4 * (g.mr + i)}, g.out)
		for v := range 2 {
			f(i, v, Mem{Base: base[v%len(base)], Index: g.out, Scale: 4, Disp: step * v})
		}
	}
}

// start sets the accumulators to the bias or to zero.
func (g *tileGen) start() {
	if !g.strided {
		unless(g.a, flagBias, "nobias")
		bias := GP64()
		MOVQ(field(g.a, argBias), bias)
		for i := range g.mr {
			VMOVUPS(g.at(bias, 0), g.acc(i, 0))
			VMOVUPS(g.at(bias, 1), g.acc(i, 1))
		}
		JMP(LabelRef("started"))
		Label("nobias")
	}
	for i := range g.mr {
		g.zero(g.acc(i, 0))
		g.zero(g.acc(i, 1))
	}
	Label("started")
}

// reduce adds up the products: rows runs of k terms, four to a turn.
func (g *tileGen) reduce() {
	const unroll = 4
	k, rows := GP64(), GP64()
	g.idx, g.b = GP64(), GP64()
	MOVQ(field(g.a, argB), g.b)
	MOVQ(field(g.a, argRows), rows)
	XORQ(g.idx, g.idx)
	g.steps()
	Label("run")
	MOVQ(field(g.a, argK), k)
	SUBQ(Imm(unroll), k)
	JLT(LabelRef("tail"))
	Label("four")
	for u := range unroll {
		g.term(u)
	}
	g.advance(unroll)
	SUBQ(Imm(unroll), k)
	JGE(LabelRef("four"))
	Label("tail")
	ADDQ(Imm(unroll), k)
	JZ(LabelRef("runend"))
	Label("one")
	g.term(0)
	g.advance(1)
	DECQ(k)
	JNZ(LabelRef("one"))
	Label("runend")
	ADDQ(field(g.a, argARow), g.idx)
	if g.strided {
		skip := GP64()
		MOVQ(field(g.a, argBRow), skip)
		LEAQ(Mem{Base: g.b, Index: skip, Scale: 4}, g.b)
	}
	DECQ(rows)
	JNZ(LabelRef("run"))
}

// steps loads the strides.
func (g *tileGen) steps() {
	if !g.strided {
		return
	}
	g.as, g.bs = GP64(), GP64()
	MOVQ(field(g.a, argAStep), g.as)
	MOVQ(field(g.a, argBStep), g.bs)
}

// term adds one term to every accumulator, the u-th since the last advance.
func (g *tileGen) term(u int) {
	bd, ad := rowBytes*u, 4*u
	if g.strided {
		bd, ad = 0, 0
	}
	b0, b1 := g.r[2*g.mr], g.r[2*g.mr+1]
	VMOVUPS(Mem{Base: g.b, Disp: bd}, b0)
	if g.wide() && !g.strided {
		VMOVUPS(Mem{Base: g.b, Index: g.pair, Scale: 4, Disp: bd}, b1)
	} else {
		VMOVUPS(Mem{Base: g.b, Disp: bd + g.bytes}, b1)
	}
	for i, p := range g.in {
		x := g.r[2*g.mr+2+i&1]
		VBROADCASTSS(Mem{Base: p, Index: g.idx, Scale: 4, Disp: ad}, x)
		VFMADD231PS(x, b0, g.acc(i, 0))
		VFMADD231PS(x, b1, g.acc(i, 1))
	}
	if g.strided {
		ADDQ(g.as, g.idx)
		LEAQ(Mem{Base: g.b, Index: g.bs, Scale: 4}, g.b)
	}
}

// advance moves on by n terms.
func (g *tileGen) advance(n int) {
	if g.strided {
		return // term has
	}
	ADDQ(I32(int32(n)), g.idx)
	ADDQ(I32(int32(rowBytes*n)), g.b)
}

// epilogue does what the flags ask for, in the order of kernel.Epilogue.
func (g *tileGen) epilogue() {
	add := func(i, v int, m Mem) { VADDPS(m, g.acc(i, v), g.acc(i, v)) }
	TESTQ(I32(-1), field(g.a, argFlags))
	JZ(LabelRef("store"))
	unless(g.a, flagAdd, "noadd")
	g.outputs(argY, add)
	Label("noadd")
	if g.strided {
		Label("store")
		return
	}
	unless(g.a, flagResidual, "noresidual")
	g.outputs(argResidual, add)
	Label("noresidual")
	null, keep := g.r[2*g.mr], g.r[2*g.mr+1]
	g.zero(null)
	unless(g.a, flagReLU, "norelu")
	for i := range 2 * g.mr {
		VMAXPS(g.r[i], null, g.r[i]) // this order of operands keeps NaN
	}
	Label("norelu")
	unless(g.a, flagMask, "store")
	g.outputs(argMask, func(i, v int, m Mem) {
		g.keepPositive(m, null, keep, g.acc(i, v))
	})
	Label("store")
}

func (g *tileGen) store() {
	g.outputs(argY, func(i, v int, m Mem) { VMOVUPS(g.acc(i, v), m) })
}
