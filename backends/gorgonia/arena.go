package gorgonia

// An arena hands out the memory of a graph from a few large pieces, which the system may put on huge
// pages. It all lives as long as any part of it.
type arena struct {
	free []float32
	size int // floats of the last piece
}

// Pieces double from firstPiece to largestPiece floats.
const (
	firstPiece   = 1 << 14
	largestPiece = 1 << 23
)

// floats returns n zeros, whose first is on a cache line's boundary.
func (a *arena) floats(n int) []float32 {
	need := (n + 15) &^ 15
	if need > len(a.free) {
		a.size = min(max(2*a.size, firstPiece), largestPiece)
		a.free = make([]float32, max(a.size, need))
		adviseHuge(a.free)
	}
	s := a.free[:n:n]
	a.free = a.free[need:]
	return s
}
