package square

import (
	"context"
	"testing"

	"github.com/arbench/arbench"
)

// linear is a model z = W x whose answer f, where not nil, changes.
type linear struct {
	shape   []int
	weights arbench.Tensor // [classes, pixels]
	f       func(x, z []float32)
	logits  arbench.Tensor // used again, if it has room
}

func newLinear(classes int, shape ...int) *linear {
	m := &linear{shape: shape, weights: arbench.NewTensor(classes, arbench.Volume(shape))}
	r := arbench.KeyedRand(1, "weights")
	for i := range m.weights.Data {
		m.weights.Data[i] = float32(r.NormFloat64())
	}
	return m
}

func (m *linear) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.shape, Classes: m.weights.Len(), Access: arbench.Scores}
}

func (m *linear) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	n, k := c.X.Len(), m.weights.Len()
	if len(m.logits.Shape) == 0 || cap(m.logits.Data) < n*k {
		m.logits = arbench.NewTensor(n, k)
	}
	m.logits.Shape[0], m.logits.Data = n, m.logits.Data[:n*k]
	for i := range n {
		x, z := c.X.Row(i), m.logits.Row(i)
		for k := range z {
			sum := 0.0
			for j, w := range m.weights.Row(k) {
				sum += float64(w) * float64(x[j])
			}
			z[k] = float32(sum)
		}
		if m.f != nil {
			m.f(x, z)
		}
	}
	return arbench.Pass{Logits: m.logits}, nil
}

// trial is one of n images, far from the ends of the box unless gray is false, with the model's classes.
func (m *linear) trial(t *testing.T, n int, gray bool, threat arbench.Threat) arbench.Trial {
	t.Helper()
	b := arbench.Batch{
		X: arbench.NewTensor(append([]int{n}, m.shape...)...), Y: make([]int, n), ID: make([]int, n),
	}
	for i := range n {
		b.ID[i] = 10 + i
		r := arbench.KeyedRand(1, "images", i)
		for j := range b.X.Row(i) {
			v := 0.5 + 0.02*r.Float64()
			if !gray {
				v = min(max(1.2*r.Float64()-0.1, 0), 1)
			}
			b.X.Row(i)[j] = float32(v)
		}
	}
	p, err := m.Run(t.Context(), arbench.Call{X: b.X})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		b.Y[i] = arbench.Argmax(p.Logits.Row(i))
	}
	return arbench.Trial{
		Model: arbench.NewOracle(m, arbench.Scores, arbench.Frozen, b, threat), Batch: b, Threat: threat,
	}
}
