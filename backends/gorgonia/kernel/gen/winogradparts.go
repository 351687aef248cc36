package main

import (
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sum is a linear combination of the rows of a column, in the order of its terms.
type sum []term

type term struct {
	row  int
	coef float32
}

// constants holds coefficients in all lanes: in registers as long as there are any, in
// memory otherwise.
type constants map[float32]Op

// table is the memory of the coefficients.
var table []float32

// newConstants collects the coefficients of sums, the most frequent first; registers
// from the first on are free.
func newConstants(s isa, first int, sums []sum) constants {
	k, uses, all := constants{}, map[float32]int{}, []float32{}
	for _, sum := range sums {
		for _, t := range sum {
			c := max(t.coef, -t.coef)
			if uses[c]++; c != 1 && uses[c] == 1 {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b float32) int { return uses[b] - uses[a] })
	for _, c := range all {
		k[c] = inTable(c)
		if first < len(s.r) {
			VBROADCASTSS(inTable(c), s.r[first])
			k[c] = s.r[first]
			first++
		}
	}
	return k
}

// inTable addresses 8 copies of a coefficient.
func inTable(c float32) Mem {
	i := slices.Index(table, c)
	if i < 0 {
		i = len(table)
		table = append(table, c)
	}
	return NewDataAddr(Symbol{Name: "winogradTable", Static: true}, vecBytes*i)
}

// winogradData writes the table, after all kernels.
func winogradData() {
	GLOBL("winogradTable", RODATA|NOPTR)
	for i, c := range table {
		for lane := range 8 {
			DATA(vecBytes*i+4*lane, U32(math.Float32bits(c))) // F32(4) would become the integer
		}
	}
}

// linear sets out to a sum of what in returns; spare may be overwritten.
func (k constants) linear(s sum, in func(i int) Op, out, spare reg.VecPhysical) {
	if d, ok := s.halved(); ok {
		k.linear(d, in, out, spare)
		VADDPS(out, out, out)
		return
	}
	for i, t := range s {
		x, c := in(t.row), max(t.coef, -t.coef)
		switch {
		case i == 0 && t.coef == 1:
			VMOVUPS(x, out)
		case i == 0:
			m, r := k.operands(x, c, spare)
			VMULPS(m, r, out)
		case t.coef == 1:
			VADDPS(x, out, out)
		case t.coef == -1:
			VSUBPS(x, out, out)
		case t.coef < 0:
			m, r := k.operands(x, c, spare)
			VFNMADD231PS(m, r, out)
		default:
			m, r := k.operands(x, c, spare)
			VFMADD231PS(m, r, out)
		}
	}
}

// halved returns half of a sum all of whose coefficients are 2 or -2.
func (s sum) halved() (half sum, ok bool) {
	for _, t := range s {
		if t.coef != 2 && t.coef != -2 {
			return nil, false
		}
		half = append(half, term{t.row, t.coef / 2})
	}
	return half, true
}

// operands returns x and the coefficient c as a product's factors, the second of them
// in a register.
func (k constants) operands(x Op, c float32, spare reg.VecPhysical) (m Op, r Op) {
	coef := k[c]
	if _, ok := coef.(Mem); !ok {
		return x, coef
	}
	if _, ok := x.(Mem); ok {
		VMOVUPS(coef, spare)
		return x, spare
	}
	return coef, x
}

// args points to a kernel.winogradArgs.
type args struct{ reg.GPVirtual }

func (a args) field(off int) Mem { return Mem{Base: a.GPVirtual, Disp: off} }

// load loads a pointer or number.
func (a args) load(off int) reg.GPVirtual {
	r := GP64()
	MOVQ(a.field(off), r)
	return r
}

// floats loads a distance in floats and makes it bytes.
func (a args) floats(off int) reg.GPVirtual {
	r := a.load(off)
	SHLQ(Imm(2), r)
	return r
}

// stride is a distance in bytes and its multiples.
type stride struct{ one, three, five, seven reg.GPVirtual }

// multiples prepares for the addresses of n vectors.
func multiples(one reg.GPVirtual, n int) stride {
	s := stride{one: one, three: GP64()}
	LEAQ(Mem{Base: one, Index: one, Scale: 2}, s.three)
	if n > 5 {
		s.five = GP64()
		LEAQ(Mem{Base: one, Index: one, Scale: 4}, s.five)
	}
	if n > 7 {
		s.seven = GP64()
		LEAQ(Mem{Base: s.three, Index: one, Scale: 4}, s.seven)
	}
	return s
}

// at addresses the i-th of up to eight vectors.
func (s stride) at(base reg.GPVirtual, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: base}
	case 3, 6:
		return Mem{Base: base, Index: s.three, Scale: uint8(i / 3)}
	case 5:
		return Mem{Base: base, Index: s.five, Scale: 1}
	case 7:
		return Mem{Base: base, Index: s.seven, Scale: 1}
	}
	return Mem{Base: base, Index: s.one, Scale: uint8(i)}
}

// winogradNext goes on to the next vector of channels and the next tile.
func winogradNext(s isa, a args, image, freq, j reg.GPVirtual) {
	step := GP64()
	ADDQ(Imm(uint64(s.bytes)), image)
	ADDQ(Imm(uint64(s.bytes)), freq)
	DECQ(j)
	JNZ(LabelRef("vector"))
	MOVQ(a.field(winStep), step)
	LEAQ(Mem{Base: image, Index: step, Scale: 4}, image)
	DECQ(a.field(winTiles))
	JNZ(LabelRef("tile"))
}

// place returns the position of row r in its group, -1 if it is not in it.
func place(group []int, r int) int { return slices.Index(group, r) }

// cached returns the rows of the column at q: registers for those in keep, which it
// loads, memory for the others.
func cached(rows stride, q reg.GPVirtual, keep []int, regs []reg.VecPhysical) func(i int) Op {
	for n, i := range keep {
		VMOVUPS(rows.at(q, i), regs[n])
	}
	return func(i int) Op {
		if n := place(keep, i); n >= 0 {
			return regs[n]
		}
		return rows.at(q, i)
	}
}

// frequencyRow sets q to the first frequency of row r; line is a row of them.
func frequencyRow(q, freq, line reg.GPVirtual, r int) {
	switch r {
	case 0:
		MOVQ(freq, q)
	case 1, 2, 4:
		LEAQ(Mem{Base: freq, Index: line, Scale: uint8(r)}, q)
	case 3, 5:
		LEAQ(Mem{Base: freq, Index: line, Scale: uint8(r - 1)}, q)
		ADDQ(line, q)
	case 6:
		LEAQ(Mem{Base: freq, Index: line, Scale: 4}, q)
		LEAQ(Mem{Base: q, Index: line, Scale: 2}, q)
	case 7:
		LEAQ(Mem{Base: freq, Index: line, Scale: 8}, q)
		SUBQ(line, q)
	}
}
