package kernel

// SignStep moves x by step in the direction of the gradient's sign, where sign(0) and
// sign(NaN) are 0, then into the ball of radius eps around x0 in the largest norm, then
// into the box 0 to 1: a step of an attack on inputs in float32, operation by operation
// as the scalar loop below. NaN in x stays. It panics unless the lengths are equal.
func SignStep(x, x0, g []float32, step, eps float32) {
	sameLen("sign step", len(x), len(x0), len(g))
	signStep(x, x0, g, step, eps)
}

func portableSignStep(x, x0, g []float32, step, eps float32) {
	for i, c := range x0 {
		v := x[i]
		switch {
		case g[i] > 0:
			v += step
		case g[i] < 0:
			v -= step
		}
		switch d := v - c; {
		case d > eps:
			v = c + eps
		case d < -eps:
			v = c - eps
		}
		x[i] = min(max(v, 0), 1)
	}
}
