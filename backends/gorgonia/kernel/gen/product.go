package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// productKernels writes the many small products of the Winograd algorithm, which have
// constant strides where the tile kernels have tables. A set of registers is two
// vectors wide: one panel of 16 for AVX2, two for AVX-512.
func productKernels() {
	for _, s := range []isa{avx2, avx512} {
		product(s)
		outer(s)
	}
}

// rowAt addresses row i of up to six, disp bytes in.
func rowAt(s stride, base reg.GPVirtual, i, disp int) Mem {
	m := s.at(base, i)
	m.Disp = disp
	return m
}

// product writes c = a b for 6*tiles rows of a (k values, a multiple of 4, rows lda
// floats apart) and a panel b, or two that are ldb floats apart; rows of c are ldc
// floats apart.
func product(s isa) {
	begin(fmt.Sprintf("product6x%d", s.bytes/2), "func(a, b, c *float32, k, tiles, lda, ldb, ldc int)")
	a, b, c, tiles := param("a"), param("b"), param("c"), param("tiles")
	lda, ldb, ldc := param("lda"), param("ldb"), param("ldc")
	SHLQ(Imm(2), lda)
	SHLQ(Imm(2), ldc)
	rows := multiples(lda, 6)
	p, q, k := GP64(), GP64(), GP64()
	Label("tile")
	MOVQ(a, p)
	MOVQ(b, q)
	for i := range 12 {
		s.zero(s.r[i])
	}
	Load(Param("k"), k)
	Label("four")
	for u := range 4 {
		b0, b1 := s.r[12], s.r[13]
		VMOVUPS(Mem{Base: q, Disp: rowBytes * u}, b0)
		if s.wide() {
			VMOVUPS(Mem{Base: q, Index: ldb, Scale: 4, Disp: rowBytes * u}, b1)
		} else {
			VMOVUPS(Mem{Base: q, Disp: rowBytes*u + s.bytes}, b1)
		}
		for i := range 6 {
			x := s.r[14+i%2]
			VBROADCASTSS(rowAt(rows, p, i, 4*u), x)
			VFMADD231PS(x, b0, s.r[2*i])
			VFMADD231PS(x, b1, s.r[2*i+1])
		}
	}
	ADDQ(Imm(16), p)
	ADDQ(I32(4*rowBytes), q)
	SUBQ(Imm(4), k)
	JNZ(LabelRef("four"))
	LEAQ(Mem{Base: a, Index: rows.three, Scale: 2}, a)
	for i := range 6 {
		VMOVUPS(s.r[2*i], s.at(c, 0))
		VMOVUPS(s.r[2*i+1], s.at(c, 1))
		ADDQ(ldc, c)
	}
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	end()
}

// outer writes u += v^T m for blocks of 16 columns of v and 16 (AVX-512: 32) columns of
// m, summed over terms rows, which are ldv and ldm floats apart. u is a panel of
// 16 values a row, or two that are ldu floats apart.
func outer(s isa) {
	begin(fmt.Sprintf("outer16x%d", s.bytes/2), "func(v, m, u *float32, terms, blocks, ldv, ldm, ldu int)")
	v, m, u, blocks := param("v"), param("m"), param("u"), param("blocks")
	ldv, ldm, ldu := param("ldv"), param("ldm"), param("ldu")
	SHLQ(Imm(2), ldv)
	SHLQ(Imm(2), ldm)
	split := []int{6, 5, 5}
	if s.wide() {
		split = []int{8, 8}
	}
	p, q, n := GP64(), GP64(), GP64()
	Label("block")
	first := 0
	for part, mr := range split {
		loop := fmt.Sprintf("part%d", part)
		for i := range 2 * mr {
			s.zero(s.r[i])
		}
		MOVQ(v, p)
		MOVQ(m, q)
		Load(Param("terms"), n)
		Label(loop)
		b0, b1 := s.r[2*mr], s.r[2*mr+1]
		VMOVUPS(s.at(q, 0), b0)
		VMOVUPS(s.at(q, 1), b1)
		for i := range mr {
			x := s.r[2*mr+2+i%2]
			VBROADCASTSS(Mem{Base: p, Disp: 4 * (first + i)}, x)
			VFMADD231PS(x, b0, s.r[2*i])
			VFMADD231PS(x, b1, s.r[2*i+1])
		}
		ADDQ(ldv, p)
		ADDQ(ldm, q)
		DECQ(n)
		JNZ(LabelRef(loop))
		for i := range mr {
			for h := range 2 {
				to := Mem{Base: u, Disp: rowBytes*(first+i) + s.bytes*h}
				if s.wide() {
					to = Mem{Base: u, Disp: rowBytes * (first + i)}
					if h == 1 {
						to.Index, to.Scale = ldu, 4
					}
				}
				VADDPS(to, s.r[2*i+h], s.r[2*i+h])
				VMOVUPS(s.r[2*i+h], to)
			}
		}
		first += mr
	}
	ADDQ(Imm(rowBytes), v)
	ADDQ(I32(16*rowBytes), u)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	end()
}
