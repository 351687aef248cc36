package kernel

import "math"

// SGD is one step of stochastic gradient descent as in PyTorch's torch.optim.SGD:
//
//	g' = g + Decay*w;  buf = Momentum*buf + g';  w -= Rate*(Nesterov ? g' + Momentum*buf : buf)
//
// with every product rounded before the sum, so that the bits depend neither on the
// machine nor on how a parameter is cut into slices.
type SGD struct {
	Rate, Momentum, Decay float32
	Nesterov              bool
}

// Step updates w and buf from the gradient g. buf starts as zeros; with a
// momentum of 0 it may be nil and is not used. It panics unless the lengths are equal.
func (s SGD) Step(w, g, buf []float32) {
	if s.Momentum == 0 {
		sameLen("sgd", len(w), len(g))
		sgdPlain(w, g, s)
		return
	}
	sameLen("sgd", len(w), len(g), len(buf))
	sgdMomentum(w, g, buf, s)
}

func portableSGDPlain(w, g []float32, s SGD) {
	for i := range w {
		w[i] -= float32(s.Rate * (g[i] + float32(s.Decay*w[i])))
	}
}

func portableSGDMomentum(w, g, buf []float32, s SGD) {
	for i := range w {
		d := g[i] + float32(s.Decay*w[i])
		b := float32(s.Momentum*buf[i]) + d
		buf[i] = b
		if s.Nesterov {
			b = d + float32(s.Momentum*b)
		}
		w[i] -= float32(s.Rate * b)
	}
}

// Adam is the optimizer of Kingma & Ba (ICLR 2015) as in PyTorch's torch.optim.Adam.
// Decay is added to the gradient; with Decoupled it shrinks the weights instead
// (AdamW, Loshchilov & Hutter, ICLR 2019): w -= Rate*Decay*w before the step. Eps is
// greater than 0, or the zeros in a panel's padding turn into NaN.
type Adam struct {
	Rate, Beta1, Beta2, Eps, Decay float64
	Decoupled                      bool
}

// Step updates w and the moments m and v (zeros at first) from the gradient g; t is
// the number of this step, from 1. It panics unless the lengths are equal.
func (a Adam) Step(t int, w, g, m, v []float32) {
	sameLen("adam", len(w), len(g), len(m), len(v))
	step := a.at(t)
	adam(&step, w, g, m, v)
}

// adamStep holds the constants of one step in the order the assembly reads them.
type adamStep struct {
	keep, decay, beta1, rest1, beta2, rest2, scale, eps, rate float32
}

// at returns the constants of step t.
func (a Adam) at(t int) adamStep {
	s := adamStep{keep: 1, decay: float32(a.Decay),
		beta1: float32(a.Beta1), rest1: float32(1 - a.Beta1),
		beta2: float32(a.Beta2), rest2: float32(1 - a.Beta2),
		scale: float32(1 / math.Sqrt(1-math.Pow(a.Beta2, float64(t)))),
		eps:   float32(a.Eps),
		rate:  float32(a.Rate / (1 - math.Pow(a.Beta1, float64(t))))}
	if a.Decoupled {
		s.keep, s.decay = float32(1-float64(a.Rate*a.Decay)), 0
	}
	return s
}

func portableAdam(s *adamStep, w, g, m, v []float32) {
	for i := range w {
		x := float32(w[i] * s.keep)
		d := g[i] + float32(s.decay*x)
		m[i] = float32(s.beta1*m[i]) + float32(s.rest1*d)
		v[i] = float32(s.beta2*v[i]) + float32(s.rest2*float32(d*d))
		root := float32(float32(math.Sqrt(float64(v[i])))*s.scale) + s.eps
		w[i] = x - float32(s.rate*float32(m[i]/root))
	}
}
