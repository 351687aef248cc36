package kernel

import (
	"math"
	"testing"
)

func TestExpIsWithinTwoUnits(t *testing.T) {
	for i := range 870_000 {
		x := -float32(i) / 10_000
		want := math.Exp(float64(x))
		unit := float64(math.Nextafter32(float32(want), 2)) - float64(float32(want))
		if off := math.Abs(float64(exp(x)) - want); off > 2*unit {
			t.Fatalf("exp(%v) is %v, want %v: off by %.2f units", x, exp(x), want, off/unit)
		}
	}
}

func TestExpOfEnds(t *testing.T) {
	for x, want := range map[float32]float32{
		0: 1, -87.5: 0, -math.MaxFloat32: 0, float32(math.Inf(-1)): 0, -math.SmallestNonzeroFloat32: 1,
	} {
		if got := exp(x); got != want {
			t.Errorf("exp(%v) is %v, want %v", x, got, want)
		}
	}
	if got := exp(float32(math.NaN())); got == got {
		t.Errorf("exp(NaN) is %v", got)
	}
}
