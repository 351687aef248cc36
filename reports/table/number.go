package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Number is a quantity of one model over its training seeds: with one seed the quantity and its own
// interval, with several their mean and the interval of Student's t over seeds, widened where the
// mean of their own intervals reaches further. Without that, seeds that happen to agree would make a
// number look exact, and the examples, which all seeds share, would count for nothing.
type Number struct {
	Value, Lo, Hi float64 // all equal if it is exact
	Unit          string
	Least, Most   int // examples or the like that each seed's value rests on
	Seeds         int // 0 if it was not measured
	Warnings      []string
}

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
	q := s[0].q
	n := Number{Value: q.Value, Lo: q.Lo, Hi: q.Hi, Unit: q.Unit, Least: q.N, Most: q.N, Seeds: len(s)}
	var values, lows, highs []float64
	for _, one := range s {
		values = append(values, one.q.Value)
		lows, highs = append(lows, one.q.Lo), append(highs, one.q.Hi)
		n.Least, n.Most = min(n.Least, one.q.N), max(n.Most, one.q.N)
		n.Warnings = union(n.Warnings, one.q.Warnings)
	}
	if len(s) > 1 {
		n.Value, n.Lo, n.Hi = student(values, level)
		n.Lo, n.Hi = min(n.Lo, stat.Mean(lows, nil)), max(n.Hi, stat.Mean(highs, nil))
	}
	if q.Unit == "%" { // a share; differences of shares are in points
		n.Lo, n.Hi = max(n.Lo, 0), min(n.Hi, 100)
	}
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
// (Newcombe 1998, method 10; for paired numbers it is wider than need be).
func difference(a, b arbench.Quantity) arbench.Quantity {
	d := a.Value - b.Value
	return arbench.Quantity{
		Name: a.Name, Split: a.Split, Detail: a.Detail, Unit: unitOfDifference(a.Unit),
		Value:    d,
		Lo:       d - math.Hypot(a.Value-a.Lo, b.Hi-b.Value),
		Hi:       d + math.Hypot(a.Hi-a.Value, b.Value-b.Lo),
		N:        min(a.N, b.N),
		Warnings: union(a.Warnings, b.Warnings),
	}
}

func unitOfDifference(unit string) string {
	if unit == "%" {
		return points
	}
	return unit
}

// ratio returns a / b, for positive a and b, with the widest interval that theirs allow.
func ratio(a, b arbench.Quantity) arbench.Quantity {
	q := arbench.Quantity{
		Name: a.Name, Split: a.Split, Detail: a.Detail,
		Value: a.Value / b.Value, Lo: a.Lo / b.Hi, Hi: a.Hi / b.Lo,
		N: min(a.N, b.N), Warnings: union(a.Warnings, b.Warnings),
	}
	if b.Lo <= 0 {
		q.Hi = math.Inf(1)
	}
	return q
}

// String returns the short form of n: value, interval, and what they rest on.
func (n Number) String() string {
	if n.Seeds == 0 {
		return "–"
	}
	s := n.short()
	if r := n.rests(); r != "" {
		s += " (" + r + ")"
	}
	return s
}

// short returns the value and the interval.
func (n Number) short() string { return strings.TrimSpace(n.value() + " " + n.interval()) }

// value returns the value with its unit.
func (n Number) value() string {
	if n.Seeds == 0 {
		return "–"
	}
	s := format(n.Value, n.digits())
	if n.Unit != "" && !math.IsNaN(n.Value) {
		s += " " + n.Unit
	}
	return s
}

// interval returns "[lo, hi]", or nothing for an exact number.
func (n Number) interval() string {
	exact := n.Lo == n.Value && n.Hi == n.Value
	if exact || math.IsNaN(n.Value) || math.IsNaN(n.Lo) || math.IsNaN(n.Hi) {
		return ""
	}
	return "[" + format(n.Lo, n.digits()) + ", " + format(n.Hi, n.digits()) + "]"
}

// rests returns how many seeds and examples n rests on.
func (n Number) rests() string {
	size := strconv.Itoa(n.Least)
	if n.Most != n.Least {
		size += "–" + strconv.Itoa(n.Most)
	}
	switch {
	case n.Seeds > 1 && n.Most > 0:
		return fmt.Sprintf("%d seeds × %s", n.Seeds, size)
	case n.Seeds > 1:
		return fmt.Sprintf("%d seeds", n.Seeds)
	case n.Most > 0:
		return "n=" + size
	}
	return ""
}

// digits returns how many digits after the point n is written with: one for percentages and points,
// else enough for three significant ones.
func (n Number) digits() int {
	if n.Unit == "%" || n.Unit == points {
		return 1
	}
	return significant(n.Value)
}

func significant(v float64) int {
	v = math.Abs(v)
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 2
	}
	return min(max(2-int(math.Floor(math.Log10(v))), 0), 6)
}

func format(v float64, digits int) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	if math.IsInf(v, 0) {
		return map[bool]string{true: "∞", false: "-∞"}[v > 0]
	}
	if a := math.Abs(v); a >= 1e6 || a > 0 && a < 1e-5 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if zero := strconv.FormatFloat(0, 'f', digits, 64); s == "-"+zero {
		return zero
	}
	return s
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
