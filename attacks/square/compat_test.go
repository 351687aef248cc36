package square

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// TestCompatDrawsAsTheReference puts two images of different ids to a model whose answer never changes, so
// that each proposal is the start with one move, and compares which pixels of 10 by 10 the moves change.
// With compat they are the same for both, and none in the last row or column; without it neither holds.
func TestCompatDrawsAsTheReference(t *testing.T) {
	const queries, side = 40, 10
	moves := func(id int, compat bool) [][]int {
		m := &script{shape: []int{1, side, side}, answers: [][]float32{{5, 0, 0}}}
		a := &Attack{Queries: queries, P: 0.3, Restarts: 1, Loss: "margin", Compat: compat}
		m.attack(t, a, arbench.L2, id)
		start, changed := m.seen[1], make([][]int, queries)
		for q, x := range m.seen[2:] {
			for j := range x {
				if x[j] != start[j] {
					changed[q] = append(changed[q], j)
				}
			}
		}
		return changed
	}
	for _, compat := range []bool{true, false} {
		one, other := moves(3, compat), moves(4, compat)
		same, edge := 0, 0
		for q := range one {
			if slices.Equal(one[q], other[q]) {
				same++
			}
			if slices.ContainsFunc(one[q], func(j int) bool { return j/side == side-1 || j%side == side-1 }) {
				edge++
			}
		}
		if compat && (same != queries || edge != 0) || !compat && (same > queries/2 || edge == 0) {
			t.Errorf("compat %v: %d of %d moves are the same for both images, %d reach the last row or column",
				compat, same, queries, edge)
		}
	}
}

// TestCompatLaysTilesAsTheReference: five tiles of a fifth of the height fit in the middle; on 8 by 8 they
// begin at pixel 1, which leaves out the first row and column, by default none.
func TestCompatLaysTilesAsTheReference(t *testing.T) {
	for _, tt := range []struct {
		side    int
		compat  bool
		touched int // pixels of the start that differ from a gray image
	}{{8, false, 64}, {8, true, 49}, {28, false, 625}, {28, true, 625}} {
		d := newSampler(arbench.L2, []int{1, tt.side, tt.side})
		if tt.compat {
			d.asReference()
		}
		n := tt.side * tt.side
		x, x0, touched := make([]float32, n), slices.Repeat([]float32{0.5}, n), 0
		d.start(x, x0, 0.5, rand.New(rand.NewPCG(1, 2)))
		for j := range x {
			if x[j] != x0[j] {
				touched++
			}
		}
		if touched != tt.touched {
			t.Errorf("%d by %d, compat %v: the start changes %d pixels, want %d", tt.side, tt.side, tt.compat, touched, tt.touched)
		}
	}
}
