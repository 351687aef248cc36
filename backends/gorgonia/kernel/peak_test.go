package kernel

import "testing"

// No kernel does more than the peak, and the peak is not a slip by powers of ten: one thread of a
// processor with AVX2 does between 1 and 1,000 GF/s.
func TestPeakIsThatOfAProcessor(t *testing.T) {
	onEveryPath(t, func(t *testing.T) {
		p := Peak(1)
		if current == portable && p != 0 {
			t.Errorf("portable: %v, want 0", p)
		}
		if current > portable && (p < 1e9 || p > 1e12) {
			t.Errorf("%v operations a second", p)
		}
	})
}

// BenchmarkPeak is what multiply-adds in registers reach: the mark for the others.
func BenchmarkPeak(b *testing.B) {
	for b.Loop() {
		fmaTurns(peakTurns)
	}
	flops(b, int(peakTurns*turnFlops()))
}
