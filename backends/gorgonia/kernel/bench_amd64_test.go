package kernel

import "testing"

// BenchmarkPeak is what multiply-adds in registers reach: the mark for the others.
func BenchmarkPeak(b *testing.B) {
	if best < avx2 {
		b.Fatal("no AVX2 and FMA on this machine")
	}
	const turns = 1e6
	for b.Loop() {
		fmaPeak(turns)
	}
	flops(b, turns*12*16)
}
