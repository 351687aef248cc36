package table

import "math"

// sparkWidth is the greatest length of a curve, in characters.
const sparkWidth = 20

// spark draws v, scaled to its own range, in at most sparkWidth characters: for longer curves each
// is the mean of its share of the points. A point that is not finite is a blank.
func spark(v []float64) string {
	if len(v) > sparkWidth {
		short := make([]float64, sparkWidth)
		for i := range short {
			short[i] = mean(v[i*len(v)/sparkWidth : (i+1)*len(v)/sparkWidth])
		}
		v = short
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, y := range v {
		if finite(y) {
			lo, hi = min(lo, y), max(hi, y)
		}
	}
	if lo > hi {
		return "–"
	}
	bars := []rune("▁▂▃▄▅▆▇█")
	out := make([]rune, len(v))
	for i, y := range v {
		out[i] = ' '
		if finite(y) {
			at := 0.0
			if hi > lo {
				at = (y - lo) / (hi - lo)
			}
			out[i] = bars[int(math.Round(at*float64(len(bars)-1)))]
		}
	}
	return string(out)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func mean(v []float64) float64 {
	s := 0.0
	for _, y := range v {
		s += y
	}
	return s / float64(len(v))
}

// percentage returns a percentage, or a dash for NaN.
func percentage(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return format(v, 1) + " %"
}
