package conformance

import (
	"cmp"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// distance returns the least change of x, in the norm and in the box, that gives some other class than y a
// logit as great as that of y; +Inf if none does, 0 if one has. A class is reached by crossing one
// hyperplane, so it is the least over the rivals of y.
func (m *softmax) distance(norm arbench.Norm, x []float32, y int) float64 {
	least := math.Inf(1)
	for k := range m.weights.Len() {
		if k != y {
			least = min(least, m.plane(norm, x, y, k))
		}
	}
	return least
}

// plane is distance with k as the only rival.
func (m *softmax) plane(norm arbench.Norm, x []float32, y, k int) float64 {
	w, f := make([]float64, len(x)), 0.0
	for j, v := range x {
		w[j] = float64(m.weights.Row(y)[j]) - float64(m.weights.Row(k)[j])
		f += w[j] * float64(v)
	}
	return crossing(norm, x, w, f)
}

// crossing returns the length of the shortest d in the norm for which x + d is in the box and
// f + <w, d> <= 0; +Inf if there is none.
//
// Pixel j can lower f by at most |w_j| room_j, where room_j is its way to the end of the box against the
// sign of w_j. In Linf each goes t or as far as there is room, in L2 λ|w_j| or as far as there is room
// (the conditions of Karush, Kuhn and Tucker), and f falls with t and with λ, which bisection finds. In L1
// a unit of change is worth |w_j|, so the pixels of greatest |w_j| go first, each all its way; in L0 a pixel
// is worth |w_j| room_j, so those of greatest |w_j| room_j do.
func crossing(norm arbench.Norm, x []float32, w []float64, f float64) float64 {
	if f <= 0 {
		return 0
	}
	room, most := make([]float64, len(x)), 0.0
	for j, v := range x {
		if room[j] = float64(v); w[j] < 0 {
			room[j] = 1 - float64(v)
		}
		most += math.Abs(w[j]) * room[j]
	}
	switch {
	case most < f:
		return math.Inf(1)
	case norm == arbench.L1:
		return greedy(w, room, f)
	case norm == arbench.L0:
		return fewest(w, room, f)
	}
	step := func(t float64, j int) float64 {
		if norm == arbench.L2 {
			t *= math.Abs(w[j])
		}
		return min(t, room[j])
	}
	lo, hi := 0.0, 1.0
	for lowered(w, hi, step) < f && hi < 1e18 {
		hi *= 2
	}
	for range 200 {
		if mid := (lo + hi) / 2; lowered(w, mid, step) < f {
			lo = mid
		} else {
			hi = mid
		}
	}
	if norm == arbench.Linf {
		return hi
	}
	sum := 0.0
	for j := range w {
		sum += step(hi, j) * step(hi, j)
	}
	return math.Sqrt(sum)
}

// lowered returns by how much f falls if pixel j goes step(t, j).
func lowered(w []float64, t float64, step func(t float64, j int) float64) float64 {
	sum := 0.0
	for j, v := range w {
		sum += math.Abs(v) * step(t, j)
	}
	return sum
}

// greedy returns the L1 length of the way down by f.
func greedy(w, room []float64, f float64) float64 {
	order := make([]int, len(w))
	for j := range order {
		order[j] = j
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(math.Abs(w[j]), math.Abs(w[i])) })
	length := 0.0
	for _, j := range order {
		gain := math.Abs(w[j]) * room[j]
		if gain >= f {
			return length + f/math.Abs(w[j])
		}
		f, length = f-gain, length+room[j]
	}
	return length // but for rounding it returned before
}

// fewest returns the number of pixels on the way down by f.
func fewest(w, room []float64, f float64) float64 {
	gains := make([]float64, len(w))
	for j, v := range w {
		gains[j] = math.Abs(v) * room[j]
	}
	slices.SortFunc(gains, func(a, b float64) int { return cmp.Compare(b, a) })
	for n, gain := range gains {
		if f -= gain; f <= 1e-9 { // but for rounding 0
			return float64(n + 1)
		}
	}
	return float64(len(w))
}
