package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// outGen writes the transform A^T f A of a row of tiles from frequencies to the
// outputs, with the epilogue. Of sums s_k and differences d_k of the frequencies at the
// points p_k and -p_k, with f_0 at 0 and f_n at infinity:
//
//	y0 = s_1 + s_2 + ... + f_0         y2 = s_1 p_1^2 + s_2 p_2^2 + ...
//	y1 = d_1 p_1 + d_2 p_2 + ...       y3 = d_1 p_1^3 + d_2 p_2^3 + ... + f_n
type outGen struct {
	isa
	side    int
	a       args
	k       constants
	t       []reg.VecPhysical // scratch, one per pair of points and a spare
	off, po reg.GPVirtual     // bytes from the arrays' bases to the tile, to a row of it
	pp      reg.GPVirtual
	ch      reg.GPVirtual // bytes from channel 0
	pixels  stride
}

func winogradWrite(s isa, side int) {
	begin(fmt.Sprintf("winogradOut%d%s", side, s.suffix()), "func(args *int64)")
	groups := [][]int{{0, 2}, {1, 3}}
	if side == 8 && !s.wide() {
		groups = singles(4)
	}
	held, pairs := side*len(groups[0]), side/2-1
	g := &outGen{isa: s, side: side, a: args{param("args")}, t: s.r[held : held+pairs+1],
		off: GP64(), po: GP64(), pp: GP64(), ch: GP64()}
	g.k = newConstants(s, held+pairs+1, []sum{g.sum(1), g.sum(2), g.sum(3)})
	freq, line := g.a.load(winFreq), g.a.floats(winStride)
	IMUL3Q(Imm(uint64(side)), line, line)
	g.pixels = multiples(g.a.floats(winPixel), 4)
	rows := multiples(line, side)
	q, j := GP64(), GP64()
	XORQ(g.off, g.off)
	Label("tile")
	MOVQ(g.a.field(winVectors), j)
	XORQ(g.ch, g.ch)
	Label("vector")
	for _, group := range groups {
		MOVQ(freq, q)
		for c := range side {
			g.column(group, func(i int) Mem { return rows.at(q, i) },
				func(r int) reg.VecPhysical { return s.r[side*place(group, r)+c] })
			if c < side-1 {
				MOVQ(g.a.field(winStride), g.pp)
				LEAQ(Mem{Base: q, Index: g.pp, Scale: 4}, q)
			}
		}
		for _, r := range group {
			x := s.r[side*place(group, r):][:side]
			g.finish(r, g.row(x), x[0], x[1])
		}
	}
	ADDQ(Imm(uint64(s.bytes)), g.ch)
	winogradNext(s, g.a, g.off, freq, j)
	end()
}

// sum returns result r as a sum of s_k or d_k, the rows 0 and on, and of the
// frequencies at 0 and infinity, the row after.
func (g *outGen) sum(r int) sum {
	var all sum
	for k, p := range points[:g.side/2-1] {
		c := float32(1)
		for range r {
			c *= p
		}
		all = append(all, term{k, c})
	}
	if r == 0 || r == 3 {
		all = append(all, term{len(all), 1})
	}
	return all
}

// column computes the rows of one group, all even or all odd, from a column of
// frequencies in memory.
func (g *outGen) column(group []int, in func(i int) Mem, out func(r int) reg.VecPhysical) {
	pairs := g.side/2 - 1
	odd, end := group[0]%2, []int{0, g.side - 1}
	for k := range pairs {
		VMOVUPS(in(2*k+1), g.t[k])
		if odd == 0 {
			VADDPS(in(2*k+2), g.t[k], g.t[k])
		} else {
			VSUBPS(in(2*k+2), g.t[k], g.t[k])
		}
	}
	from := func(i int) Op {
		if i < pairs {
			return g.t[i]
		}
		return in(end[odd])
	}
	for _, r := range group {
		g.k.linear(g.sum(r), from, out(r), g.t[pairs])
	}
}

// row transforms a row in registers and returns those of the results. x[0] and x[1] are
// free then.
func (g *outGen) row(x []reg.VecPhysical) []reg.VecPhysical {
	pairs := g.side/2 - 1
	for k := range pairs {
		VADDPS(x[2*k+2], x[2*k+1], g.t[k])
		VSUBPS(x[2*k+2], x[2*k+1], x[2*k+1])
	}
	even := func(i int) Op { return append(append([]reg.VecPhysical{}, g.t[:pairs]...), x[0])[i] }
	odd := func(i int) Op { return x[2*i+1] }
	y := []reg.VecPhysical{x[2], g.t[0], x[4], g.t[1]}
	for _, r := range []int{0, 2} {
		g.k.linear(g.sum(r), even, y[r], nil)
	}
	for _, r := range []int{1, 3} {
		g.k.linear(g.sum(r), odd, y[r], nil)
	}
	return y
}

// finish does the epilogue of row r of a tile, in the order of kernel.Epilogue, and
// stores it.
func (g *outGen) finish(r int, y []reg.VecPhysical, null, free reg.VecPhysical) {
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
