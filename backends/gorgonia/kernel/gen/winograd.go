package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The Winograd transforms work on tiles of side by side frequencies, 6 (points 0, 1, -1,
// 2, -2 and infinity) or 8 (1/2 and -1/2 as well), and 4 by 4 results, one vector of
// channels at a time. A transform is one along the columns, whose result stays in
// registers, and one along the rows. Where the registers do not hold all rows of the
// result, the columns are read once for each group of rows.

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
		for _, side := range []int{6, 8} {
			winogradRead(s, inputTransform(s, side))
			winogradRead(s, gradTransform(s, side))
			winogradWrite(s, side)
		}
	}
}

// transform maps an image's n by n values to side by side frequencies.
type transform struct {
	name        string
	n, side     int
	first, last sum
	pairs       [][2]sum // rows 2i+1 and 2i+2 are the sum and the difference of two
	groups      [][]int
	cache       []int // rows of a column to keep in registers
}

// inputTransform is that of the inputs, B^T x B.
func inputTransform(s isa, side int) transform {
	t := transform{name: fmt.Sprintf("winogradIn%d", side), n: side, side: side}
	if side == 6 {
		t.first, t.last = sum{{4, 1}, {0, 4}, {2, -5}}, sum{{5, 1}, {1, 4}, {3, -5}}
		t.pairs = [][2]sum{{{{4, 1}, {2, -4}}, {{3, 1}, {1, -4}}}, {{{4, 1}, {2, -1}}, {{3, 2}, {1, -2}}}}
		t.groups = [][]int{{0, 5}, {1, 2}, {3, 4}}
		if s.wide() {
			t.groups, t.cache = [][]int{{0, 1, 2}, {3, 4, 5}}, []int{1, 2, 3, 4}
		}
		return t
	}
	t.first = sum{{0, 1}, {6, -1}, {4, 5.25}, {2, -5.25}}
	t.last = sum{{7, 1}, {1, -1}, {3, 5.25}, {5, -5.25}}
	t.pairs = [][2]sum{{{{2, 1}, {6, 1}, {4, -4.25}}, {{1, 1}, {5, 1}, {3, -4.25}}},
		{{{6, 1}, {2, .25}, {4, -1.25}}, {{5, 2}, {1, .5}, {3, -2.5}}},
		{{{6, 1}, {2, 4}, {4, -5}}, {{1, 2}, {5, .5}, {3, -2.5}}}}
	t.groups = singles(side)
	if s.wide() {
		t.groups = [][]int{{0, 7}, {1, 2}, {3, 4}, {5, 6}}
	}
	return t
}

// gradTransform is that of the results' derivative for the weights' gradient, A x A^T.
func gradTransform(s isa, side int) transform {
	t := transform{name: fmt.Sprintf("winogradGrad%d", side), n: 4, side: side,
		first: sum{{0, 1}}, last: sum{{3, 1}}}
	t.groups = [][]int{{0, side - 1}}
	for i, p := range points[:side/2-1] {
		t.pairs = append(t.pairs, [2]sum{{{0, 1}, {2, p * p}}, {{1, p}, {3, p * p * p}}})
		t.groups = append(t.groups, []int{2*i + 1, 2*i + 2})
	}
	if s.wide() && side == 6 {
		t.groups, t.cache = [][]int{{0, 1, 2, 3, 4, 5}}, []int{0, 1}
	}
	return t
}

// points are the positive points.
var points = []float32{1, 2, .5}

// singles returns groups of one row each.
func singles(n int) [][]int {
	var all [][]int
	for i := range n {
		all = append(all, []int{i})
	}
	return all
}

// winogradRead writes a transform of a row of tiles from an image to frequencies.
func winogradRead(s isa, t transform) {
	begin(t.name+s.suffix(), "func(args *int64)")
	a := args{param("args")}
	image, freq, pixel := a.load(winImage), a.load(winFreq), a.floats(winPixel)
	rows, fs := multiples(a.floats(winPitch), t.n), multiples(a.floats(winStride), t.side)
	line, q, j := GP64(), GP64(), GP64()
	MOVQ(fs.one, line)
	IMUL3Q(Imm(uint64(t.side)), line, line)
	held := len(t.groups[0]) * t.n
	scratch, free := s.r[held:held+3], held+3
	k := newConstants(s, free+len(t.cache), t.sums())
	Label("tile")
	MOVQ(a.field(winVectors), j)
	Label("vector")
	for _, group := range t.groups {
		MOVQ(image, q)
		for c := range t.n {
			in := cached(rows, q, t.cache, s.r[free:])
			t.column(k, group, in, func(r int) reg.VecPhysical { return s.r[place(group, r)*t.n+c] }, scratch)
			if c < t.n-1 {
				ADDQ(pixel, q)
			}
		}
		for _, r := range group {
			frequencyRow(q, freq, line, r)
			t.row(k, s.r[place(group, r)*t.n:][:t.n], scratch, func(i int, v reg.VecPhysical) {
				VMOVUPS(v, fs.at(q, i))
			})
		}
	}
	winogradNext(s, a, image, freq, j)
	end()
}

// column computes the rows of one group from a column.
func (t *transform) column(k constants, group []int, in func(i int) Op,
	out func(r int) reg.VecPhysical, scratch []reg.VecPhysical) {
	b, spare := scratch[0], scratch[1]
	for _, r := range group {
		switch {
		case r == 0:
			k.linear(t.first, in, out(r), spare)
		case r == t.side-1:
			k.linear(t.last, in, out(r), spare)
		case r%2 == 0 && place(group, r-1) >= 0: // done with the row before
		default:
			pair := t.pairs[(r-1)/2]
			a := out(r)
			if r%2 == 1 && place(group, r+1) >= 0 {
				a = out(r + 1)
			}
			k.linear(pair[0], in, a, spare)
			k.linear(pair[1], in, b, spare)
			if r%2 == 1 {
				VADDPS(b, a, out(r))
			}
			if r%2 == 0 || a != out(r) {
				VSUBPS(b, a, a)
			}
		}
	}
}

// row transforms a row of n registers and stores its frequencies.
func (t *transform) row(k constants, x, scratch []reg.VecPhysical, store func(i int, r reg.VecPhysical)) {
	in := func(i int) Op { return x[i] }
	a, b, c := scratch[0], scratch[1], scratch[2]
	k.linear(t.first, in, a, b)
	store(0, a)
	k.linear(t.last, in, c, b)
	store(t.side-1, c)
	for i, pair := range t.pairs {
		k.linear(pair[0], in, a, c)
		k.linear(pair[1], in, b, c)
		VADDPS(b, a, c)
		store(2*i+1, c)
		VSUBPS(b, a, a)
		store(2*i+2, a)
	}
}

// sums returns all sums, for their coefficients.
func (t *transform) sums() []sum {
	all := []sum{t.first, t.last}
	for _, p := range t.pairs {
		all = append(all, p[0], p[1])
	}
	return all
}
