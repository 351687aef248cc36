package gorgonia

import (
	"fmt"
	"math"
)

// A norm is a batch normalization of the model.
type norm struct {
	name          string
	eps, momentum float64
	channels      int
	gamma, beta   *param
	mean          *param // running
	variance      *param // running
}

// A groupStats are the statistics of one group of rows and what follows from them, one value for
// each channel of the pitch.
type groupStats struct {
	mean, inv    []float64 // inv is 1/√(variance + eps)
	variance     []float64 // biased
	scale, shift []float32 // the normalization is x·scale + shift
	a, b, d      []float32 // its derivative is dz·a + x·b + d
	count        int       // values per channel
}

// A normState is a normalization in one graph.
type normState struct {
	*norm
	groups []*groupStats
}

// group returns the statistics of group i.
func (s *normState) group(i int) *groupStats {
	for len(s.groups) <= i {
		n := len(s.gamma.w)
		f32, f64 := make([]float32, 5*n), make([]float64, 3*n)
		s.groups = append(s.groups, &groupStats{
			mean: f64[:n], inv: f64[n : 2*n], variance: f64[2*n:],
			scale: f32[:n], shift: f32[n : 2*n], a: f32[2*n : 3*n], b: f32[3*n : 4*n], d: f32[4*n:],
		})
	}
	return s.groups[i]
}

// freeze sets group 0 from the running statistics.
func (s *normState) freeze() {
	g := s.group(0)
	for k := range g.mean {
		g.mean[k], g.variance[k] = float64(s.mean.w[k]), float64(s.variance.w[k])
	}
	s.follow(g)
	copy(g.a, g.scale)
	clear(g.b)
	clear(g.d)
}

// measure sets a group from the sums of x and x² of each channel over count values.
func (s *normState) measure(g *groupStats, sum, squares []float64, count int) error {
	if count < 2 {
		return fmt.Errorf("batch normalization %q: one value per channel has no variance, "+
			"want larger groups of rows", s.name)
	}
	g.count = count
	for k := range g.mean {
		mu := sum[k] / float64(count)
		g.mean[k], g.variance[k] = mu, math.Max(0, squares[k]/float64(count)-mu*mu)
	}
	s.follow(g)
	return nil
}

// follow sets inv, scale and shift.
func (s *normState) follow(g *groupStats) {
	for k := range g.inv {
		g.inv[k] = 1 / math.Sqrt(g.variance[k]+s.eps)
		a := float64(s.gamma.w[k]) * g.inv[k]
		g.scale[k], g.shift[k] = float32(a), float32(float64(s.beta.w[k])-a*g.mean[k])
	}
}

// differentiate sets the coefficients of the derivative under batch statistics from the sums of dz
// and dz·x of each channel.
func (s *normState) differentiate(g *groupStats, sum, dot []float64) {
	m := float64(g.count)
	for k := range g.inv {
		a := float64(s.gamma.w[k]) * g.inv[k]
		b := -a * g.inv[k] * s.scaleGrad(g, k, sum[k], dot[k]) / m
		g.a[k], g.b[k], g.d[k] = float32(a), float32(b), float32(-a*sum[k]/m-b*g.mean[k])
	}
}

// scaleGrad returns the derivative by gamma of channel k, from the sums of dz and dz·x.
func (s *normState) scaleGrad(g *groupStats, k int, sum, dot float64) float64 {
	return (dot - g.mean[k]*sum) * g.inv[k]
}

// update moves the running statistics by those of the groups, in order.
func (s *normState) update(groups int) {
	for _, g := range s.groups[:groups] {
		unbiased := float64(g.count) / float64(g.count-1)
		for k := range s.channels {
			approach(&s.mean.w[k], g.mean[k], s.momentum)
			approach(&s.variance.w[k], g.variance[k]*unbiased, s.momentum)
		}
	}
}

// approach moves a running statistic by the momentum towards a batch's.
func approach(running *float32, to, momentum float64) {
	*running = float32((1-momentum)*float64(*running) + momentum*to)
}
