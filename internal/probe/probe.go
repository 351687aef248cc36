// Package probe holds the built-in probes: what the weights of a model and the activations inside it
// say about the regularization by adversarial robustness (Wen, Li & Jia, ICML 2020, section 4): the
// singular values of its layers, and how far its features move with the image.
package probe

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A sample makes quantities of numbers, one of each example of a split.
type sample struct {
	split arbench.Split
	level float64
}

// summary returns the mean of v, called name, with Student's interval; its standard deviation, with
// a large-sample interval; and its quantiles, with distribution-free ones between order statistics.
// Numbers that are not finite are left out, with a warning; nothing is returned if none is left.
func (s sample) summary(name, detail string, v, quantiles []float64) []arbench.Quantity {
	kept := slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return !finite(x) })
	if len(kept) == 0 {
		return nil
	}
	slices.Sort(kept)
	out := []arbench.Quantity{s.mean(name, detail, kept), s.std(name+" std", detail, kept)}
	for _, p := range quantiles {
		out = append(out, s.quantile(fmt.Sprintf("%s %g %%", name, 100*p), detail, kept, p))
	}
	for i := range out {
		if gone := len(v) - len(kept); gone > 0 {
			out[i].Warnings = append(out[i].Warnings,
				fmt.Sprintf("not defined for %d of %d examples", gone, len(v)))
		}
	}
	return out
}

func (s sample) plain(name, detail string, v []float64, value float64) arbench.Quantity {
	q := arbench.Quantity{Name: name, Split: s.split, Detail: detail, N: len(v)}
	q.Value, q.Lo, q.Hi = value, value, value
	return q
}

func (s sample) mean(name, detail string, v []float64) arbench.Quantity {
	q := s.plain(name, detail, v, stat.Mean(v, nil))
	if n := float64(len(v)); n > 1 {
		t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile((1 + s.level) / 2)
		half := t * stat.StdDev(v, nil) / math.Sqrt(n)
		q.Lo, q.Hi = q.Value-half, q.Value+half
	}
	return q
}

// std uses the variance (m₄ - s⁴)/n of s².
func (s sample) std(name, detail string, v []float64) arbench.Quantity {
	n := float64(len(v))
	if n < 2 {
		return s.plain(name, detail, v, 0)
	}
	q := s.plain(name, detail, v, stat.StdDev(v, nil))
	if q.Value > 0 {
		z := distuv.UnitNormal.Quantile((1 + s.level) / 2)
		m4 := stat.Moment(4, v, nil)
		half := z * math.Sqrt(max(m4-math.Pow(q.Value, 4), 0)/n) / (2 * q.Value)
		q.Lo, q.Hi = max(q.Value-half, 0), q.Value+half
	}
	return q
}

// quantile takes sorted values; limits that there are too few values for are the least or greatest.
func (s sample) quantile(name, detail string, v []float64, p float64) arbench.Quantity {
	q := s.plain(name, detail, v, stat.Quantile(p, stat.Empirical, v, nil))
	b, tail := distuv.Binomial{N: float64(len(v)), P: p}, (1-s.level)/2
	rank := func(c float64) int { // the least k with P(B ≤ k) ≥ c
		return sort.Search(len(v), func(k int) bool { return b.CDF(float64(k)) >= c })
	}
	lo, hi := rank(tail), rank(1-tail)+1 // order statistics, from 1
	q.Lo, q.Hi = v[max(lo, 1)-1], v[min(hi, len(v))-1]
	if lo < 1 || hi > len(v) {
		q.Warnings = append(q.Warnings, fmt.Sprintf(
			"%d examples are too few for a %g %% interval of the %g %% quantile",
			len(v), 100*s.level, 100*p))
	}
	return q
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
