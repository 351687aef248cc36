package fab

import (
	"cmp"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// project sets d to the change of least norm n that takes x, an image in [0, 1], to a point of the
// box with <w, d> = r, for finite w and r. Where the box does not reach that far, it is the change to the corner that
// comes nearest. A pixel without weight stays. If r is 0 or w is, d is zero. Every pixel moves
// towards the plane if at all, so only how far it moves is to be found.
func project(n arbench.Norm, d, x, w []float32, r float64) {
	clear(d)
	if r == 0 {
		return
	}
	room := make([]float64, len(x)) // how far the box lets each pixel move towards the plane
	for j, v := range w {
		if v != 0 {
			room[j] = max(float64(x[j]), 0)
			if v > 0 == (r > 0) {
				room[j] = max(1-float64(x[j]), 0)
			}
		}
	}
	switch n {
	case arbench.Linf:
		projectLinf(d, w, room, math.Abs(r))
	case arbench.L2:
		projectL2(d, w, room, math.Abs(r))
	case arbench.L1:
		projectL1(d, w, room, math.Abs(r))
	}
	for j, v := range w {
		if v > 0 != (r > 0) {
			d[j] = -d[j]
		}
	}
}

// projectLinf lets every pixel move by λ, or to the end of its room.
func projectLinf(d, w []float32, room []float64, need float64) {
	gain := make([]float64, len(w))
	for j, v := range w {
		gain[j] = math.Abs(float64(v))
	}
	lambda := multiplier(gain, room, need)
	for j, most := range room {
		d[j] = float32(min(lambda, most))
	}
}

// projectL2 lets every pixel move by λ|w|, or to the end of its room: the condition of optimality.
func projectL2(d, w []float32, room []float64, need float64) {
	gain, end := make([]float64, len(w)), make([]float64, len(w))
	for j, v := range w {
		if room[j] > 0 {
			a := math.Abs(float64(v))
			gain[j], end[j] = a*a, room[j]/a
		}
	}
	lambda := multiplier(gain, end, need)
	for j, most := range end {
		d[j] = float32(min(lambda, most) * math.Abs(float64(w[j])))
	}
}

// multiplier returns the λ at which Σ gain·min(λ, end) is need, +Inf if it never is. The sum is
// concave and piecewise linear in λ, so Newton's method from 0 rises to the solution and is there as
// soon as a step passes no further end: after a few steps mostly, and after len(end) at most.
func multiplier(gain, end []float64, need float64) float64 {
	lambda := 0.0
	for {
		reached, slope := 0.0, 0.0 // by pixels at their end, and of the others
		for j, e := range end {
			if e <= lambda {
				reached += gain[j] * e
			} else {
				slope += gain[j]
			}
		}
		if slope == 0 {
			return math.Inf(1)
		}
		next := (need - reached) / slope
		if !(next > lambda) {
			return lambda
		}
		lambda = next
	}
}

// projectL1 moves pixels to the end of their room, those of the greatest weight first and, of
// equals, in their order.
func projectL1(d, w []float32, room []float64, need float64) {
	var order []int
	for j, most := range room {
		if most > 0 {
			order = append(order, j)
		}
	}
	size := func(j int) float64 { return math.Abs(float64(w[j])) }
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(size(j), size(i)) })
	for _, j := range order {
		move := min(need/size(j), room[j])
		d[j] = float32(move)
		if move < room[j] {
			break
		}
		need -= move * size(j)
	}
}
