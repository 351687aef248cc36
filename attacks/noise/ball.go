package noise

import (
	"math"
	"math/rand/v2"

	"github.com/arbench/arbench"
)

// Uniform adds to x a point drawn uniformly from the ball of radius eps in the norm n. It ignores
// the box. In L2 a normal vector gives the direction and a power of a uniform number the length; in
// L1 it is the ratio of Laplace variables (Barthe et al. 2005, A probabilistic approach to the
// geometry of the lp ball, theorem 1).
func Uniform(n arbench.Norm, eps float64, r *rand.Rand, x []float32) {
	if n == arbench.Linf {
		for j := range x {
			x[j] += float32(eps * (2*r.Float64() - 1))
		}
		return
	}
	d := make([]float64, len(x))
	scale := eps
	switch n {
	case arbench.L2:
		sum := 0.0
		for j := range d {
			d[j] = r.NormFloat64()
			sum += d[j] * d[j]
		}
		scale *= math.Pow(r.Float64(), 1/float64(len(d))) / math.Sqrt(sum)
	case arbench.L1:
		sum := r.ExpFloat64()
		for j := range d {
			a := r.ExpFloat64()
			sum += a
			d[j] = a
			if r.Uint64()&1 == 0 {
				d[j] = -a
			}
		}
		scale /= sum
	}
	for j := range x {
		x[j] += float32(scale * d[j])
	}
}

// spread returns about the norm of a standard normal vector of n numbers; for Linf, where the norm is
// that of a few outliers, it returns 1, the deviation of each number.
func spread(norm arbench.Norm, n int) float64 {
	switch norm {
	case arbench.L2:
		return math.Sqrt(float64(n))
	case arbench.L1:
		return float64(n) * math.Sqrt(2/math.Pi) // n times the mean of |z|
	}
	return 1
}
