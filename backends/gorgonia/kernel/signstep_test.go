package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

// The reference is the step of the attack pgd and the projection of the vocabulary.
func TestSignStepIsTheAttacksStep(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, 2, 1e-45, -1e-45, nan, inf, -inf}
	for _, n := range append(lengths, len(special)*len(special)*len(special)) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			onEveryPath(t, func(t *testing.T) {
				var b guards
				r := source(uint64(n))
				x, x0, g := b.copied(randoms(r, n)), b.copied(randoms(r, n)), b.copied(randoms(r, n))
				for i := range x {
					if n > 1000 {
						k := len(special)
						x[i], x0[i], g[i] = special[i%k], special[i/k%k], special[i/k/k]
					}
				}
				threat := arbench.Threat{Norm: arbench.Linf, Eps: 8. / 255}
				for range 3 {
					want := append([]float32(nil), x...)
					pgd.Ascend(arbench.Linf, want, g, 2./255, 0)
					threat.ProjectRow(want, x0, threat.Eps)
					SignStep(x, x0, g, 2./255, 8./255)
					sameValues(t, x, want)
				}
				b.check(t)
			})
		})
	}
}

// sameValues compares bit by bit, but takes any NaN for another.
func sameValues(t *testing.T, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if w != w && got[i] != got[i] {
			continue
		}
		if math.Float32bits(got[i]) != math.Float32bits(w) {
			t.Fatalf("value %d is %g (%08x), want %g (%08x)", i,
				got[i], math.Float32bits(got[i]), w, math.Float32bits(w))
		}
	}
}
