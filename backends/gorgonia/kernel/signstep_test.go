package kernel

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// Every path gives the bits of the definition, arbench.SignStep.
func TestSignStepGivesTheBitsOfItsDefinition(t *testing.T) {
	for _, n := range lengths {
		onEveryPath(t, func(t *testing.T) { checkSignStep(t, n) })
	}
}

func checkSignStep(t *testing.T, n int) {
	const size, eps = 0.03, 0.1
	var b guards
	r := source(uint64(n))
	x, x0, g := b.floats(n), b.floats(n), b.copied(randoms(r, n))
	for i := range n {
		x0[i] = min(max(float32(r.NormFloat64()), 0), 1)
		x[i] = min(max(x0[i]+eps*float32(2*r.Float64()-1), 0), 1)
		switch i % 9 {
		case 4:
			g[i] = 0
		case 5:
			g[i] = float32(math.Copysign(0, -1))
		case 6:
			x[i] = 0
		}
	}
	want := append([]float32(nil), x...)
	arbench.SignStep(want, x0, g, size, eps)
	if !SignStep(x, x0, g, size, eps) {
		t.Errorf("%d values: not finite", n)
	}
	sameBits(t, "step", x, want)
	b.check(t)
}

func TestSignStepFindsDerivativesThatAreNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		onEveryPath(t, func(t *testing.T) {
			for i := range 19 {
				x, g := make([]float32, 19), make([]float32, 19)
				if g[i] = float32(bad); SignStep(x, x, g, 1, 1) {
					t.Errorf("%v at %d: finite", bad, i)
				}
			}
		})
	}
}
