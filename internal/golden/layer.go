package golden

import "github.com/arbench/arbench"

type relu struct{}

func (relu) forward(x []float64) []float64 {
	out := make([]float64, len(x))
	for j, v := range x {
		out[j] = max(v, 0)
	}
	return out
}

func (relu) backward(g, x []float64) []float64 {
	out := make([]float64, len(x))
	for j, v := range x {
		if v > 0 {
			out[j] = g[j]
		}
	}
	return out
}

// dense is w x + b.
type dense struct{ w, b arbench.Tensor }

func (d dense) forward(x []float64) []float64 {
	out := wide(d.b.Data)
	for k := range out {
		for j, w := range d.w.Row(k) {
			out[k] += float64(w) * x[j]
		}
	}
	return out
}

func (d dense) backward(g, x []float64) []float64 {
	out := make([]float64, len(x))
	for k, gk := range g {
		for j, w := range d.w.Row(k) {
			out[j] += gk * float64(w)
		}
	}
	return out
}

// conv is a cross-correlation with kernels of 3 by 3, padding 1, on square images of the given size.
type conv struct {
	w, b arbench.Tensor
	size int
}

func (c conv) forward(x []float64) []float64 {
	area := c.size * c.size
	out := make([]float64, c.b.Len()*area)
	for j := range out {
		out[j] = float64(c.b.Data[j/area])
	}
	c.each(func(w float64, from, to int) { out[to] += w * x[from] })
	return out
}

func (c conv) backward(g, x []float64) []float64 {
	out := make([]float64, len(x))
	c.each(func(w float64, from, to int) { out[from] += w * g[to] })
	return out
}

// each calls f for every weight and every pair of an input and an output that it connects.
func (c conv) each(f func(w float64, from, to int)) {
	in, n := c.w.Shape[1], c.size
	for i, w := range c.w.Data {
		o, k, a, b := i/9/in, i/9%in, i/3%3-1, i%3-1
		for r := max(0, -a); r < min(n, n-a); r++ {
			for q := max(0, -b); q < min(n, n-b); q++ {
				f(float64(w), (k*n+r+a)*n+q+b, (o*n+r)*n+q)
			}
		}
	}
}

// pool takes the greatest of 2 by 2, the first of several, on square images of the given even size.
type pool struct{ size int }

func (p pool) forward(x []float64) []float64 {
	out := make([]float64, len(x)/4)
	for j := range out {
		out[j] = x[p.greatest(x, j)]
	}
	return out
}

func (p pool) backward(g, x []float64) []float64 {
	out := make([]float64, len(x))
	for j, v := range g {
		out[p.greatest(x, j)] += v
	}
	return out
}

// greatest returns the index in x of output j.
func (p pool) greatest(x []float64, j int) int {
	half := p.size / 2
	first := (j/half*2)*p.size + j%half*2 // rows of all channels follow each other
	best := first
	for _, k := range []int{first + 1, first + p.size, first + p.size + 1} {
		if x[k] > x[best] {
			best = k
		}
	}
	return best
}
