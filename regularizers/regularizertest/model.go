package regularizertest

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// net is flatten - fc1 - softplus - fc2 in float64: small, smooth and curved, so that derivatives
// can be checked by finite differences. It counts the rows that go through it.
type net struct {
	network *arbench.Network
	params  []arbench.Param // fc1.weight, fc1.bias, fc2.weight, fc2.bias
	passes  arbench.Passes

	calls  int
	cancel func() // called in the second pass, if not nil
}

var _ arbench.Trainable = (*net)(nil)

const classes = 4

func newNet() (*net, error) {
	n := &arbench.Network{Input: []int{1, 2, 3}}
	n.Add("flatten", arbench.Flatten{})
	n.Add("fc1", arbench.Dense{Out: 5, Bias: true})
	n.Add("act", arbench.Activation{Function: arbench.Softplus})
	n.Add("fc2", arbench.Dense{Out: classes, Bias: true})
	ps, err := n.Init(1)
	if err != nil {
		return nil, err
	}
	for i := range ps {
		for k := range ps[i].Value.Data {
			ps[i].Value.Data[k] *= 3 // no longer almost linear
		}
		ps[i].Grad = arbench.NewTensor(ps[i].Value.Shape...)
	}
	return &net{network: n, params: ps}, nil
}

func (m *net) Info() arbench.ModelInfo {
	return arbench.ModelInfo{
		Shape: m.network.Input, Classes: classes, Access: arbench.Weights, Network: m.network,
	}
}

func (m *net) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if m.calls++; m.calls == 2 && m.cancel != nil {
		m.cancel()
	}
	if err := ctx.Err(); err != nil {
		return arbench.Pass{}, err
	}
	n := c.X.Len()
	if err := fits(c, n); err != nil {
		return arbench.Pass{}, err
	}
	m.passes.Forward += n
	p := arbench.Pass{Logits: arbench.NewTensor(n, classes)}
	hidden := make([][]float64, n)
	for i := range n {
		hidden[i] = affine(m.params[0], m.params[1], wide(c.X.Row(i)))
		for k, v := range affine(m.params[2], m.params[3], softplus(hidden[i])) {
			p.Logits.Row(i)[k] = float32(v)
		}
	}
	for _, loss := range c.Losses {
		values, dz := make([]float64, n), arbench.NewTensor(n, classes)
		loss.Eval(p.Logits, dz, values)
		p.Values = append(p.Values, values)
		if c.Want != 0 {
			m.backward(c, hidden, dz, &p)
		}
	}
	return p, nil
}

// fits reports a call whose parts do not go together.
func fits(c arbench.Call, n int) error {
	sum := 0
	for _, g := range c.Groups {
		sum += g
	}
	switch {
	case c.Weight != nil && len(c.Weight) != n:
		return fmt.Errorf("%d weights for %d rows", len(c.Weight), n)
	case c.Groups != nil && sum != n:
		return fmt.Errorf("groups %v for %d rows", c.Groups, n)
	}
	return nil
}

// backward takes the derivative of one loss back through the net.
func (m *net) backward(c arbench.Call, hidden [][]float64, dz arbench.Tensor, p *arbench.Pass) {
	n := c.X.Len()
	m.passes.Backward += n
	dx := arbench.NewTensor(c.X.Shape...)
	for i := range n {
		w := 1 / float64(n)
		if c.Weight != nil {
			w = float64(c.Weight[i])
		}
		if c.Want&arbench.DParams == 0 {
			w = 0
		}
		g2 := wide(dz.Row(i))
		g1 := back(m.params[2], g2)
		for k, h := range hidden[i] {
			g1[k] /= 1 + math.Exp(-h) // the derivative of softplus is the logistic function
		}
		addGrad(m.params[2], m.params[3], g2, softplus(hidden[i]), w)
		addGrad(m.params[0], m.params[1], g1, wide(c.X.Row(i)), w)
		for j, v := range back(m.params[0], g1) {
			dx.Row(i)[j] = float32(v)
		}
	}
	if c.Want&arbench.DX != 0 {
		p.DX = append(p.DX, dx)
	}
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for j, v := range x {
		out[j] = float64(v)
	}
	return out
}

func softplus(h []float64) []float64 {
	out := make([]float64, len(h))
	for k, v := range h {
		out[k] = max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
	}
	return out
}

// affine returns W x + b.
func affine(w, b arbench.Param, x []float64) []float64 {
	out := wide(b.Value.Data)
	for k := range out {
		for j, v := range w.Value.Row(k) {
			out[k] += float64(v) * x[j]
		}
	}
	return out
}

// back returns Wᵀ g.
func back(w arbench.Param, g []float64) []float64 {
	out := make([]float64, w.Value.Shape[1])
	for k, gk := range g {
		for j, v := range w.Value.Row(k) {
			out[j] += gk * float64(v)
		}
	}
	return out
}

// addGrad adds weight · g xᵀ and weight · g to the running sums of a layer.
func addGrad(w, b arbench.Param, g, x []float64, weight float64) {
	for k, gk := range g {
		b.Grad.Data[k] += float32(weight * gk)
		for j := range x {
			w.Grad.Row(k)[j] += float32(weight * gk * x[j])
		}
	}
}

// Step is a plain step of gradient descent for any optimizer.
func (m *net) Step(_ context.Context, _ arbench.Optimizer, rate float64) error {
	for _, p := range m.params {
		for k, g := range p.Grad.Data {
			p.Value.Data[k] -= float32(rate) * g
		}
	}
	m.ClearGrad()
	return nil
}

func (m *net) Params(context.Context) ([]arbench.Param, error) {
	ps := make([]arbench.Param, len(m.params))
	for i, p := range m.params {
		p.Value, p.Grad = p.Value.Clone(), p.Grad.Clone()
		ps[i] = p
	}
	return ps, nil
}

func (m *net) SetParams(_ context.Context, ps []arbench.Param) error {
	for _, p := range ps {
		for _, own := range m.params {
			if own.Name == p.Name {
				copy(own.Value.Data, p.Value.Data)
				copy(own.Grad.Data, p.Grad.Data)
			}
		}
	}
	return nil
}

func (m *net) ClearGrad() {
	for _, p := range m.params {
		clear(p.Grad.Data)
	}
}

func (m *net) Snapshot(ctx context.Context) (arbench.State, error) {
	ps, err := m.Params(ctx)
	for i := range ps {
		ps[i].Grad = arbench.Tensor{}
	}
	return arbench.State{Params: ps}, err
}

func (m *net) Restore(ctx context.Context, s arbench.State) error { return m.SetParams(ctx, s.Params) }
