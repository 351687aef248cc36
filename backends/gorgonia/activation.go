package gorgonia

import (
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// curve is an activation function and its derivative at x.
type curve struct {
	f, df func(x float64) float64

	// quick returns approximations of both, with a bound of the error of either, and false where it has
	// none; nil without. They are used where they give the bits of f and df.
	quick func(x float64) (f, df, off float64, ok bool)
}

// curves are the activation functions but for ReLU, which the kernels have.
var curves = map[arbench.Function]curve{
	arbench.LeakyReLU: {leaky, leakySlope, nil},
	arbench.Softplus:  {softplus, sigmoid, nil},
	arbench.SiLU:      {func(x float64) float64 { return x * sigmoid(x) }, siluSlope, nil},
	arbench.GELU:      {func(x float64) float64 { return x * gauss(x) }, geluSlope, quickGELU},
	arbench.ELU:       {elu, eluSlope, nil},
	arbench.Tanh:      {math.Tanh, tanhSlope, nil},
}

func leaky(x float64) float64 {
	if x > 0 {
		return x
	}
	return 0.01 * x
}

func leakySlope(x float64) float64 {
	if x > 0 {
		return 1
	}
	return 0.01
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func siluSlope(x float64) float64 {
	s := sigmoid(x)
	return s + x*s*(1-s)
}

// gauss is the distribution function of the normal distribution.
func gauss(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

func geluSlope(x float64) float64 {
	return gauss(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

func elu(x float64) float64 {
	if x > 0 {
		return x
	}
	return math.Expm1(x)
}

func eluSlope(x float64) float64 {
	if x > 0 {
		return 1
	}
	return math.Exp(x)
}

func tanhSlope(x float64) float64 {
	t := math.Tanh(x)
	return 1 - t*t
}

// value returns f(x).
func (c *curve) value(x float32) float32 {
	if c.quick != nil {
		if f, _, off, ok := c.quick(float64(x)); ok {
			if lo, hi := float32(f-off), float32(f+off); math.Float32bits(lo) == math.Float32bits(hi) {
				return lo
			}
		}
	}
	return float32(c.f(float64(x)))
}

// back returns g times df(x).
func (c *curve) back(g, x float32) float32 {
	if c.quick != nil {
		if _, df, off, ok := c.quick(float64(x)); ok {
			lo, hi := float32(float64(g)*(df-off)), float32(float64(g)*(df+off))
			if math.Float32bits(lo) == math.Float32bits(hi) {
				return lo
			}
		}
	}
	return float32(float64(g) * c.df(float64(x)))
}

// activate applies the curve to the real channels of n images; padding and halo stay zero.
func (c *curve) activate(l kernel.Layout, channels, n int, dst, src []float32) {
	eachPixel(l, n, func(o int) {
		for k := o; k < o+channels; k++ {
			dst[k] = c.value(src[k])
		}
	})
}

// slope multiplies the derivatives g of n images by that of the curve at x.
func (c *curve) slope(l kernel.Layout, channels, n int, g, x []float32) {
	eachPixel(l, n, func(o int) {
		for k := o; k < o+channels; k++ {
			g[k] = c.back(g[k], x[k])
		}
	})
}

// eachPixel calls f with the offset of every pixel of n images.
func eachPixel(l kernel.Layout, n int, f func(o int)) {
	l, images := strip(l, n)
	for i := range images {
		for y := range l.H {
			o := i*l.Size() + l.Off(y, 0)
			for x := range l.W {
				f(o + x*l.C)
			}
		}
	}
}
