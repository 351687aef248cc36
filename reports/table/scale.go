package table

import (
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
)

// A scale says which values a quantity can have.
type scale struct {
	lo, hi float64
	log    bool // positive numbers that are told apart by their ratios
}

var (
	everything  = scale{lo: math.Inf(-1), hi: math.Inf(1)}
	nonnegative = scale{lo: 0, hi: math.Inf(1)}
	ratios      = scale{lo: 0, hi: math.Inf(1), log: true}
	probability = scale{lo: 0, hi: 1}
	signed      = scale{lo: -1, hi: 1} // differences of probabilities
)

// scales are those of quantities whose unit does not say it. A quantity that is not here may have
// any value.
var scales = map[string]scale{
	confidence: probability, "true confidence": probability, "ECE": probability, "MCE": probability,
	costP: probability, "probability margin": signed, "overconfidence": signed,
	"normalized margin": {lo: -math.Sqrt2, hi: math.Sqrt2}, "Brier": {lo: 0, hi: 2},
	entropy: nonnegative, "loss": nonnegative, "loss std": nonnegative, "NLL": nonnegative,
	"KL gap": nonnegative, "distance": nonnegative, "margin distance": nonnegative,
	"forward passes": nonnegative, "backward passes": nonnegative,
	stageForward: nonnegative, stageBackward: nonnegative,
	"singular log condition": nonnegative,
	"singular condition":     {lo: 1, hi: math.Inf(1), log: true},
	"stable rank":            {lo: 1, hi: math.Inf(1), log: true},
	"entropy rank":           {lo: 1, hi: math.Inf(1), log: true},
}

// scaleOf returns the scale of q.
func scaleOf(q arbench.Quantity) scale {
	switch q.Unit {
	case "%":
		return scale{lo: 0, hi: 100}
	case points:
		return scale{lo: -100, hi: 100}
	}
	if c, ok := scales[q.Name]; ok {
		if q.Detail == "std" {
			c.lo = 0
		}
		return c
	}
	for _, l := range []layered{spectral, featural} {
		for _, name := range l.all() {
			if q.Name == name || strings.HasPrefix(q.Name, name+" ") {
				return ratios
			}
		}
	}
	if q.Detail == "std" {
		return nonnegative
	}
	return everything
}

// student returns the mean of v, which has at least two values, with its interval: those of the
// logarithms, taken back, if that is the scale and no value is 0.
func (c scale) student(v []float64, level float64) (m, lo, hi float64) {
	if !c.logs(v) {
		return student(v, level)
	}
	m, lo, hi = student(logarithms(v), level)
	return math.Exp(m), math.Exp(lo), math.Exp(hi)
}

// mean returns the mean of limits of intervals around values, on the same scale.
func (c scale) mean(limits, values []float64) float64 {
	if !c.logs(values) {
		return stat.Mean(limits, nil)
	}
	return math.Exp(stat.Mean(logarithms(limits), nil))
}

// logs reports whether the logarithms of v are to be taken.
func (c scale) logs(v []float64) bool {
	return c.log && !slices.ContainsFunc(v, func(x float64) bool { return !(x > 0) })
}

// logarithms returns those of v, with anything below 0 taken for 0.
func logarithms(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Log(max(x, 0))
	}
	return out
}
