package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// outGen writes the transform A^T f A of a row of tiles from frequencies to the
// outputs, with the epilogue. For m of 4:
//
//	s, d = f1 +- f2    r = f3 + f4    e = 2 (f3 - f4)
//	y0 = s + r + f0    y1 = d + e    y2 = s + 4 r    y3 = d + f5 + 4 e
//
// and for m of 2 y0 = s + r + f0, y1 = d + e + f5.
type outGen struct {
	isa
	m       int
	a       args
	t       [3]reg.VecPhysical // scratch
	four    reg.VecPhysical
	off, po reg.GPVirtual // bytes from the arrays' bases to the tile, to a row of it
	pp      reg.GPVirtual
	ch      reg.GPVirtual // bytes from channel 0
	pixels  stride
}

func winogradWrite(s isa, m int) {
	begin(fmt.Sprintf("winogradOut%d%s", m, s.suffix()), "func(args *int64)")
	groups := [][]int{upTo(m)}
	if m == 4 && !s.wide() {
		groups = [][]int{{0, 2}, {1, 3}}
	}
	held := 6 * len(groups[0])
	g := &outGen{isa: s, m: m, a: args{param("args")},
		t: [3]reg.VecPhysical{s.r[held], s.r[held+1], s.r[held+2]}, four: s.r[held+3],
		off: GP64(), po: GP64(), pp: GP64(), ch: GP64()}
	broadcast(0x40800000, g.four)
	freq, fs := g.a.load(winFreq), g.a.floats(winStride)
	pixel := g.a.floats(winPixel)
	g.pixels = stride{one: pixel, three: GP64()}
	LEAQ(Mem{Base: pixel, Index: pixel, Scale: 2}, g.pixels.three)
	six := GP64()
	LEAQ(Mem{Base: fs, Index: fs, Scale: 2}, six)
	ADDQ(six, six)
	rows := multiples(six)
	q, j := GP64(), GP64()
	XORQ(g.off, g.off)
	Label("tile")
	MOVQ(g.a.field(winVectors), j)
	XORQ(g.ch, g.ch)
	Label("vector")
	for _, group := range groups {
		MOVQ(freq, q)
		for c := range 6 {
			g.column(group, func(i int) Mem { return rows.at(q, i) },
				func(r int) reg.VecPhysical { return s.r[6*place(group, r)+c] })
			if c < 5 {
				ADDQ(fs, q)
			}
		}
		for _, r := range group {
			x := s.r[6*place(group, r):][:6]
			g.finish(r, g.row(x), x[4])
		}
	}
	ADDQ(Imm(uint64(s.bytes)), g.ch)
	winogradNext(s, g.a, g.off, freq, j)
	end()
}

// column computes the rows of one group from a column of frequencies in memory.
func (g *outGen) column(group []int, in func(i int) Mem, out func(r int) reg.VecPhysical) {
	if group[len(group)-1] == g.m-1 && group[0] == 0 {
		g.both(in, out)
		return
	}
	s, r := g.t[0], g.t[1]
	VMOVUPS(in(1), s)
	VMOVUPS(in(3), r)
	if group[0] == 0 {
		VADDPS(in(2), s, s)
		VADDPS(in(4), r, r)
		VMOVAPS(s, out(2))
		VFMADD231PS(r, g.four, out(2))
		VADDPS(r, s, out(0))
		VADDPS(in(0), out(0), out(0))
		return
	}
	d, e := s, r
	VSUBPS(in(2), d, d)
	VSUBPS(in(4), e, e)
	VADDPS(e, e, e)
	VADDPS(e, d, out(1))
	VADDPS(in(5), d, out(3))
	VFMADD231PS(e, g.four, out(3))
}

