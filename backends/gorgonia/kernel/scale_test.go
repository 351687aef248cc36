package kernel

import "testing"

// A channelCase is one pass over a layer with some input channels, with twice and with four times as
// many.
type channelCase struct {
	name              string
	once, twice, four func()
}

// channelCases takes 16, 32 and 64 input channels, in both algorithms.
func channelCases(t testing.TB) (all []channelCase) {
	t.Helper()
	var layers [3]*layer
	for i := range layers {
		layers[i] = newLayer(t, Geometry{16, 16, 16 << i, 32, 3, 3, 1, 1, 1, 1, 1, 1})
	}
	for _, pass := range []string{"forward", "input", "weight"} {
		all = append(all,
			channelCase{"direct/" + pass, layers[0].direct(pass), layers[1].direct(pass), layers[2].direct(pass)},
			channelCase{"winograd/" + pass, layers[0].winograd(pass), layers[1].winograd(pass), layers[2].winograd(pass)})
	}
	return all
}

// BenchmarkChannels is what a layer costs with so many input channels, twice and four times as many.
func BenchmarkChannels(b *testing.B) {
	for _, c := range channelCases(b) {
		for name, f := range map[string]func(){"once": c.once, "twice": c.twice, "four": c.four} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					f()
				}
			})
		}
	}
}
