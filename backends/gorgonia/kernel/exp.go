package kernel

import "math"

// ln2 in two parts: the first has few bits, so that its products with small whole numbers are exact.
const (
	ln2High = 0x1.62ep-1
	ln2Low  = math.Ln2 - ln2High
)

// expLeast is where exp begins to give 0: below it eˣ is no normal number.
const expLeast = -87

// exp returns eˣ for x of at most 0, within 2 units in the last place, and 0 below expLeast; NaN for
// NaN. With x = n ln 2 + r and |r| of at most ln 2 / 2, it is 2ⁿ times eʳ, whose Taylor polynomial of
// degree 7 is off by less than 1e-8 of it.
func exp(x float32) float32 {
	if x < expLeast {
		return 0
	}
	n := int32(float32(x*math.Log2E) - 0.5) // every product is rounded, so that no compiler fuses it with a sum
	r := x - float32(float32(n)*ln2High) - float32(float32(n)*ln2Low)
	p := float32(1. / 5040)
	for _, c := range [...]float32{1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1} {
		p = c + float32(r*p)
	}
	return p * math.Float32frombits(uint32(n+127)<<23)
}