// both computes all rows of a column.
func (g *outGen) both(in func(i int) Mem, out func(r int) reg.VecPhysical) {
	a, b, r := g.t[0], g.t[1], g.t[2]
	s, d := out(0), out(1)
	VMOVUPS(in(1), a)
	VMOVUPS(in(2), b)
	VADDPS(b, a, s)
	VSUBPS(b, a, d)
	VMOVUPS(in(3), a)
	VMOVUPS(in(4), b)
	VADDPS(b, a, r)
	VSUBPS(b, a, a)
	VADDPS(a, a, a)
	if g.m == 4 {
		VMOVAPS(s, out(2))
		VFMADD231PS(r, g.four, out(2))
		VADDPS(in(5), d, out(3))
		VFMADD231PS(a, g.four, out(3))
	}
	VADDPS(r, s, s)
	VADDPS(in(0), s, s)
	VADDPS(a, d, d)
	if g.m == 2 {
		VADDPS(in(5), d, d)
	}
}

// row transforms a row in registers and returns those of the results. x[4] is free then.
func (g *outGen) row(x []reg.VecPhysical) []reg.VecPhysical {
	d := g.t[0]
	VSUBPS(x[2], x[1], d)
	VADDPS(x[2], x[1], x[1]) // s
	VSUBPS(x[4], x[3], x[2])
	VADDPS(x[2], x[2], x[2]) // e
	VADDPS(x[4], x[3], x[3]) // r
	VADDPS(x[3], x[1], x[4])
	VADDPS(x[0], x[4], x[0]) // y0
	if g.m == 2 {
		VADDPS(x[2], d, d)
		VADDPS(x[5], d, x[5])
		return []reg.VecPhysical{x[0], x[5]}
	}
	VFMADD231PS(x[3], g.four, x[1])
	VADDPS(x[5], d, x[5])
	VFMADD231PS(x[2], g.four, x[5])
	VADDPS(x[2], d, x[2])
	return []reg.VecPhysical{x[0], x[2], x[1], x[5]}
}

// finish does the epilogue of row r of a tile, in the order of kernel.Epilogue, and
// stores it.
func (g *outGen) finish(r int, y []reg.VecPhysical, free reg.VecPhysical) {
	g.rowOffset(r)
	TESTQ(I32(-1), g.a.field(winFlags))
	JZ(LabelRef(g.label("plain", r)))
	g.when(flagBias, r, func() {
		MOVQ(g.a.field(winBias), g.pp)
		VMOVUPS(Mem{Base: g.pp, Index: g.ch, Scale: 1}, free)
		for _, v := range y {
			VADDPS(free, v, v)
		}
	})
	g.when(flagResidual, r, func() {
		for i, v := range y {
			VADDPS(g.pixelsOf(winResidual, i), v, v)
		}
	})
	null := g.t[0]
	g.zero(null)
	g.when(flagReLU, r, func() {
		for _, v := range y {
			VMAXPS(v, null, v) // keeps NaN
		}
	})
	g.when(flagMask, r, func() {
		for i, v := range y {
			g.keepPositive(g.pixelsOf(winMask, i), null, free, v)
		}
	})
	Label(g.label("plain", r))
	for i, v := range y {
		VMOVUPS(v, g.pixelsOf(winImage, i))
	}
}

// rowOffset sets po to the offset of row r of the tile.
func (g *outGen) rowOffset(r int) {
	MOVQ(g.a.field(winPitch), g.po)
	if r == 3 {
		LEAQ(Mem{Base: g.po, Index: g.po, Scale: 2}, g.po)
	}
	switch r {
	case 0:
		MOVQ(g.off, g.po)
	case 1, 3:
		LEAQ(Mem{Base: g.off, Index: g.po, Scale: 4}, g.po)
	case 2:
		LEAQ(Mem{Base: g.off, Index: g.po, Scale: 8}, g.po)
	}
}

// pixelsOf addresses pixel i of the row in the array at field off; at pixel 0 it
// loads the base.
func (g *outGen) pixelsOf(off, i int) Mem {
	if i == 0 {
		MOVQ(g.a.field(off), g.pp)
		ADDQ(g.po, g.pp)
	}
	return g.pixels.at(g.pp, i)
}

// when emits what is to be done if a flag is set.
func (g *outGen) when(flag, r int, f func()) {
	skip := g.label(fmt.Sprintf("no%d", flag), r)
	TESTQ(I32(int32(flag)), g.a.field(winFlags))
	JZ(LabelRef(skip))
	f()
	Label(skip)
}

func (g *outGen) label(name string, r int) string { return fmt.Sprintf("%srow%d", name, r) }
