package kernel

import (
	"fmt"
	"testing"
)

// A channelCase is one pass over a layer with some input channels and with twice as many.
type channelCase struct {
	name        string
	least       float64 // of their costs' ratio
	once, twice func()
}

// channelCases takes 16 to 32 and 32 to 64 input channels, in both algorithms.
func channelCases(t testing.TB) (all []channelCase) {
	t.Helper()
	of := func(c int) *layer { return newLayer(t, Geometry{16, 16, c, 32, 3, 3, 1, 1, 1, 1, 1, 1}) }
	for _, c := range []int{16, 32} {
		once, twice := of(c), of(2*c)
		for _, pass := range []string{"forward", "input", "weight"} {
			name := fmt.Sprintf("%d to %d/%s", c, 2*c, pass)
			all = append(all, channelCase{"direct/" + name, 1.8, once.direct(pass), twice.direct(pass)},
				channelCase{"winograd/" + name, 1, once.winograd(pass), twice.winograd(pass)})
		}
	}
	return all
}

// BenchmarkChannels is what a layer costs with so many input channels and with twice as many.
func BenchmarkChannels(b *testing.B) {
	for _, c := range channelCases(b) {
		for name, f := range map[string]func(){"once": c.once, "twice": c.twice} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					f()
				}
			})
		}
	}
}
