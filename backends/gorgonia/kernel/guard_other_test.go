//go:build !linux

package kernel

// fenced returns n floats and behind them extra more.
func fenced(n, extra int) (s, back []float32) {
	s = make([]float32, n+extra)
	return s[:n:n], s[n:]
}

func unfence([]float32) {}
