package kernel

import (
	"math"
	"testing"
)

// canary is a NaN with a mark: read by mistake it spoils a result, overwritten by
// mistake it is missed.
const canary = 0x7fc0dead

// guardWords is how many canaries stand on each side of a guarded slice.
const guardWords = 64

// guards hands out exactly sized slices between canaries.
type guards struct{ blocks [][]float32 }

// floats returns n zeros, guarded.
func (g *guards) floats(n int) []float32 {
	b := make([]float32, n+2*guardWords)
	for i := range guardWords {
		b[i] = math.Float32frombits(canary)
		b[guardWords+n+i] = math.Float32frombits(canary)
	}
	g.blocks = append(g.blocks, b)
	return b[guardWords : guardWords+n : guardWords+n]
}

// copied returns a guarded copy.
func (g *guards) copied(s []float32) []float32 {
	c := g.floats(len(s))
	copy(c, s)
	return c
}

// check reports canaries that are gone.
func (g *guards) check(t *testing.T) {
	t.Helper()
	for _, b := range g.blocks {
		for i := range guardWords {
			end := len(b) - guardWords + i
			if math.Float32bits(b[i]) != canary || math.Float32bits(b[end]) != canary {
				t.Fatalf("write outside a slice of %d values", len(b)-2*guardWords)
			}
		}
	}
}
