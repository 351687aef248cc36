package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// inputTransform is that of the inputs, B^T x B:
//
//	t0 = x4 + 4 x0 - 5 x2          t5 = x5 + 4 x1 - 5 x3
//	t1, t2 = (x4 - 4 x2) +- (x3 - 4 x1)
//	t3, t4 = (x4 - x2) +- 2 (x3 - x1)
func inputTransform(s isa) transform {
	t := transform{name: "winogradIn", n: 6, groups: [][]int{{0, 5}, {1, 2}, {3, 4}},
		column: inputColumn, row: inputRow}
	if s.wide() {
		t.groups, t.cache = [][]int{{0, 1, 2}, {3, 4, 5}}, []int{1, 2, 3, 4}
	}
	return t
}

func inputColumn(k *constants, group []int, in func(i int) Op, out func(r int) reg.VecPhysical, t reg.VecPhysical) {
	for _, r := range group {
		switch r {
		case 0, 5: // from x0, x2, x4 or x1, x3, x5
			first := r / 5
			VMOVUPS(in(first+4), out(r))
			VFMADD231PS(in(first), k.four, out(r))
			VFNMADD231PS(in(first+2), k.five, out(r))
		case 1:
			VMOVUPS(in(4), out(2))
			VFNMADD231PS(in(2), k.four, out(2))
			VMOVUPS(in(3), t)
			VFNMADD231PS(in(1), k.four, t)
			sumAndDifference(t, out(1), out(2))
		case 3:
			VMOVUPS(in(4), out(4))
			VSUBPS(in(2), out(4), out(4))
			VMOVUPS(in(3), t)
			VSUBPS(in(1), t, t)
			VADDPS(t, t, t)
			sumAndDifference(t, out(3), out(4))
		}
	}
}

// sumAndDifference sets sum to b+t and b to b-t.
func sumAndDifference(t, sum, b reg.VecPhysical) {
	VADDPS(t, b, sum)
	VSUBPS(t, b, b)
}

func inputRow(k *constants, x []reg.VecPhysical, t [3]reg.VecPhysical, store func(i int, r reg.VecPhysical)) {
	VMOVAPS(x[4], t[0])
	VFMADD231PS(x[0], k.four, t[0])
	VFNMADD231PS(x[2], k.five, t[0])
	store(0, t[0])
	VFMADD231PS(x[1], k.four, x[5])
	VFNMADD231PS(x[3], k.five, x[5])
	store(5, x[5])
	VMOVAPS(x[4], x[0])
	VFNMADD231PS(x[2], k.four, x[0])
	VMOVAPS(x[3], x[5])
	VFNMADD231PS(x[1], k.four, x[5])
	sumAndDifference(x[5], t[0], x[0])
	store(1, t[0])
	store(2, x[0])
	VSUBPS(x[2], x[4], x[4])
	VSUBPS(x[1], x[3], x[3])
	VADDPS(x[3], x[3], x[3])
	sumAndDifference(x[3], x[5], x[4])
	store(3, x[5])
	store(4, x[4])
}

// gradTransform is that of the outputs' derivative for the weights' gradient, A x A^T
// from m by m values. For m of 4:
//
//	t0 = x0          t5 = x3
//	t1, t2 = (x0 + x2) +- (x1 + x3)
//	t3, t4 = (x0 + 4 x2) +- 2 (x1 + 4 x3)
func gradTransform(s isa, m int) transform {
	t := transform{name: fmt.Sprintf("winogradGrad%d", m), n: m, groups: [][]int{{0, 5}, {1, 2}, {3, 4}},
		column: gradColumn, row: gradRow}
	if m == 2 || s.wide() {
		t.groups = [][]int{{0, 1, 2, 3, 4, 5}}
	}
	if m == 2 {
		t.column, t.row = gradColumn2, gradRow2
	} else if s.wide() {
		t.cache = []int{0, 1, 2}
	}
	return t
}

func gradColumn(k *constants, group []int, in func(i int) Op, out func(r int) reg.VecPhysical, t reg.VecPhysical) {
	for _, r := range group {
		switch r {
		case 0:
			VMOVUPS(in(0), out(0))
		case 5:
			VMOVUPS(in(3), out(5))
		case 1:
			VMOVUPS(in(0), out(2))
			VADDPS(in(2), out(2), out(2))
			VMOVUPS(in(1), t)
			VADDPS(in(3), t, t)
			sumAndDifference(t, out(1), out(2))
		case 3:
			VMOVUPS(in(0), out(4))
			VFMADD231PS(in(2), k.four, out(4))
			VMOVUPS(in(1), t)
			VFMADD231PS(in(3), k.four, t)
			VADDPS(t, t, t)
			sumAndDifference(t, out(3), out(4))
		}
	}
}

func gradRow(k *constants, x []reg.VecPhysical, t [3]reg.VecPhysical, store func(i int, r reg.VecPhysical)) {
	store(0, x[0])
	store(5, x[3])
	VADDPS(x[2], x[0], t[0])
	VADDPS(x[3], x[1], t[1])
	sumAndDifference(t[1], t[2], t[0])
	store(1, t[2])
	store(2, t[0])
	VFMADD231PS(x[2], k.four, x[0])
	VFMADD231PS(x[3], k.four, x[1])
	VADDPS(x[1], x[1], x[1])
	sumAndDifference(x[1], t[1], x[0])
	store(3, t[1])
	store(4, x[0])
}

func gradColumn2(_ *constants, _ []int, in func(i int) Op, out func(r int) reg.VecPhysical, _ reg.VecPhysical) {
	VMOVUPS(in(0), out(0))
	VMOVUPS(in(1), out(5))
	VADDPS(out(5), out(0), out(1))
	VSUBPS(out(5), out(0), out(2))
	VADDPS(out(5), out(1), out(3))
	VSUBPS(out(5), out(2), out(4))
}

func gradRow2(_ *constants, x []reg.VecPhysical, t [3]reg.VecPhysical, store func(i int, r reg.VecPhysical)) {
	store(0, x[0])
	store(5, x[1])
	VADDPS(x[1], x[0], t[0])
	store(1, t[0])
	VSUBPS(x[1], x[0], t[1])
	store(2, t[1])
	VADDPS(x[1], t[0], t[0])
	store(3, t[0])
	VSUBPS(x[1], t[1], t[1])
	store(4, t[1])
}
