package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// Model is softmax regression. Like every model it is used by one goroutine at a time.
type Model struct {
	net      *arbench.Network
	info     arbench.ModelInfo
	params   []arbench.Param // weight [classes, inputs], then bias [classes] if the layer has one
	moments  []arbench.Param // of the optimizer; nil before a step
	suffixes []string        // of the moments' names
	steps    int
}

var (
	_ arbench.Trainable  = (*Model)(nil)
	_ arbench.Observable = (*Model)(nil)
	_ arbench.Bounder    = (*Model)(nil)
)

func newModel(n *arbench.Network, params []arbench.Param) *Model {
	for i := range params {
		params[i].Grad = arbench.NewTensor(params[i].Value.Shape...)
	}
	return &Model{net: n, params: params, info: arbench.ModelInfo{
		Shape: slices.Clone(n.Input), Classes: n.Classes(), Access: arbench.Weights, Network: n,
	}}
}

// Info implements [arbench.Model].
func (m *Model) Info() arbench.ModelInfo { return m.info }

// Run implements [arbench.Model]. The net has no layer that Mode, Groups or Key would touch.
func (m *Model) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if err := m.check(ctx, c); err != nil {
		return arbench.Pass{}, fmt.Errorf("linear: %w", err)
	}
	x := m.normalize(c.X)
	z, err := m.logits(x)
	if err != nil {
		return arbench.Pass{}, fmt.Errorf("linear: %w", err)
	}
	p := arbench.Pass{Logits: z}
	for _, loss := range c.Losses {
		values := make([]float64, x.Len())
		var dz arbench.Tensor
		if c.Want != 0 {
			dz = arbench.NewTensor(z.Shape...)
		}
		loss.Eval(z, dz, values)
		p.Values = append(p.Values, values)
		if c.Want&arbench.DX != 0 {
			p.DX = append(p.DX, m.backward(dz))
		}
		if c.Want&arbench.DParams != 0 {
			m.accumulate(x, dz, c.Weight)
		}
	}
	return p, nil
}

// check reports a call that cannot be run.
func (m *Model) check(ctx context.Context, c arbench.Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.checkImages(c.X); err != nil {
		return err
	}
	n, rows := c.X.Len(), 0
	for _, g := range c.Groups {
		rows += g
	}
	switch {
	case c.Weight != nil && len(c.Weight) != n:
		return fmt.Errorf("%d weights for %d rows", len(c.Weight), n)
	case c.Groups != nil && rows != n:
		return fmt.Errorf("groups of %v rows for a batch of %d", c.Groups, n)
	case c.Want != 0 && len(c.Losses) == 0:
		return fmt.Errorf("derivatives are wanted of no loss")
	}
	return nil
}

// checkImages reports images of another shape than the net's, and pixels that are no number.
func (m *Model) checkImages(x arbench.Tensor) error {
	if len(x.Shape) != 4 || !slices.Equal(x.Shape[1:], m.net.Input) ||
		len(x.Data) != arbench.Volume(x.Shape) {
		return fmt.Errorf("input of shape %v with %d values, want [n %d %d %d]",
			x.Shape, len(x.Data), m.net.Input[0], m.net.Input[1], m.net.Input[2])
	}
	return finite("input", x.Data)
}

func finite(layer string, x []float32) error {
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("layer %q: value %d is %v", layer, i, v)
		}
	}
	return nil
}

// normalize returns a copy of x as [n, inputs], normalized.
func (m *Model) normalize(x arbench.Tensor) arbench.Tensor {
	d := arbench.Volume(m.net.Input)
	out := arbench.Tensor{Shape: []int{x.Len(), d}, Data: slices.Clone(x.Data)}
	if m.net.Normalize != nil {
		for i := range out.Data {
			mean, std := m.affine(i % d)
			out.Data[i] = float32((float64(out.Data[i]) - mean) / std)
		}
	}
	return out
}

// affine returns the mean and the deviation that pixel j is normalized by.
func (m *Model) affine(j int) (mean, std float64) {
	if m.net.Normalize == nil {
		return 0, 1
	}
	c := j / (m.net.Input[1] * m.net.Input[2])
	return m.net.Normalize.Mean[c], m.net.Normalize.Std[c]
}

// weight returns row k of W.
func (m *Model) weight(k int) []float32 { return m.params[0].Value.Row(k) }

// bias returns b[k].
func (m *Model) bias(k int) float64 {
	if len(m.params) < 2 {
		return 0
	}
	return float64(m.params[1].Value.Data[k])
}

// logits returns W x + b.
func (m *Model) logits(x arbench.Tensor) (arbench.Tensor, error) {
	z := arbench.NewTensor(x.Len(), m.info.Classes)
	for i := range x.Len() {
		for k, out := 0, z.Row(i); k < len(out); k++ {
			s := m.bias(k)
			for j, w := range m.weight(k) {
				s += float64(w) * float64(x.Row(i)[j])
			}
			out[k] = float32(s)
		}
	}
	return z, finite(m.net.Layers[1].Name, z.Data)
}

// backward returns the derivative in the images, Wᵀ dz, through the normalization.
func (m *Model) backward(dz arbench.Tensor) arbench.Tensor {
	dx := arbench.NewTensor(append([]int{dz.Len()}, m.net.Input...)...)
	for i := range dz.Len() {
		out, d := dx.Row(i), dz.Row(i)
		for j := range out {
			s := 0.0
			for k, v := range d {
				s += float64(v) * float64(m.weight(k)[j])
			}
			_, std := m.affine(j)
			out[j] = float32(s / std)
		}
	}
	return dx
}

// accumulate adds Σ weight[i] dz[i] xᵀ[i] to W's running sum and Σ weight[i] dz[i] to b's.
func (m *Model) accumulate(x, dz arbench.Tensor, weight []float32) {
	for k := range m.info.Classes {
		sum := make([]float64, x.Shape[1])
		total := 0.0
		for i := range x.Len() {
			g := float64(dz.Row(i)[k])
			if weight == nil {
				g /= float64(x.Len())
			} else {
				g *= float64(weight[i])
			}
			total += g
			for j, v := range x.Row(i) {
				sum[j] += g * float64(v)
			}
		}
		m.addGrad(k, sum, total)
	}
}

// addGrad adds to the running sums of row k of W and of b[k].
func (m *Model) addGrad(k int, dw []float64, db float64) {
	row := m.params[0].Grad.Row(k)
	for j, v := range dw {
		row[j] = float32(float64(row[j]) + v)
	}
	if len(m.params) > 1 {
		b := m.params[1].Grad.Data
		b[k] = float32(float64(b[k]) + db)
	}
}

// Visit implements [arbench.Observable].
func (m *Model) Visit(
	ctx context.Context, x arbench.Tensor, layers []string, f func(string, arbench.Tensor) error,
) error {
	if err := m.check(ctx, arbench.Call{X: x}); err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	at, err := m.net.Find(layers)
	if err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	flat := m.normalize(x)
	z, err := m.logits(flat)
	if err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	for _, i := range at {
		if err := f(m.net.Layers[i].Name, []arbench.Tensor{flat, z}[i]); err != nil {
			return err
		}
	}
	return nil
}
