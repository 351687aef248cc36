package kernel

// vectors returns how much of n values the assembly takes: whole vectors of 8.
func vectors(n int) int {
	if current == portable {
		return 0
	}
	return n &^ 7
}

func addTo(dst, src []float32) {
	n := vectors(len(dst))
	if n > 0 {
		addTo8(&dst[0], &src[0], n/8)
	}
	portableAddTo(dst[n:], src[n:])
}

func axpby(dst, src []float32, a, b float32) {
	n := vectors(len(dst))
	if n > 0 {
		axpby8(&dst[0], &src[0], a, b, n/8)
	}
	portableAxpby(dst[n:], src[n:], a, b)
}

func reluSlice(dst, src []float32) {
	n := vectors(len(dst))
	if n > 0 {
		relu8(&dst[0], &src[0], n/8)
	}
	portableReLU(dst[n:], src[n:])
}

func reluGrad(dst, dy, y []float32) {
	n := vectors(len(dst))
	if n > 0 {
		reluGrad8(&dst[0], &dy[0], &y[0], n/8)
	}
	portableReLUGrad(dst[n:], dy[n:], y[n:])
}

func sgdPlain(w, g []float32, s SGD) {
	n := vectors(len(w))
	if n > 0 {
		sgd8(&w[0], &g[0], s.Rate, s.Decay, n/8)
	}
	portableSGDPlain(w[n:], g[n:], s)
}

func sgdMomentum(w, g, buf []float32, s SGD) {
	n := vectors(len(w))
	switch {
	case n == 0:
	case s.Nesterov:
		sgdNesterov8(&w[0], &g[0], &buf[0], s.Rate, s.Momentum, s.Decay, n/8)
	default:
		sgdMomentum8(&w[0], &g[0], &buf[0], s.Rate, s.Momentum, s.Decay, n/8)
	}
	portableSGDMomentum(w[n:], g[n:], buf[n:], s)
}

func adam(s *adamStep, w, g, m, v []float32) {
	n := vectors(len(w))
	if n > 0 {
		adam8(&s.keep, &w[0], &g[0], &m[0], &v[0], n/8)
	}
	portableAdam(s, w[n:], g[n:], m[n:], v[n:])
}

func signStep(x, x0, g []float32, size, eps float32) (finite bool) {
	n, zero := vectors(len(x)), float32(0)
	if n > 0 {
		zero = signStep8(&x[0], &x0[0], &g[0], size, eps, n/8)
	}
	return zero+portableSignStep(x[n:], x0[n:], g[n:], size, eps) == 0
}
