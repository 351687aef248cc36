package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The Winograd transforms work on tiles of 6 by 6 values (points 0, 1, -1, 2, -2 and
// infinity), one vector of channels at a time. A transform is one along the columns,
// whose result stays in registers, and one along the rows. Where the registers do
// not hold all rows of the result, the columns are read once for each group of rows.

const ( // byte offsets in kernel.winogradArgs
	winImage    = 0
	winFreq     = 24
	winBias     = 48
	winResidual = 72
	winMask     = 96
	winTiles    = 120
	winVectors  = 128
	winPitch    = 136
	winPixel    = 144
	winStep     = 152
	winStride   = 160
	winFlags    = 168
)

func winogradKernels() {
	for _, s := range []isa{avx2, avx512} {
		winogradRead(s, inputTransform(s))
		for _, m := range []int{2, 4} {
			winogradRead(s, gradTransform(s, m))
			winogradWrite(s, m)
		}
	}
}

// stride is a distance in bytes and its multiples.
type stride struct{ one, three, five reg.GPVirtual }

// floats loads a distance in floats from a field and makes it bytes.
func (a args) floats(off int) reg.GPVirtual {
	r := GP64()
	MOVQ(a.field(off), r)
	SHLQ(Imm(2), r)
	return r
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

func multiples(one reg.GPVirtual) stride {
	s := stride{one, GP64(), GP64()}
	LEAQ(Mem{Base: one, Index: one, Scale: 2}, s.three)
	LEAQ(Mem{Base: one, Index: one, Scale: 4}, s.five)
	return s
}

// at addresses the i-th of up to six vectors.
func (s stride) at(base reg.GPVirtual, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: s.three, Scale: 1}
	case 5:
		return Mem{Base: base, Index: s.five, Scale: 1}
	}
	return Mem{Base: base, Index: s.one, Scale: uint8(i)}
}

// transform maps an image's n by n values to 6 by 6.
type transform struct {
	name   string
	n      int
	groups [][]int
	cache  []int // rows of a column to keep in registers
	// column computes the rows of one group from a column in memory; out is where row
	// r goes and t a scratch register.
	column func(k *constants, group []int, in func(i int) Op, out func(r int) reg.VecPhysical, t reg.VecPhysical)
	// row transforms a row of n registers and stores the i-th of 6 results.
	row func(k *constants, x []reg.VecPhysical, t [3]reg.VecPhysical, store func(i int, r reg.VecPhysical))
}

// constants holds 4 and 5 in all lanes.
type constants struct{ four, five reg.VecPhysical }

// broadcast puts a float, given by its bits, into all lanes.
func broadcast(bits uint32, to reg.VecPhysical) {
	r := GP32()
	MOVL(U32(bits), r)
	VMOVD(r, to.AsX())
	VBROADCASTSS(to.AsX(), to)
}

// upTo returns 0 to n-1.
func upTo(n int) []int {
	var s []int
	for i := range n {
		s = append(s, i)
	}
	return s
}

// winogradRead writes a transform of a row of tiles from an image to frequencies.
func winogradRead(s isa, t transform) {
	begin(t.name+s.suffix(), "func(args *int64)")
	a := args{param("args")}
	image, freq, pixel := a.load(winImage), a.load(winFreq), a.floats(winPixel)
	rows, fs := multiples(a.floats(winPitch)), multiples(a.floats(winStride))
	six, q, j := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: fs.three, Index: fs.three, Scale: 1}, six)
	held := len(t.groups[0]) * t.n
	k := &constants{s.r[len(s.r)-1], s.r[len(s.r)-2]}
	broadcast(0x40800000, k.four)
	broadcast(0x40a00000, k.five)
	scratch := [3]reg.VecPhysical{s.r[held], s.r[held+1], s.r[held+2]}
	Label("tile")
	MOVQ(a.field(winVectors), j)
	Label("vector")
	for _, group := range t.groups {
		hold := func(r, c int) reg.VecPhysical { return s.r[place(group, r)*t.n+c] }
		MOVQ(image, q)
		for c := range t.n {
			in := cached(rows, q, t.cache, s.r[held+3:])
			t.column(k, group, in, func(r int) reg.VecPhysical { return hold(r, c) }, scratch[0])
			if c < t.n-1 {
				ADDQ(pixel, q)
			}
		}
		for _, r := range group {
			frequencyRow(q, freq, six, r)
			t.row(k, s.r[place(group, r)*t.n:][:t.n], scratch, func(i int, v reg.VecPhysical) {
				VMOVUPS(v, fs.at(q, i))
			})
		}
	}
	winogradNext(s, a, image, freq, j)
	end()
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

// place returns the position of row r in its group.
func place(group []int, r int) int {
	for i, g := range group {
		if g == r {
			return i
		}
	}
	panic("no such row")
}

// cached returns the rows of the column at q: registers for those in keep, which it
// loads, memory for the others.
func cached(rows stride, q reg.GPVirtual, keep []int, regs []reg.VecPhysical) func(i int) Op {
	held := map[int]reg.VecPhysical{}
	for n, i := range keep {
		VMOVUPS(rows.at(q, i), regs[n])
		held[i] = regs[n]
	}
	return func(i int) Op {
		if r, ok := held[i]; ok {
			return r
		}
		return rows.at(q, i)
	}
}

// frequencyRow sets q to the first frequency of row r; six is six of them.
func frequencyRow(q, freq, six reg.GPVirtual, r int) {
	switch r {
	case 0:
		MOVQ(freq, q)
	case 1, 2, 4:
		LEAQ(Mem{Base: freq, Index: six, Scale: uint8(r)}, q)
	case 3, 5:
		LEAQ(Mem{Base: freq, Index: six, Scale: uint8(r - 1)}, q)
		ADDQ(six, q)
	}
}
