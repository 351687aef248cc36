package plugin

import (
	"math"
	"math/rand/v2"
)

// The sizes of what Measure multiplies. Convolutions are of images [convRows, convIn, convSide, convSide]
// with kernels [convOut, convIn, 3, 3], padded by one.
const (
	matSide                             = 256
	convRows, convIn, convOut, convSide = 2, 32, 32, 12
)

// factors returns n numbers, the same for a seed, uniform in [-1, 1).
func factors(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]float32, n)
	for i := range out {
		out[i] = 2*r.Float32() - 1
	}
	return out
}

// matMul returns the product of two square matrices of side n, in float64.
func matMul(a, b []float32, n int) []float64 {
	out := make([]float64, n*n)
	for i := range n {
		for k := range n {
			x := float64(a[i*n+k])
			for j := range n {
				out[i*n+j] += x * float64(b[k*n+j])
			}
		}
	}
	return out
}

// convolve returns the convolution of Measure in float64, as [convRows, convOut, convSide, convSide].
func convolve(x, w []float32) []float64 {
	const side, plane = convSide, convSide * convSide
	out := make([]float64, convRows*convOut*plane)
	for at := range out {
		n, o, i, j := at/plane/convOut, at/plane%convOut, at%plane/side, at%side
		for c := range convIn {
			for tap := range 9 {
				y, z := i+tap/3-1, j+tap%3-1
				if y >= 0 && y < side && z >= 0 && z < side {
					out[at] += float64(x[(n*convIn+c)*plane+y*side+z]) * float64(w[(o*convIn+c)*9+tap])
				}
			}
		}
	}
	return out
}

// distance returns the largest difference between results and exact ones, as a part of the largest exact one.
// It is NaN if a result is.
func distance(got []float32, exact []float64) float64 {
	var worst, largest float64
	for i, e := range exact {
		d := math.Abs(float64(got[i]) - e)
		if d > worst || d != d {
			worst = d
		}
		largest = max(largest, math.Abs(e))
	}
	return worst / largest
}
