package kernel

import (
	"math"
	"testing"
)

// canary is a NaN with a mark: read by mistake it spoils a result, overwritten by
// mistake it is missed.
const canary = 0x7fc0dead

// guardWords is how many canaries stand on a guarded side of a slice.
const guardWords = 64

// guards hands out exactly sized slices: canaries in front, canaries or an
// inaccessible page behind.
type guards struct{ blocks []block }

// block is a slice with the canaries around it.
type block struct{ front, values, back []float32 }

// floats returns n zeros, guarded.
func (g *guards) floats(n int) []float32 {
	s, back := fenced(guardWords+n, guardWords)
	b := block{s[:guardWords], s[guardWords : guardWords+n : guardWords+n], back}
	for _, side := range [][]float32{b.front, b.back} {
		for i := range side {
			side[i] = math.Float32frombits(canary)
		}
	}
	g.blocks = append(g.blocks, b)
	return b.values
}

// copied returns a guarded copy.
func (g *guards) copied(s []float32) []float32 {
	c := g.floats(len(s))
	copy(c, s)
	return c
}

// check reports canaries that are gone and frees the slices.
func (g *guards) check(t *testing.T) {
	t.Helper()
	for _, b := range g.blocks {
		for _, side := range [][]float32{b.front, b.back} {
			for _, v := range side {
				if math.Float32bits(v) != canary {
					t.Fatalf("write outside a slice of %d values", len(b.values))
				}
			}
		}
		unfence(b.front)
	}
	g.blocks = nil
}
