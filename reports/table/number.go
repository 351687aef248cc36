package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
)

// A Number is a quantity of one model over its training seeds: with one seed the quantity and its own
// interval, with several their mean and the interval of Student's t over seeds, widened where the
// mean of their own intervals reaches further. Without that, seeds that happen to agree would make a
// number look exact, and the examples, which all seeds share, would count for nothing. Mean and
// interval are those of the logarithms where that is the scale of the quantity, and no interval
// leaves its range.
type Number struct {
	Value, Lo, Hi float64
	Unit          string
	Least, Most   int           // examples or the like that each seed's value rests on
	Seeds         int           // 0 if it was not measured
	Exact         bool          // of one seed, and a fact about it that rests on no sample of examples
	Alone         bool          // of one seed and one example, which give no interval
	Trust         arbench.Trust // the worst of any seed's
	Warnings      []string
}

// String returns the short form of n: value, interval, and what they rest on.
func (n Number) String() string {
	if n.Seeds == 0 {
		return "–"
	}
	s := n.plain()
	if r := strings.Trim(n.rests()+", "+n.doubt(), ", "); r != "" {
		s += " (" + r + ")"
	}
	return s
}

// short returns the value and the interval, and what speaks against them.
func (n Number) short() string {
	if d := n.doubt(); d != "" {
		return n.plain() + " (" + d + ")"
	}
	return n.plain()
}

// plain returns the value and the interval.
func (n Number) plain() string { return strings.TrimSpace(n.value() + " " + n.interval()) }

// doubt returns the verdict on a number that is not trusted.
func (n Number) doubt() string {
	if n.Trust == arbench.Suspect || n.Trust == arbench.Invalid {
		return string(n.Trust)
	}
	return ""
}

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

// interval returns "[lo, hi]", or why there is none.
func (n Number) interval() string {
	switch {
	case n.Seeds == 0 || math.IsNaN(n.Value):
		return ""
	case n.Exact:
		return "exact"
	case n.Alone || math.IsNaN(n.Lo) || math.IsNaN(n.Hi):
		return "no interval"
	}
	return "[" + n.limit(n.Lo) + ", " + n.limit(n.Hi) + "]"
}

// limit returns an end of the interval with as many digits after the point as the value, or with
// three significant ones if it is of another magnitude.
func (n Number) limit(v float64) string {
	digits, a, b := n.digits(), math.Abs(v), math.Abs(n.Value)
	switch {
	case v == 0 || n.fixed():
	case a > 10*b:
		digits = min(digits, significant(v))
	case a < b/10:
		digits = max(digits, significant(v))
	}
	return format(v, digits)
}

// fixed reports whether n is written with one digit after the point, whatever it is.
func (n Number) fixed() bool { return n.Unit == "%" || n.Unit == points }

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
	if n.fixed() {
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
