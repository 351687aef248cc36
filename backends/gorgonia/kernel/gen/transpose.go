package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// transpose8 transposes 8 by 8 floats; rows of dst and src are 16 floats apart.
func transpose8() {
	begin("transpose8", "func(dst, src *float32)")
	dst, src := param("dst"), param("src")
	for i := range 8 {
		VMOVUPS(at(src, 2*i), ymm[i])
	}
	for i := 0; i < 8; i += 2 {
		VUNPCKLPS(ymm[i+1], ymm[i], ymm[8+i])
		VUNPCKHPS(ymm[i+1], ymm[i], ymm[9+i])
	}
	for h := 0; h < 8; h += 4 {
		VSHUFPS(Imm(0x44), ymm[10+h], ymm[8+h], ymm[h])
		VSHUFPS(Imm(0xee), ymm[10+h], ymm[8+h], ymm[h+1])
		VSHUFPS(Imm(0x44), ymm[11+h], ymm[9+h], ymm[h+2])
		VSHUFPS(Imm(0xee), ymm[11+h], ymm[9+h], ymm[h+3])
	}
	for i := range 4 {
		VPERM2F128(Imm(0x20), ymm[4+i], ymm[i], ymm[8+i])
		VPERM2F128(Imm(0x31), ymm[4+i], ymm[i], ymm[12+i])
	}
	for i := range 8 {
		VMOVUPS(ymm[8+i], at(dst, 2*i))
	}
	end()
}
