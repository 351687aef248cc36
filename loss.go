package arbench

import (
	"math"
	"slices"
)

// A Loss is the tail of a computation: a function of the logits of a batch, run on the host.
// The named types of this package are known to backends that compile; any other Loss works through
// its derivative. Losses are written so that the attacker maximises them.
type Loss interface {
	// Eval sets values[i] to the loss of row i of the logits z and, where dz is not the zero Tensor,
	// row i of dz to the derivative of the sum of all values in that row of z.
	Eval(z, dz Tensor, values []float64)
}

// A LossFunc is a Loss that is a function.
type LossFunc func(z, dz Tensor, values []float64)

// Eval implements [Loss].
func (f LossFunc) Eval(z, dz Tensor, values []float64) { f(z, dz, values) }

// CrossEntropy is -ln softmax(z)[y].
type CrossEntropy struct{ Y []int }

// SoftCrossEntropy is -Σ p ln softmax(z), with a row of target probabilities for each row.
type SoftCrossEntropy struct{ P Tensor }

// Margin is max over j ≠ y of z[j], less z[y]: positive where the row is misclassified (the loss of
// Carlini & Wagner 2017, f6, without its floor).
type Margin struct{ Y []int }

// DLR is the difference of logits ratio (Croce & Hein 2020, equation 6):
// -(z[y] - max over j ≠ y of z[j]) / (z₍₁₎ - z₍₃₎ + 1e-12), where z₍ᵢ₎ is the i-th largest logit.
// It needs three classes.
type DLR struct{ Y []int }

// TargetedDLR is -(z[y] - z[t]) / (z₍₁₎ - (z₍₃₎ + z₍₄₎)/2 + 1e-12) (Croce & Hein 2020, equation 7).
// It needs four classes.
type TargetedDLR struct{ Y, T []int }

// KL is the divergence Σ p (ln p - ln q) of q = softmax(z) from p = softmax(A).
type KL struct{ A Tensor }

// LogitDifference is z[a] - z[b], for the classes A and B of each row.
type LogitDifference struct{ A, B []int }

// gradRow returns row i of dz, or nil where no derivative is asked for.
func gradRow(dz Tensor, i int) []float32 {
	if dz.Data == nil {
		return nil
	}
	return dz.Row(i)
}

// Softmax sets p, which is as long as z, to the softmax of z and returns ln Σ exp z.
func Softmax(z []float32, p []float64) (logSum float64) {
	hi := float64(slices.Max(z))
	s := 0.0
	for k, v := range z {
		p[k] = math.Exp(float64(v) - hi)
		s += p[k]
	}
	for k := range p {
		p[k] /= s
	}
	return hi + math.Log(s)
}

// Eval implements [Loss].
func (l CrossEntropy) Eval(z, dz Tensor, values []float64) {
	p := make([]float64, z.Shape[1])
	for i, y := range l.Y {
		r := z.Row(i)
		values[i] = Softmax(r, p) - float64(r[y])
		if d := gradRow(dz, i); d != nil {
			for k := range d {
				d[k] = float32(p[k])
			}
			d[y] = float32(p[y] - 1)
		}
	}
}

// Eval implements [Loss].
func (l SoftCrossEntropy) Eval(z, dz Tensor, values []float64) {
	q := make([]float64, z.Shape[1])
	for i := range z.Len() {
		r, p, mass := z.Row(i), l.P.Row(i), 0.0
		lse := Softmax(r, q)
		values[i] = 0
		for k, v := range p {
			if v != 0 {
				values[i] += float64(v) * (lse - float64(r[k]))
			}
			mass += float64(v)
		}
		if d := gradRow(dz, i); d != nil {
			for k := range d {
				d[k] = float32(mass*q[k] - float64(p[k]))
			}
		}
	}
}

// rival returns the class other than y with the greatest logit, the first of several.
func rival(z []float32, y int) int {
	best := -1
	for k, v := range z {
		if k != y && (best < 0 || v > z[best]) {
			best = k
		}
	}
	return best
}

