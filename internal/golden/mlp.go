package golden

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

// MLP is the net of weights_mlp_digits in float64: flatten, and three dense layers with relu in
// between. It gives logits and derivatives in the images.
type MLP struct {
	layers [3]dense
}

type dense struct{ w, b arbench.Tensor }

var _ arbench.Model = (*MLP)(nil)

// OpenMLP returns the net with its golden weights.
func OpenMLP() (*MLP, error) {
	f, err := Open("weights_mlp_digits")
	if err != nil {
		return nil, err
	}
	m := &MLP{}
	for i := range m.layers {
		name := fmt.Sprintf("fc%d.", i+1)
		m.layers[i] = dense{f.Floats(name + "weight"), f.Floats(name + "bias")}
	}
	return m, nil
}

// Info implements [arbench.Model].
func (m *MLP) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: []int{1, 8, 8}, Classes: 10, Access: arbench.Gradients}
}

// Run implements [arbench.Model], of one loss.
func (m *MLP) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if err := ctx.Err(); err != nil {
		return arbench.Pass{}, err
	}
	n := c.X.Len()
	hidden := make([][3][]float64, n) // inputs of the layers
	p := arbench.Pass{Logits: arbench.NewTensor(n, 10)}
	for i := range n {
		a := wide(c.X.Row(i))
		for l, layer := range m.layers {
			hidden[i][l] = a
			a = layer.forward(a, l > 0)
		}
		for k, v := range a {
			p.Logits.Row(i)[k] = float32(v)
		}
	}
	for _, loss := range c.Losses {
		dz, values := arbench.NewTensor(n, 10), make([]float64, n)
		loss.Eval(p.Logits, dz, values)
		p.Values = append(p.Values, values)
		dx := arbench.NewTensor(c.X.Shape...)
		for i := range n {
			g := wide(dz.Row(i))
			for l := 2; l >= 0; l-- {
				g = m.layers[l].backward(g, hidden[i][l], l > 0)
			}
			for j, v := range g {
				dx.Row(i)[j] = float32(v)
			}
		}
		if c.Want&arbench.DX != 0 {
			p.DX = append(p.DX, dx)
		}
	}
	return p, nil
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for j, v := range x {
		out[j] = float64(v)
	}
	return out
}

// forward returns W max(a, 0) + b, or W a + b without relu.
func (d dense) forward(a []float64, relu bool) []float64 {
	out := wide(d.b.Data)
	for k := range out {
		for j, w := range d.w.Row(k) {
			if !relu || a[j] > 0 {
				out[k] += float64(w) * a[j]
			}
		}
	}
	return out
}

// backward returns the derivative in a, where g is that in the layer's output.
func (d dense) backward(g, a []float64, relu bool) []float64 {
	out := make([]float64, len(a))
	for k, gk := range g {
		for j, w := range d.w.Row(k) {
			if !relu || a[j] > 0 {
				out[j] += gk * float64(w)
			}
		}
	}
	return out
}
