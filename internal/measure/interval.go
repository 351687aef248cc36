package measure

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// An interval is a pair of confidence limits.
type interval struct{ lo, hi float64 }

// normalQuantile returns z such that a normal variable is within ±z with probability level.
func normalQuantile(level float64) float64 { return distuv.UnitNormal.Quantile((1 + level) / 2) }

// studentQuantile is normalQuantile for Student's t with df degrees of freedom.
func studentQuantile(level, df float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + level) / 2)
}

// wilson returns the score interval of a share of k in n (Wilson 1927). n > 0. It reaches 0 where
// k = 0, and 1 where k = n, exactly: rounding would leave a limit on the wrong side of the share.
func wilson(k, n int, level float64) interval {
	z, m := normalQuantile(level), float64(n)
	p := float64(k) / m
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	i := interval{max(centre-half, 0), min(centre+half, 1)}
	if k == 0 {
		i.lo = 0
	}
	if k == n {
		i.hi = 1
	}
	return i
}

// Wilson returns the score interval of a share of k in n > 0 (Wilson 1927), both ends from 0 to 1. Its
// lower end is above 0 if and only if k is.
func Wilson(k, n int, level float64) (lo, hi float64) {
	i := wilson(k, n, level)
	return i.lo, i.hi
}

// PairedDifference returns the interval of the share of the examples of which the first of a pair holds
// less the share of which the second does, from how often both, one alone, and neither do (Newcombe
// 1998, Statistics in Medicine 17:2635, method 10). There is at least one example.
func PairedDifference(both, first, second, neither int, level float64) (lo, hi float64) {
	i := pairedDifference(table{both, first, second, neither}, level)
	return i.lo, i.hi
}

// independentDifference returns the interval of k1/n1 - k2/n2 for independent samples (Newcombe
// 1998, Statistics in Medicine 17:873, method 10).
func independentDifference(k1, n1, k2, n2 int, level float64) interval {
	return squareAndAdd(share{k1, n1}, share{k2, n2}, 0, level)
}

// A table counts pairs by whether the first and the second of each are right.
type table struct{ both, first, second, neither int }

func (t table) n() int { return t.both + t.first + t.second + t.neither }

// pairedDifference returns the interval of the share of firsts that are right less that of seconds
// (Newcombe 1998, Statistics in Medicine 17:2635, method 10).
func pairedDifference(t table, level float64) interval {
	first, second := share{t.both + t.first, t.n()}, share{t.both + t.second, t.n()}
	return squareAndAdd(first, second, t.correlation(), level)
}

// correlation returns the φ of method 10, whose numerator has a correction for continuity.
func (t table) correlation() float64 {
	a, b, c, d := float64(t.both), float64(t.first), float64(t.second), float64(t.neither)
	margins := (a + b) * (c + d) * (a + c) * (b + d)
	if margins == 0 {
		return 0
	}
	top := a*d - b*c
	if top > 0 {
		top = max(top-float64(t.n())/2, 0)
	}
	return top / math.Sqrt(margins)
}

// A share is k of n.
type share struct{ k, n int }

// squareAndAdd joins the Wilson intervals of p and q, correlated by phi, into one of p - q.
func squareAndAdd(p, q share, phi, level float64) interval {
	a, b := float64(p.k)/float64(p.n), float64(q.k)/float64(q.n)
	i, j := wilson(p.k, p.n, level), wilson(q.k, q.n, level)
	join := func(u, v float64) float64 { return math.Sqrt(max(u*u-2*phi*u*v+v*v, 0)) }
	return interval{a - b - join(a-i.lo, j.hi-b), a - b + join(i.hi-a, b-j.lo)}
}

// mcnemar returns the two-sided exact p-value of McNemar's test: the probability, if either of a
// discordant pair is as likely to be the right one, of a split at least as uneven.
func mcnemar(t table) float64 {
	n := t.first + t.second
	if n == 0 {
		return 1
	}
	b := distuv.Binomial{N: float64(n), P: 0.5}
	return min(1, 2*b.CDF(float64(min(t.first, t.second))))
}

// meanInterval returns Student's interval of the mean of v. len(v) > 1.
func meanInterval(v []float64, level float64) interval {
	mean, std := stat.MeanStdDev(v, nil)
	half := studentQuantile(level, float64(len(v)-1)) * std / math.Sqrt(float64(len(v)))
	return interval{mean - half, mean + half}
}

// welch returns the interval of the mean of a less that of b, independent samples of possibly
// different variances (Welch 1947). len(a), len(b) > 1.
func welch(a, b []float64, level float64) interval {
	ma, va := stat.MeanVariance(a, nil)
	mb, vb := stat.MeanVariance(b, nil)
	na, nb := float64(len(a)), float64(len(b))
	u, v := va/na, vb/nb
	if u+v == 0 {
		return interval{ma - mb, ma - mb}
	}
	df := (u + v) * (u + v) / (u*u/(na-1) + v*v/(nb-1))
	half := studentQuantile(level, df) * math.Sqrt(u+v)
	return interval{ma - mb - half, ma - mb + half}
}

// stdInterval returns the large-sample interval of the standard deviation of v, which assumes only
// a finite fourth moment: the variance of s² is (m₄ - s⁴)/n. len(v) > 1.
func stdInterval(v []float64, level float64) interval {
	std, n := stat.StdDev(v, nil), float64(len(v))
	if std == 0 {
		return interval{}
	}
	m4 := stat.Moment(4, v, nil)
	half := normalQuantile(level) * math.Sqrt(max(m4-math.Pow(std, 4), 0)/n) / (2 * std)
	return interval{max(std-half, 0), std + half}
}

// quantile returns the p-quantile of sorted values, the least of them with a share p at or below
// it, and its distribution-free interval between two of them (David & Nagaraja 2003, section 7.1).
// It is complete if there are enough values for limits on both sides of the given level; a limit
// that there is not is the least or greatest value.
func quantile(sorted []float64, p, level float64) (value float64, i interval, complete bool) {
	n := len(sorted)
	b := distuv.Binomial{N: float64(n), P: p}
	tail := (1 - level) / 2
	// least returns the least number of values k with P(B ≤ k) ≥ c.
	least := func(c float64) int {
		return sort.Search(n, func(k int) bool { return b.CDF(float64(k)) >= c })
	}
	lo, hi := least(tail), least(1-tail)+1 // ranks from 1; P(B < lo) < tail
	complete = lo >= 1 && hi <= n
	i = interval{sorted[max(lo, 1)-1], sorted[min(hi, n)-1]}
	return stat.Quantile(p, stat.Empirical, sorted, nil), i, complete
}

func sortedCopy(v []float64) []float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s
}
