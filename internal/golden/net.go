package golden

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

// Net is a golden net in float64, by the plainest loops: a reference that shares no code with any
// backend. It gives logits and derivatives in the images.
type Net struct {
	shape  []int
	layers []layer
}

var _ arbench.Model = (*Net)(nil)

// A layer maps a vector to a vector, and a derivative in its output to one in its input x.
type layer interface {
	forward(x []float64) []float64
	backward(g, x []float64) []float64
}

// OpenNet returns mlp_digits or cnn_fashion with its golden weights.
func OpenNet(name string) (*Net, error) {
	f, err := Open("weights_" + name)
	if err != nil {
		return nil, err
	}
	fc := func(i int) layer {
		return dense{f.Floats(fmt.Sprintf("fc%d.weight", i)), f.Floats(fmt.Sprintf("fc%d.bias", i))}
	}
	conv := func(i, size int) layer {
		return conv{f.Floats(fmt.Sprintf("conv%d.weight", i)), f.Floats(fmt.Sprintf("conv%d.bias", i)), size}
	}
	switch name {
	case "mlp_digits":
		return &Net{[]int{1, 8, 8}, []layer{fc(1), relu{}, fc(2), relu{}, fc(3)}}, nil
	case "cnn_fashion":
		return &Net{[]int{1, 28, 28}, []layer{
			conv(1, 28), relu{}, pool{28}, conv(2, 14), relu{}, pool{14}, fc(1), relu{}, fc(2),
		}}, nil
	}
	return nil, fmt.Errorf("no reference of %q: there are mlp_digits and cnn_fashion", name)
}

// Info implements [arbench.Model].
func (m *Net) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.shape, Classes: 10, Access: arbench.Gradients}
}

// Run implements [arbench.Model].
func (m *Net) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if err := ctx.Err(); err != nil {
		return arbench.Pass{}, err
	}
	n := c.X.Len()
	inputs := make([][][]float64, n) // of each layer, for each row
	p := arbench.Pass{Logits: arbench.NewTensor(n, 10)}
	for i := range n {
		a := wide(c.X.Row(i))
		for _, l := range m.layers {
			inputs[i] = append(inputs[i], a)
			a = l.forward(a)
		}
		narrow(a, p.Logits.Row(i))
	}
	for _, loss := range c.Losses {
		dz, values := arbench.NewTensor(n, 10), make([]float64, n)
		loss.Eval(p.Logits, dz, values)
		p.Values = append(p.Values, values)
		if c.Want&arbench.DX != 0 {
			p.DX = append(p.DX, m.backward(c.X.Shape, dz, inputs))
		}
	}
	return p, nil
}

func (m *Net) backward(shape []int, dz arbench.Tensor, inputs [][][]float64) arbench.Tensor {
	dx := arbench.NewTensor(shape...)
	for i := range inputs {
		g := wide(dz.Row(i))
		for l := len(m.layers) - 1; l >= 0; l-- {
			g = m.layers[l].backward(g, inputs[i][l])
		}
		narrow(g, dx.Row(i))
	}
	return dx
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for j, v := range x {
		out[j] = float64(v)
	}
	return out
}

func narrow(x []float64, out []float32) {
	for j, v := range x {
		out[j] = float32(v)
	}
}
