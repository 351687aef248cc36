package kernel

import "fmt"

// AddTo adds src to dst, value by value. It panics unless the lengths are equal.
func AddTo(dst, src []float32) {
	sameLen("add", len(dst), len(src))
	addTo(dst, src)
}

// Axpby computes dst = a*dst + b*src, value by value. It panics unless the lengths
// are equal.
func Axpby(dst, src []float32, a, b float32) {
	sameLen("axpby", len(dst), len(src))
	axpby(dst, src, a, b)
}

// ReLU computes dst = max(src, 0), value by value, and keeps NaN. dst may be src. It
// panics unless the lengths are equal.
func ReLU(dst, src []float32) {
	sameLen("relu", len(dst), len(src))
	reluSlice(dst, src)
}

// ReLUGrad copies dy to dst where y > 0 and writes 0 elsewhere; y is what [ReLU]
// returned or was given. dst may be dy or y. It panics unless the lengths are equal.
func ReLUGrad(dst, dy, y []float32) {
	sameLen("relu gradient", len(dst), len(dy), len(y))
	reluGrad(dst, dy, y)
}

// sameLen panics unless all lengths are equal.
func sameLen(where string, n int, others ...int) {
	for _, o := range others {
		if o != n {
			panic(fmt.Sprintf("kernel: %s: slices of %d and %d values, want equal lengths", where, n, o))
		}
	}
}

func portableAddTo(dst, src []float32) {
	for i, v := range src {
		dst[i] += v
	}
}

func portableAxpby(dst, src []float32, a, b float32) {
	for i, v := range src {
		dst[i] = float32(a*dst[i]) + float32(b*v)
	}
}

func portableReLU(dst, src []float32) {
	for i, v := range src {
		dst[i] = relu(v)
	}
}

func portableReLUGrad(dst, dy, y []float32) {
	for i, v := range y {
		if v > 0 {
			dst[i] = dy[i]
		} else {
			dst[i] = 0
		}
	}
}

// SignStep is a step of an ascent in Linf, value by value: x moves by size in the direction of the
// sign of g, 0 where that is 0 or NaN, then into the ball of radius eps around x0 and into the box [0, 1].
// The values are finite but for g's; it reports that those are as well. It panics unless the lengths are
// equal.
func SignStep(x, x0, g []float32, size, eps float32) (finite bool) {
	sameLen("sign step", len(x), len(x0), len(g))
	return signStep(x, x0, g, size, eps)
}

// portableSignStep returns 0 times the sum of g.
func portableSignStep(x, x0, g []float32, size, eps float32) (zero float32) {
	for i, v := range g {
		zero += float32(v * 0)
		s := float32(0)
		switch {
		case v > 0:
			s = size
		case v < 0:
			s = -size
		}
		x[i] = min(max(min(max(x[i]+s, x0[i]-eps), x0[i]+eps), 0), 1)
	}
	return zero
}
