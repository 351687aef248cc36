package fab

import (
	"testing"

	"github.com/arbench/arbench"
)

// BenchmarkStep is a step of one image of 28×28 pixels, a third of them 0, from near the boundary.
func BenchmarkStep(b *testing.B) {
	const pixels = 784
	r := arbench.KeyedRand(1, "bench")
	x0, w := make([]float32, pixels), make([]float32, pixels)
	for j := range x0 {
		x0[j] = float32(max(1.5*r.Float64()-0.5, 0))
		w[j] = float32(r.NormFloat64())
	}
	for _, norm := range norms {
		b.Run(string(norm), func(b *testing.B) {
			m := mover{Attack: New(0), norm: norm}
			x := append([]float32(nil), x0...)
			m.step(x, x0, w, -20)
			start := append([]float32(nil), x...)
			for b.Loop() {
				copy(x, start)
				m.step(x, x0, w, -1)
			}
		})
	}
}
