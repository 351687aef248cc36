//go:build gomlx

package gomlx

import (
	"math"
	"testing"
)

// The first value that is no number is found wherever it is, and the greatest number is none of them.
func TestFirstBad(t *testing.T) {
	for _, n := range []int{0, 1, piece - 1, piece, piece + 1, 70*piece + 5} {
		data := make([]float32, n)
		for i := range data {
			data[i] = math.MaxFloat32
		}
		if got := firstBad(data, 1); got != -1 {
			t.Errorf("%d numbers: %d is bad", n, got)
		}
		for _, at := range []int{n - 1, n / 2, piece, piece - 1, 0} {
			if at < 0 || at >= n {
				continue
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				data[at] = float32(bad)
				if got, row := firstBad(data, 1), firstBad(data, 7); got != at || row != at/7 {
					t.Errorf("%d values: %v is found at %d, in row %d, want %d and %d", n, bad, got, row, at, at/7)
				}
			}
			data[at] = 0
		}
	}
}