// Eval implements [Loss].
func (l Margin) Eval(z, dz Tensor, values []float64) {
	for i, y := range l.Y {
		r := z.Row(i)
		j := rival(r, y)
		values[i] = float64(r[j]) - float64(r[y])
		if d := gradRow(dz, i); d != nil {
			clear(d)
			d[j], d[y] = 1, -1
		}
	}
}

// ranks returns the classes in ascending order of their logits, ties in the order of the classes.
func ranks(z []float32, order []int) []int {
	order = order[:0]
	for k := range z {
		order = append(order, k)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case z[a] < z[b]:
			return -1
		case z[a] > z[b]:
			return 1
		}
		return 0
	})
	return order
}

// Eval implements [Loss].
func (l DLR) Eval(z, dz Tensor, values []float64) {
	var order []int
	for i, y := range l.Y {
		r := z.Row(i)
		order = ranks(r, order)
		n := len(order)
		first, third, j := order[n-1], order[n-3], order[n-1]
		if first == y {
			j = order[n-2]
		}
		num := float64(r[y]) - float64(r[j])
		den := float64(r[first]) - float64(r[third]) + 1e-12
		values[i] = -num / den
		if d := gradRow(dz, i); d != nil {
			clear(d)
			addTo(d, y, -1/den)
			addTo(d, j, 1/den)
			addTo(d, first, num/den/den)
			addTo(d, third, -num/den/den)
		}
	}
}

// Eval implements [Loss].
func (l TargetedDLR) Eval(z, dz Tensor, values []float64) {
	var order []int
	for i, y := range l.Y {
		r, t := z.Row(i), l.T[i]
		order = ranks(r, order)
		n := len(order)
		first, third, fourth := order[n-1], order[n-3], order[n-4]
		num := float64(r[y]) - float64(r[t])
		den := float64(r[first]) - (float64(r[third])+float64(r[fourth]))/2 + 1e-12
		values[i] = -num / den
		if d := gradRow(dz, i); d != nil {
			clear(d)
			addTo(d, y, -1/den)
			addTo(d, t, 1/den)
			addTo(d, first, num/den/den)
			addTo(d, third, -num/den/den/2)
			addTo(d, fourth, -num/den/den/2)
		}
	}
}

// addTo adds in float32, where the terms of a class that is both y and z₍₃₎ cancel: what is left of them in
// float64 has a sign, and attacks step by signs.
func addTo(d []float32, k int, v float64) { d[k] += float32(v) }

// Eval implements [Loss].
func (l KL) Eval(z, dz Tensor, values []float64) {
	for i := range z.Len() {
		values[i] = Divergence(l.A.Row(i), z.Row(i), nil, gradRow(dz, i))
	}
}

// Divergence returns KL(softmax(a) ‖ softmax(b)) and sets da and db, where not nil, to its
// derivatives in a and b. Saturated rows give finite numbers.
func Divergence(a, b, da, db []float32) float64 {
	p, q := make([]float64, len(a)), make([]float64, len(b))
	la, lb := Softmax(a, p), Softmax(b, q)
	kl := 0.0
	for k := range p {
		if p[k] > 0 {
			kl += p[k] * (float64(a[k]) - la - float64(b[k]) + lb)
		}
	}
	for k := range da {
		da[k] = float32(p[k] * (float64(a[k]) - la - float64(b[k]) + lb - kl))
	}
	for k := range db {
		db[k] = float32(q[k] - p[k])
	}
	return kl
}

// Eval implements [Loss].
func (l LogitDifference) Eval(z, dz Tensor, values []float64) {
	for i, a := range l.A {
		r, b := z.Row(i), l.B[i]
		values[i] = float64(r[a]) - float64(r[b])
		if d := gradRow(dz, i); d != nil {
			clear(d)
			addTo(d, a, 1)
			addTo(d, b, -1)
		}
	}
}
