package gorgonia

import (
	"math"

	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// layerNorm normalizes the channels of each token: y = gamma·h + beta with h = (x - mean)/√(variance +
// eps). With g = dy·gamma and all means over the channels, its derivative is
//
//	dx = (g - mean g - h·mean(g·h)) / √(variance + eps)
type layerNorm struct {
	eps         float64
	channels    int
	gamma, beta *param
}

func (n *layerNorm) params() []*param { return []*param{n.gamma, n.beta} }

// moments returns the mean of some numbers and 1/√(variance + eps).
func (n *layerNorm) moments(x []float32) (mean, inv float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	variance := 0.0
	for _, v := range x {
		d := float64(v) - mean
		variance += d * d
	}
	return mean, 1 / math.Sqrt(variance/float64(len(x))+n.eps)
}

func (n *layerNorm) forward(_ *worker, y, x kernel.Image) {
	for t := range x.H * x.W {
		from, to := token(x, t)[:n.channels], token(y, t)
		mean, inv := n.moments(from)
		for k, v := range from {
			h := (float64(v) - mean) * inv
			to[k] = float32(h*float64(n.gamma.w[k]) + float64(n.beta.w[k]))
		}
	}
}

func (n *layerNorm) backward(_ *worker, dx, x, dy kernel.Image) {
	for t := range x.H * x.W {
		from, g, to := token(x, t)[:n.channels], token(dy, t), token(dx, t)
		mean, inv := n.moments(from)
		sum, dot := 0.0, 0.0
		for k, v := range from {
			s := float64(g[k]) * float64(n.gamma.w[k])
			sum += s
			dot += s * (float64(v) - mean) * inv
		}
		sum, dot = sum/float64(n.channels), dot/float64(n.channels)
		for k, v := range from {
			s := float64(g[k]) * float64(n.gamma.w[k])
			to[k] = float32((s - sum - (float64(v)-mean)*inv*dot) * inv)
		}
	}
}

func (n *layerNorm) addGrad(sums []float64, x, dy kernel.Image) {
	scale, shift := sums[:len(n.gamma.w)], sums[len(n.gamma.w):]
	for t := range x.H * x.W {
		from, g := token(x, t)[:n.channels], token(dy, t)
		mean, inv := n.moments(from)
		for k, v := range from {
			scale[k] += float64(g[k]) * (float64(v) - mean) * inv
			shift[k] += float64(g[k])
		}
	}
}
