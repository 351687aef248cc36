package arbench

import (
	"cmp"
	"slices"
)

// projectL0 moves x to the nearest point of {x : ‖x-x0‖₀ ≤ eps, 0 ≤ x ≤ 1}: it keeps, clipped to the
// box, the changes y without which x would be farther by most, y² - (y - c)² with c for the clipped
// change, of equal ones the first, and undoes the others.
func projectL0(x, x0 []float32, eps float64) {
	var changed []int
	gain := make([]float64, len(x))
	for j, v := range x0 {
		y := float64(x[j]) - float64(v)
		x[j] = clip01(x[j])
		if c := float64(x[j]) - float64(v); c != 0 {
			changed = append(changed, j)
			gain[j] = y*y - (y-c)*(y-c)
		}
	}
	if float64(len(changed)) <= eps {
		return
	}
	slices.SortStableFunc(changed, func(i, j int) int { return cmp.Compare(gain[j], gain[i]) })
	for _, j := range changed[int(eps):] {
		x[j] = x0[j]
	}
}
