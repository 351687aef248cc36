package arbench

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Norm measures the size of a perturbation.
type Norm string

// The norms that threats bound.
const (
	Linf Norm = "linf" // greatest absolute change of a pixel
	L2   Norm = "l2"   // Euclidean length
	L1   Norm = "l1"   // sum of absolute changes
	L0   Norm = "l0"   // number of values that change: of a pixel with three channels up to three
)

// Of returns the norm of d.
func (n Norm) Of(d []float32) float64 {
	s := 0.0
	for _, v := range d {
		a := math.Abs(float64(v))
		switch n {
		case Linf:
			s = math.Max(s, a)
		case L2:
			s += a * a
		case L1:
			s += a
		case L0:
			if a != 0 {
				s++
			}
		}
	}
	if n == L2 {
		s = math.Sqrt(s)
	}
	return s
}

// Dual returns the norm of w that gives the distance, in the norm n, of a point from a plane with the normal
// w: |f| over it, where f is how far <w, x> is from its value on the plane. L0 has none and is returned.
func (n Norm) Dual() Norm {
	switch n {
	case Linf:
		return L1
	case L1:
		return Linf
	}
	return n
}

// A Threat is what an attacker may do to an image: move it by at most Eps in Norm, staying in the
// box [0, 1]. Eps 0 leaves nothing but the image itself.
type Threat struct {
	Norm Norm    `toml:"norm"`
	Eps  float64 `toml:"eps"`

	// Each, where not nil, is the budget of each row of a trial, in place of Eps.
	Each []float64 `toml:"-" json:",omitempty"`

	// Family, where not nil, replaces the ball: a candidate is then a row of parameters, such as an
	// angle or a severity, that the family applies to the image.
	Family Family `toml:"-" json:",omitempty"`
}

// A Family is a parametric set of changes of an image: corruptions, rotations, brightness.
type Family interface {
	// Width returns the number of parameters of one candidate.
	Width() int

	// Apply moves p, the parameters of one candidate, into their legal range for the budget eps and
	// writes the image they make of x0 into x.
	Apply(p []float32, eps float64, x0, x []float32)
}

// Validate reports a threat that means nothing.
func (t Threat) Validate() error {
	switch {
	case t.Norm == "":
		return fmt.Errorf("eps without norm: say norm = %q, %q, %q or %q", Linf, L2, L1, L0)
	case !slices.Contains([]Norm{Linf, L2, L1, L0}, t.Norm):
		return fmt.Errorf("unknown norm %q: use %q, %q, %q or %q", t.Norm, Linf, L2, L1, L0)
	case math.IsNaN(t.Eps) || math.IsInf(t.Eps, 0) || t.Eps < 0:
		return fmt.Errorf("eps %v must be a number of at least 0", t.Eps)
	case t.Norm == Linf && t.Eps > 1 && t.Eps <= 255 && t.Eps == math.Trunc(t.Eps): // grey levels
		return fmt.Errorf("eps %v exceeds the range of a pixel, which is 1: did you mean \"%v/255\"?",
			t.Eps, t.Eps)
	case t.Norm == Linf && t.Eps > 1:
		return fmt.Errorf("eps %v exceeds the range of a pixel, which is 1", t.Eps)
	case t.Norm == L0 && t.Eps != math.Trunc(t.Eps):
		return fmt.Errorf("eps %v is a number of values in %s: use a whole number", t.Eps, L0)
	}
	return nil
}

// String returns the threat as reports write it, such as "linf 8/255".
func (t Threat) String() string { return string(t.Norm) + " " + FormatEps(t.Eps) }

// FormatEps returns eps as a decimal number of six digits if it is one, but for rounding, else as a
// fraction of 255 if it is a whole number of grey levels, else rounded to six digits.
func FormatEps(eps float64) string {
	s := fmt.Sprintf("%.6g", eps)
	if v, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(v-eps) <= 1e-12*eps {
		return s
	}
	if g := math.Round(eps * 255); g >= 1 && g < 1e6 && math.Abs(eps*255-g) < 1e-9 {
		return fmt.Sprintf("%d/255", int(g))
	}
	return s
}

// At returns the budget of row i.
func (t Threat) At(i int) float64 {
	if t.Each != nil {
		return t.Each[i]
	}
	return t.Eps
}

// Gather returns the threat for the rows of a trial that rows names; nil means all of them.
func (t Threat) Gather(rows []int) Threat {
	if t.Each == nil || rows == nil {
		return t
	}
	each := make([]float64, len(rows))
	for i, r := range rows {
		each[i] = t.Each[r]
	}
	t.Each = each
	return t
}

// Distance returns the size of x-x0 in the threat's norm.
func (t Threat) Distance(x, x0 []float32) float64 {
	d := make([]float32, len(x))
	for j := range x {
		d[j] = x[j] - x0[j]
	}
	return t.Norm.Of(d)
}

// Project moves each row of x, in place, into the ball around the same row of x0 and into the box;
// what is inside both stays as it is, bit by bit.
// Linf clips; L2 scales, then clips to the box, as the reference attacks do; L1 and L0 find the nearest
// point of ball and box together.
func (t Threat) Project(x, x0 Tensor) {
	for i := range x.Len() {
		t.ProjectRow(x.Row(i), x0.Row(i), t.At(i))
	}
}

// ProjectRow is Project for one row with the budget eps.
func (t Threat) ProjectRow(x, x0 []float32, eps float64) {
	switch t.Norm {
	case Linf:
		projectLinf(x, x0, float32(eps))
	case L2:
		projectL2(x, x0, eps)
	case L1:
		projectL1(x, x0, eps)
	case L0:
		projectL0(x, x0, eps)
	}
}

func clip01(v float32) float32 { return min(max(v, 0), 1) }

func projectLinf(x, x0 []float32, eps float32) {
	for j, c := range x0 {
		x[j] = clip01(min(max(x[j], c-eps), c+eps))
	}
}

// isInside reports that projectLinf would move nothing, which is told faster.
func isInside(x, x0 []float32, eps float32) bool {
	for j, c := range x0 {
		if v := x[j]; !(c-eps <= v && v <= c+eps && 0 <= v && v <= 1) {
			return false
		}
	}
	return true
}

func projectL2(x, x0 []float32, eps float64) {
	s := 0.0
	for j, c := range x0 {
		d := float64(x[j]) - float64(c)
		s += d * d
	}
	if n := math.Sqrt(s); n > eps {
		scale := float32(eps / n)
		for j, c := range x0 {
			x[j] = c + scale*(x[j]-c)
		}
	}
	for j, v := range x {
		x[j] = clip01(v)
	}
}
