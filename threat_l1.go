package arbench

import (
	"math"
	"slices"
)

// projectL1 moves x to the nearest point of {x : ‖x-x0‖₁ ≤ eps, 0 ≤ x ≤ 1}.
//
// By the conditions of optimality there is a λ ≥ 0 such that each |d| is that of y = x-x0 shrunk by
// λ and then clipped to the room that the box leaves in that direction. The sum of |d| falls with
// λ and is piecewise linear, with corners where a pixel leaves the box's side and where it reaches
// zero; the corners in order give λ exactly.
func projectL1(x, x0 []float32, eps float64) {
	room := make([]float64, len(x)) // most that |d| may be
	size := make([]float64, len(x)) // |y|
	sum := 0.0
	for j, c := range x0 {
		y := float64(x[j]) - float64(c)
		size[j] = math.Abs(y)
		room[j] = float64(c)
		if y > 0 {
			room[j] = 1 - float64(c)
		}
		sum += math.Min(size[j], room[j])
	}
	lambda := 0.0
	if sum > eps {
		lambda = shrinkage(size, room, sum, eps)
	}
	for j, c := range x0 {
		d := math.Min(math.Max(size[j]-lambda, 0), room[j])
		if x[j] < c {
			d = -d
		}
		x[j] = clip01(float32(float64(c) + d))
	}
}

// shrinkage returns the λ at which Σ min(max(size-λ, 0), room) has fallen from sum to eps.
func shrinkage(size, room []float64, sum, eps float64) float64 {
	type corner struct{ at, slope float64 }
	corners := make([]corner, 0, 2*len(size))
	slope := 0.0 // pixels that move with λ
	for j, s := range size {
		if s == 0 || room[j] == 0 {
			continue
		}
		start := math.Max(s-room[j], 0)
		corners = append(corners, corner{start, 1}, corner{s, -1})
	}
	slices.SortFunc(corners, func(a, b corner) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	lambda := 0.0
	for _, c := range corners {
		if next := sum - slope*(c.at-lambda); slope > 0 && next <= eps {
			break
		} else {
			sum, lambda = next, c.at
		}
		slope += c.slope
	}
	if slope > 0 {
		lambda += (sum - eps) / slope
	}
	return lambda
}
