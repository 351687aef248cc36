package apgd

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

// A search is the state of one image in a run, with the letters of the papers: x⁽ᵏ⁾, x⁽ᵏ⁻¹⁾, η.
type search struct {
	row    int // of the trial
	norm   arbench.Norm
	budget float64 // eps of the threat, at most the size of the box
	radius float64 // of the phase, as a multiple of it
	eps    float64 // of the phase

	x0       []float32 // the image
	x        []float32 // x⁽ᵏ⁾
	previous []float32 // x⁽ᵏ⁻¹⁾
	g        []float32 // derivative of the loss at x
	z        []float32 // where the gradient alone leads

	best, bestG []float32 // point of greatest loss, and its derivative
	most        float64   // its loss; -∞ as long as none was a number
	last        float64   // loss of x
	eta         float64   // step size η

	// Since the last checkpoint; outside L1.
	rises  int     // steps that raised the loss
	halved bool    // that checkpoint halved η
	before float64 // greatest loss until then

	// Of L1.
	share   float32 // of the pixels that a step moves, the k of the paper over their number
	changed int     // pixels in which best and x0 differed at the last checkpoint
	least   float32 // change of a pixel that counts, if greater

	broken bool
	hit    []float32 // the last misclassified point
}

// rounding is more than what projections leave of a pixel's change by rounding.
const rounding = 1e-6

// newSearch returns the search of row r of t at its image.
func newSearch(t arbench.Trial, r int) *search {
	x0 := t.X.Row(r)
	n, diameter := len(x0), 1.0
	switch t.Norm {
	case arbench.L2:
		diameter = math.Sqrt(float64(n))
	case arbench.L1:
		diameter = float64(n)
	}
	s := &search{row: r, norm: t.Norm, budget: min(t.At(r), diameter), x0: x0, least: rounding}
	memory := make([]float32, 7*n)
	for k, v := range []*[]float32{&s.x, &s.previous, &s.g, &s.z, &s.best, &s.bestG, &s.hit} {
		*v = memory[k*n : (k+1)*n : (k+1)*n]
	}
	copy(s.x, x0)
	copy(s.best, x0)
	return s
}

// start moves the search to a random point: a uniform direction of Linf or L2 as far as the ball goes,
// or normal noise projected, in L1.
func (s *search) start(r *rand.Rand, radius float64) {
	for j := range s.x {
		if s.norm == arbench.Linf {
			s.z[j] = float32(2*r.Float64() - 1)
		} else {
			s.z[j] = float32(r.NormFloat64())
		}
	}
	scale := 1.0
	if s.norm != arbench.L1 {
		scale = s.budget * radius / (s.norm.Of(s.z) + 1e-12)
	}
	for j, v := range s.z {
		s.best[j] = s.x0[j] + float32(scale*float64(v))
	}
	s.project(s.best, s.budget*radius)
}

// enter begins a phase, in the ball of that multiple of the budget, at the best point so far.
func (s *search) enter(radius float64, scheduled bool) {
	s.radius, s.eps = radius, radius*s.budget
	copy(s.x, s.best)
	s.project(s.x, s.eps)
	copy(s.previous, s.x)
	s.eta = 2 * s.eps
	if s.norm == arbench.L1 {
		s.eta = s.eps
	}
	s.share, s.changed = 0.2, len(s.x)
	if scheduled {
		s.keep(s.count(s.x))
	}
}

func (s *search) project(x []float32, eps float64) {
	arbench.Threat{Norm: s.norm}.ProjectRow(x, s.x0, eps)
}

// move makes a step, the first of a phase without momentum: algorithm 1, lines 3 and 7.
func (s *search) move(first bool) {
	copy(s.z, s.x)
	switch s.norm {
	case arbench.L1:
		s.sparse()
		copy(s.x, s.z)
		return
	case arbench.Linf:
		arbench.SignStep(s.z, s.x0, s.g, float32(s.eta), float32(s.eps))
	case arbench.L2:
		pgd.Ascend(arbench.L2, s.z, s.g, s.eta, 0)
		s.project(s.z, s.eps)
	}
	alpha := float32(0.75)
	if first {
		alpha = 1
	}
	for j, x := range s.x {
		s.x[j] = x + (s.z[j]-x)*alpha + (x-s.previous[j])*(1-alpha)
		s.previous[j] = x
	}
	s.project(s.x, s.eps)
}

// sparse moves z by η in the signs of the greatest derivatives, and projects it: Croce & Hein 2021,
// equation 7.
func (s *search) sparse() {
	n := len(s.g)
	sorted := make([]float32, n)
	for j, v := range s.g {
		sorted[j] = max(v, -v)
	}
	slices.Sort(sorted)
	floor := sorted[min(int((1-s.share)*float32(n)), n-1)]
	count := 0
	for _, v := range s.g {
		if v != 0 && max(v, -v) >= floor {
			count++
		}
	}
	for j, v := range s.g {
		if v != 0 && max(v, -v) >= floor {
			s.z[j] += float32(math.Copysign(s.eta/float64(count), float64(v)))
		}
	}
	s.project(s.z, s.eps)
}

// see takes in the loss at x, and its derivative from g; first is the start of a phase.
func (s *search) see(loss float64, first bool) {
	if first {
		s.last, s.rises, s.halved, s.most = 0, 0, true, math.Inf(-1)
	} else {
		if loss > s.last {
			s.rises++
		}
		s.last = loss
	}
	if first || loss > s.most {
		copy(s.best, s.x)
		copy(s.bestG, s.g)
	}
	if loss > s.most {
		s.most = loss
	}
	if first {
		s.before = s.most
	}
}

// check changes the step size, after so many steps, and sends x back to the best point where it does:
// Croce & Hein 2020, algorithm 1, lines 11 to 16, with the conditions of section 3.2.
func (s *search) check(window int, rho float64) {
	if s.norm == arbench.L1 {
		s.checkSparse(s.count(s.best))
		return
	}
	s.halved = float64(s.rises) <= rho*float64(window) || !s.halved && s.before >= s.most
	s.before, s.rises = s.most, 0
	if s.halved {
		s.eta /= 2
		s.back()
	}
}

// checkSparse is check in L1, for the number of pixels in which the best point differs from the image:
// Croce & Hein 2021, equation 8 and the lines of algorithm 1 around it.
func (s *search) checkSparse(changed int) {
	if float32(changed)/float32(s.changed) < 0.95 {
		s.eta = s.eps
		s.back()
	} else {
		s.eta = max(s.eta/1.5, s.eps/10)
	}
	s.keep(changed)
}

// keep sets the share of the pixels that the next steps move from how many have changed.
func (s *search) keep(changed int) {
	s.changed, s.share = changed, float32(changed)/float32(len(s.x))/1.5
}

// count returns how many pixels of x differ from those of the image by more than s.least.
func (s *search) count(x []float32) int {
	n := 0
	for j, v := range x {
		if d := v - s.x0[j]; d > s.least || d < -s.least {
			n++
		}
	}
	return n
}

func (s *search) back() {
	copy(s.x, s.best)
	copy(s.g, s.bestG)
}

// finite makes of a derivative that is no number one that moves nothing, and of an infinite one the
// greatest number of its sign.
func finite(g []float32) {
	for j, v := range g {
		if v != v {
			g[j] = 0
		} else {
			g[j] = min(max(v, -math.MaxFloat32), math.MaxFloat32)
		}
	}
}
