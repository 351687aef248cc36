package bench

import (
	"testing"

	"github.com/arbench/arbench"
)

// BenchmarkCells runs every cell of "arbench bench" on all cores.
func BenchmarkCells(b *testing.B) {
	backend, err := arbench.Backends.New("gorgonia")
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range nets {
		for _, cell := range Cells {
			b.Run(n.name+"/"+cell, func(b *testing.B) {
				m, err := open(b.Context(), backend, n, 0)
				if err != nil {
					b.Fatal(err)
				}
				if err := m.cell(b.Context(), cell); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := m.cell(b.Context(), cell); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n.batch*b.N)/b.Elapsed().Seconds(), "img/s")
			})
		}
	}
}
