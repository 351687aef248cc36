package table

import (
	"math"
	"slices"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A sample is a quantity of the model trained from one seed.
type sample struct {
	seed uint64
	q    arbench.Quantity
}

// pool returns the mean of s over seeds with its interval of the given level.
func pool(s []sample, level float64) Number {
	if len(s) == 0 {
		return Number{}
	}
	return poolOn(scaleOf(s[0].q), s, level)
}

// poolOn is pool for quantities of a scale.
func poolOn(c scale, s []sample, level float64) Number {
	if len(s) == 0 {
		return Number{}
	}
	q := s[0].q
	n := Number{Value: q.Value, Lo: q.Lo, Hi: q.Hi, Unit: q.Unit, Least: q.N, Most: q.N, Seeds: len(s)}
	var values, lows, highs []float64
	for _, one := range s {
		values = append(values, one.q.Value)
		lows, highs = append(lows, one.q.Lo), append(highs, one.q.Hi)
		n.Least, n.Most = min(n.Least, one.q.N), max(n.Most, one.q.N)
		n.Warnings = union(n.Warnings, one.q.Warnings)
		n.Trust = n.Trust.Worse(one.q.Trust)
	}
	if len(s) > 1 {
		n.Value, n.Lo, n.Hi = c.student(values, level)
		n.Lo, n.Hi = min(n.Lo, c.mean(lows, values)), max(n.Hi, c.mean(highs, values))
	} else if q.Lo == q.Value && q.Hi == q.Value {
		n.Exact, n.Alone = q.Split == "", q.Split != "" && q.N == 1
	}
	n.Lo, n.Hi = max(n.Lo, min(c.lo, n.Value)), min(n.Hi, max(c.hi, n.Value))
	return n
}

// student returns the mean of v, which has at least two values, and the interval of Student's t for
// it: mean ± t(n-1) s/√n, with s the standard deviation of the sample.
func student(v []float64, level float64) (mean, lo, hi float64) {
	n := float64(len(v))
	mean, sd := stat.MeanStdDev(v, nil)
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile((1 + level) / 2)
	h := t * sd / math.Sqrt(n)
	return mean, mean - h, mean + h
}

// difference returns a - b with the interval that their own intervals give if they are independent
// (Newcombe 1998, method 10; for paired numbers it is wider than need be). It has no name, for it is
// not a value of that quantity.
func difference(a, b arbench.Quantity) arbench.Quantity {
	d := a.Value - b.Value
	return arbench.Quantity{
		Split: a.Split, Unit: unitOfDifference(a.Unit),
		Value:    d,
		Lo:       d - math.Hypot(a.Value-a.Lo, b.Hi-b.Value),
		Hi:       d + math.Hypot(a.Hi-a.Value, b.Value-b.Lo),
		N:        min(a.N, b.N),
		Warnings: union(a.Warnings, b.Warnings),
		Trust:    a.Trust.Worse(b.Trust),
	}
}

func unitOfDifference(unit string) string {
	if unit == "%" {
		return points
	}
	return unit
}

// ratio returns a / b, for positive a and b, with the widest interval that theirs allow. It is to be
// pooled as one of ratios.
func ratio(a, b arbench.Quantity) arbench.Quantity {
	q := arbench.Quantity{
		Split: a.Split,
		Value: a.Value / b.Value, Lo: a.Lo / b.Hi, Hi: a.Hi / b.Lo,
		N: min(a.N, b.N), Warnings: union(a.Warnings, b.Warnings), Trust: a.Trust.Worse(b.Trust),
	}
	if b.Lo <= 0 {
		q.Hi = math.Inf(1)
	}
	return q
}

// union returns a followed by what is in b only.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, w := range b {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
