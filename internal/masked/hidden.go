package masked

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

// A dense is one layer of an mlp.
type dense struct {
	w    arbench.Tensor // [out, in]
	bias []float32
}

// layers returns those of the net, which is an mlp without normalization.
func (m *Model) layers(ctx context.Context) ([]dense, error) {
	ps, err := m.Params(ctx)
	if err != nil {
		return nil, err
	}
	var out []dense
	for _, p := range ps {
		switch {
		case len(p.Value.Shape) == 2:
			out = append(out, dense{w: p.Value, bias: make([]float32, p.Value.Shape[0])})
		case len(p.Value.Shape) == 1 && len(out) > 0:
			out[len(out)-1].bias = p.Value.Data
		default:
			return nil, fmt.Errorf("masked: parameter %q of shape %v is of no mlp", p.Name, p.Value.Shape)
		}
	}
	return out, nil
}

// runHidden is a pass of an mlp with ReLUs whose activations the defence changes: what it sets to 0 has no
// derivative.
func (m *Model) runHidden(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	layers, err := m.layers(ctx)
	if err != nil {
		return arbench.Pass{}, err
	}
	n := c.X.Len()
	p := arbench.Pass{Logits: arbench.NewTensor(n, m.Info().Classes)}
	seen := make([][][]float64, n) // inputs of each layer
	for i := range n {
		h := make([]float64, len(c.X.Row(i)))
		for j, v := range c.X.Row(i) {
			h[j] = float64(v)
		}
		for k, l := range layers {
			seen[i] = append(seen[i], h)
			if h = l.forward(h); k < len(layers)-1 {
				for j := range h {
					h[j] = max(h[j], 0)
				}
				m.hidden(m.passes*64+uint64(k), h)
			}
		}
		for j, v := range h {
			p.Logits.Row(i)[j] = float32(v)
		}
	}
	for _, loss := range c.Losses {
		values, dz := make([]float64, n), arbench.NewTensor(p.Logits.Shape...)
		loss.Eval(p.Logits, dz, values)
		p.Values = append(p.Values, values)
		if c.Want&arbench.DX != 0 {
			dx := arbench.NewTensor(c.X.Shape...)
			for i := range n {
				backward(layers, seen[i], dz.Row(i), dx.Row(i))
			}
			p.DX = append(p.DX, dx)
		}
	}
	return p, nil
}

func (l dense) forward(h []float64) []float64 {
	out := make([]float64, len(l.bias))
	for k := range out {
		out[k] = float64(l.bias[k])
		for j, w := range l.w.Row(k) {
			out[k] += float64(w) * h[j]
		}
	}
	return out
}

// backward writes the derivative in the image to dx.
func backward(layers []dense, seen [][]float64, dz, dx []float32) {
	g := make([]float64, len(dz))
	for j, v := range dz {
		g[j] = float64(v)
	}
	for k := len(layers) - 1; k >= 0; k-- {
		in := make([]float64, len(seen[k]))
		for o, v := range g {
			for j, w := range layers[k].w.Row(o) {
				if k == 0 || seen[k][j] != 0 {
					in[j] += v * float64(w)
				}
			}
		}
		g = in
	}
	for j, v := range g {
		dx[j] = float32(v)
	}
}
