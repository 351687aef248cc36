package measure

import (
	"fmt"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
)

// A sample makes quantities of the examples of one split.
type sample struct {
	split arbench.Split
	level float64
}

// share returns the percentage of k in n examples with its Wilson interval. n > 0.
func (s sample) share(name, detail string, k, n, better int) arbench.Quantity {
	i := wilson(k, n, s.level)
	return arbench.Quantity{
		Name: name, Split: s.split, Detail: detail, Unit: "%", N: n, Better: better,
		Value: 100 * float64(k) / float64(n), Lo: 100 * i.lo, Hi: 100 * i.hi,
	}
}

// clamp returns q with the part of its interval that lies in the range of what it measures: the
// Student interval of a mean near the end of its range reaches beyond.
func clamp(lo, hi float64, q arbench.Quantity) arbench.Quantity {
	q.Lo, q.Hi = max(q.Lo, min(lo, q.Value)), min(q.Hi, max(hi, q.Value))
	return q
}

// mean returns the mean of v, of which there is at least one, with Student's interval.
func (s sample) mean(name, detail string, v []float64, better int) arbench.Quantity {
	q := s.plain(name, detail, v, better)
	q.Value = stat.Mean(v, nil)
	return withInterval(q, len(v), func() interval { return meanInterval(v, s.level) })
}

// std returns the standard deviation of v, of which there is at least one.
func (s sample) std(name, detail string, v []float64) arbench.Quantity {
	q := s.plain(name, detail, v, 0)
	if len(v) > 1 {
		q.Value = stat.StdDev(v, nil)
	}
	return withInterval(q, len(v), func() interval { return stdInterval(v, s.level) })
}

// quantile returns the p-quantile of sorted values, of which there is at least one.
func (s sample) quantile(name, detail string, sorted []float64, p float64) arbench.Quantity {
	q := s.plain(name, detail, sorted, 0)
	value, i, complete := quantile(sorted, p, s.level)
	q.Value, q.Lo, q.Hi = value, i.lo, i.hi
	if !complete {
		q.Warnings = []string{fmt.Sprintf(
			"%d examples are too few for a %g %% interval of the %g %% quantile",
			len(sorted), 100*s.level, 100*p)}
	}
	return q
}

func (s sample) plain(name, detail string, v []float64, better int) arbench.Quantity {
	return arbench.Quantity{Name: name, Split: s.split, Detail: detail, N: len(v), Better: better}
}

// withInterval returns q with the interval i, which takes at least two of its n values.
func withInterval(q arbench.Quantity, n int, i func() interval) arbench.Quantity {
	if n < 2 {
		q.Lo, q.Hi = q.Value, q.Value
		return q
	}
	limits := i()
	q.Lo, q.Hi = limits.lo, limits.hi
	return q
}
