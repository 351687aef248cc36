package backendtest

import (
	"math"

	"github.com/arbench/arbench"
)

// conv is a cross-correlation with zero padding of one image.
func conv(op arbench.Conv, x []float64, in, out []int, w, b []float64) []float64 {
	groups := op.GroupCount()
	depth, wide := in[0]/groups, out[0]/groups
	apart := op.Spacing()
	y := make([]float64, arbench.Volume(out))
	for o := range out[0] {
		first := o / wide * depth
		for r := range out[1] {
			for c := range out[2] {
				s := 0.0
				if b != nil {
					s = b[o]
				}
				for d := range depth {
					kernel := w[(o*depth+d)*op.Kernel[0]*op.Kernel[1]:]
					plane := x[(first+d)*in[1]*in[2]:]
					for p := range op.Kernel[0] {
						for q := range op.Kernel[1] {
							i, j := r*op.Stride[0]+p*apart[0]-op.Pad[0], c*op.Stride[1]+q*apart[1]-op.Pad[1]
							if i >= 0 && i < in[1] && j >= 0 && j < in[2] {
								s += kernel[p*op.Kernel[1]+q] * plane[i*in[2]+j]
							}
						}
					}
				}
				y[(o*out[1]+r)*out[2]+c] = s
			}
		}
	}
	return y
}

// dense is W x + b, at each pixel of an image.
func dense(x []float64, in, out int, w, b []float64) []float64 {
	area := len(x) / in
	y := make([]float64, out*area)
	for k := range y {
		if b != nil {
			y[k] = b[k/area]
		}
		for j := range in {
			y[k] += w[k/area*in+j] * x[j*area+k%area]
		}
	}
	return y
}

// pool takes the greatest value or the mean of each window.
func pool(x []float64, in, out []int, kernel, stride, pad [2]int, greatest bool) []float64 {
	y := make([]float64, arbench.Volume(out))
	for c := range out[0] {
		plane := x[c*in[1]*in[2]:]
		for r := range out[1] {
			for s := range out[2] {
				total, most := 0.0, math.Inf(-1)
				for p := range kernel[0] {
					for q := range kernel[1] {
						i, j := r*stride[0]+p-pad[0], s*stride[1]+q-pad[1]
						if i >= 0 && i < in[1] && j >= 0 && j < in[2] {
							total += plane[i*in[2]+j]
							most = math.Max(most, plane[i*in[2]+j])
						}
					}
				}
				v := total / float64(kernel[0]*kernel[1])
				if greatest {
					v = most
				}
				y[(c*out[1]+r)*out[2]+s] = v
			}
		}
	}
	return y
}

// shortcut takes every Stride-th pixel and puts half of the new channels, zero, before the old ones.
func shortcut(op arbench.ShortcutA, x []float64, in, out []int) []float64 {
	y := make([]float64, arbench.Volume(out))
	before := (out[0] - in[0]) / 2
	for c := range in[0] {
		for r := range out[1] {
			for s := range out[2] {
				y[((before+c)*out[1]+r)*out[2]+s] = x[(c*in[1]+r*op.Stride)*in[2]+s*op.Stride]
			}
		}
	}
	return y
}

// sum adds vectors.
func sum(xs [][]float64) []float64 {
	y := make([]float64, len(xs[0]))
	for _, x := range xs {
		for i, v := range x {
			y[i] += v
		}
	}
	return y
}

// apply returns f of each number.
func apply(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

// function returns an activation function by its formula.
func function(name arbench.Function) func(float64) float64 {
	return map[arbench.Function]func(float64) float64{
		arbench.ReLU: func(x float64) float64 { return math.Max(x, 0) },
		arbench.LeakyReLU: func(x float64) float64 {
			return math.Max(x, 0.01*x)
		},
		arbench.Softplus: func(x float64) float64 {
			return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
		},
		arbench.SiLU: func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		arbench.GELU: func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
		arbench.ELU: func(x float64) float64 {
			if x > 0 {
				return x
			}
			return math.Expm1(x)
		},
		arbench.Tanh: math.Tanh,
	}[name]
}
