package conformance

import (
	"context"
	"math"

	"github.com/arbench/arbench"
)

// softmax is softmax regression, z = W x, with weights from a formula. Its rows do not influence
// each other, so attacks that are keyed give the same bits for any batch.
type softmax struct {
	shape   []int
	weights arbench.Tensor // [classes, pixels]

	calls  int
	cancel func() // called in the third pass, if not nil

	// spoil changes an answer about x, if not nil: first the logits, then the derivatives too.
	spoil func(x arbench.Tensor, p arbench.Pass)
}

var _ arbench.Model = (*softmax)(nil)

func newSoftmax(classes int, shape ...int) *softmax {
	m := &softmax{shape: shape, weights: arbench.NewTensor(classes, arbench.Volume(shape))}
	for i := range m.weights.Data {
		m.weights.Data[i] = float32(math.Sin(float64(1 + 7*i*i))) // no order to be seen
	}
	return m
}

// other returns a model of the same shape whose weights are near those of m, so that attacks transfer.
func (m *softmax) other() *softmax {
	o := &softmax{shape: m.shape, weights: m.weights.Clone()}
	for i := range o.weights.Data {
		o.weights.Data[i] += 0.3 * float32(math.Cos(float64(5*i)))
	}
	return o
}

func (m *softmax) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.shape, Classes: m.weights.Len(), Access: arbench.Gradients}
}

func (m *softmax) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if m.calls++; m.calls == 3 && m.cancel != nil {
		m.cancel()
	}
	if err := ctx.Err(); err != nil {
		return arbench.Pass{}, err
	}
	n := c.X.Len()
	p := arbench.Pass{Logits: arbench.NewTensor(n, m.weights.Len())}
	for i := range n {
		for k := range m.weights.Len() {
			p.Logits.Row(i)[k] = float32(dot(m.weights.Row(k), c.X.Row(i)))
		}
	}
	if m.spoil != nil {
		m.spoil(c.X, p)
	}
	for _, loss := range c.Losses {
		dz, values := arbench.NewTensor(p.Logits.Shape...), make([]float64, n)
		loss.Eval(p.Logits, dz, values)
		p.Values = append(p.Values, values)
		if c.Want&arbench.DX != 0 {
			p.DX = append(p.DX, m.backward(c.X, dz))
		}
	}
	if m.spoil != nil {
		m.spoil(c.X, p)
	}
	return p, nil
}

func (m *softmax) backward(x, dz arbench.Tensor) arbench.Tensor {
	dx := arbench.NewTensor(x.Shape...)
	for i := range x.Len() {
		d := dx.Row(i)
		for k, g := range dz.Row(i) {
			for j, w := range m.weights.Row(k) {
				d[j] += g * w
			}
		}
	}
	return dx
}

func dot(a, b []float32) float64 {
	s := 0.0
	for j := range a {
		s += float64(a[j]) * float64(b[j])
	}
	return s
}

// examples returns n images with ids from first on. Each has the class that the model gives it, but
// every fifth, which the model gets wrong.
func (m *softmax) examples(n, first int) arbench.Batch {
	b := arbench.Batch{
		X: arbench.NewTensor(append([]int{n}, m.shape...)...), Y: make([]int, n), ID: make([]int, n),
	}
	for i := range n {
		b.ID[i] = first + i
		r := arbench.KeyedRand(1, "attacktest", b.ID[i])
		for j := range b.X.Row(i) {
			b.X.Row(i)[j] = float32(min(max(1.2*r.Float64()-0.1, 0), 1)) // some at the ends of the box
		}
	}
	copy(b.Y, m.labels(b.X))
	for i := 4; i < n; i += 5 {
		b.Y[i] = (b.Y[i] + 1) % m.weights.Len()
	}
	return b
}

func (m *softmax) labels(x arbench.Tensor) []int {
	y := make([]int, x.Len())
	for i := range y {
		z := make([]float32, m.weights.Len())
		for k := range z {
			z[k] = float32(dot(m.weights.Row(k), x.Row(i)))
		}
		y[i] = arbench.Argmax(z)
	}
	return y
}
