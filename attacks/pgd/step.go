package pgd

import (
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// Ascend moves x, in place, by size in the direction of unit norm n in which a function with the
// derivative g rises: sign(g) in Linf, with sign(0) = 0; g/‖g‖₂ in L2; in L1 the signs of the
// greatest derivatives, e/‖e‖₁, where e_i = sign(g_i) if |g_i| is at least the given quantile of |g|
// (Tramèr & Boneh 2019, algorithm 1). The L1 step leaves out pixels at the end of the box towards
// which g pushes, as Foolbox does, since the box would undo it. A zero derivative moves nothing.
func Ascend(n arbench.Norm, x, g []float32, size, quantile float64) {
	switch n {
	case arbench.Linf:
		for j, v := range g {
			x[j] += float32(size) * sign(v)
		}
	case arbench.L2:
		scale := size / (arbench.L2.Of(g) + 1e-12)
		for j, v := range g {
			x[j] += float32(scale * float64(v))
		}
	case arbench.L1:
		sparse(x, g, size, quantile)
	}
}

// step moves x by size in the direction in which the loss rises and projects it.
func step(t arbench.Threat, x, x0, g []float32, size, eps, quantile float64) {
	if t.Norm == arbench.Linf {
		arbench.SignStep(x, x0, g, float32(size), float32(eps))
		return
	}
	Ascend(t.Norm, x, g, size, quantile)
	t.ProjectRow(x, x0, eps)
}

func sparse(x, g []float32, size, quantile float64) {
	free := make([]float32, len(g)) // |g| where the box lets x follow
	for j, v := range g {
		if !(v > 0 && x[j] >= 1) && !(v < 0 && x[j] <= 0) {
			free[j] = float32(math.Abs(float64(v)))
		}
	}
	sorted := slices.Sorted(slices.Values(free))
	floor := sorted[min(int(math.Ceil(quantile*float64(len(g)-1))), len(g)-1)]
	count := 0
	for _, v := range free {
		if v > 0 && v >= floor {
			count++
		}
	}
	for j, v := range free {
		if v > 0 && v >= floor {
			x[j] += float32(size/float64(count)) * sign(g[j])
		}
	}
}

func sign(v float32) float32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
