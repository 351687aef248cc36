package backendtest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// slow is a backend for nets of a few numbers: the float64 reference, with central differences for
// derivatives. It keeps every rule, also those of batch statistics, until break spoils it.
type slow struct{ flaw flaw }

// A flaw is a way to break a rule.
type flaw string

type slowModel struct {
	flaw    flaw
	net     *arbench.Network
	params  []arbench.Param
	moves   []mover // of the optimizer
	steps   int
	scratch arbench.Tensor // that a careless backend hands out
}

func (b *slow) Info() arbench.BackendInfo {
	return arbench.BackendInfo{Doc: "slow", Access: arbench.Weights, Numerics: "float64"}
}

func (b *slow) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, l := range spec.Network.Layers {
		if l.Op.Kind() == "strange" {
			return nil, fmt.Errorf("layer %q is %s", l.Name, l.Op.Kind())
		}
	}
	ps, err := spec.Network.Init(spec.Seed)
	if err != nil {
		return nil, err
	}
	if b.flaw == "own random numbers" {
		ps[0].Value.Data[0] *= 0.5
	}
	m := &slowModel{flaw: b.flaw, net: spec.Network, params: ps}
	for i, p := range ps {
		if p.Role != arbench.Statistic {
			ps[i].Grad = arbench.NewTensor(p.Value.Shape...)
		}
	}
	if spec.Weights == nil {
		return m, nil
	}
	if err := spec.Network.CheckParams(spec.Weights); err != nil {
		return nil, err
	}
	if b.flaw == "keeps the caller's weights" {
		for i := range m.params {
			m.params[i].Value = spec.Weights[i].Value
		}
		return m, nil
	}
	return m, m.SetParams(ctx, spec.Weights)
}

func (m *slowModel) Info() arbench.ModelInfo {
	return arbench.ModelInfo{
		Shape: m.net.Input, Classes: m.net.Classes(), Access: arbench.Weights, Network: m.net,
	}
}

func (m *slowModel) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if err := ctx.Err(); err != nil && m.flaw != "ignores the context" {
		return arbench.Pass{}, err
	}
	if err := m.check(c); err != nil {
		return arbench.Pass{}, err
	}
	r, err := newReference(m.net, m.params)
	if err != nil {
		return arbench.Pass{}, err
	}
	sizes := c.Groups
	if sizes == nil || m.flaw == "ignores groups" {
		sizes = []int{c.X.Len()}
	}
	var p arbench.Pass
	var dz []arbench.Tensor
	z, at := arbench.NewTensor(c.X.Len(), m.net.Classes()), 0
	for _, n := range sizes {
		out, err := r.logits(rows(c.X.Rows(at, at+n)), m.mode(c.Mode))
		if err != nil {
			return arbench.Pass{}, err
		}
		copy(z.Rows(at, at+n).Data, narrow(join(out)))
		at += n
	}
	for i, v := range z.Data {
		if math.IsNaN(float64(v)) {
			return p, fmt.Errorf("layer %q: logit %d is NaN", m.net.Layers[len(m.net.Layers)-1].Name, i)
		}
	}
	for i, param := range m.params {
		if param.Role == arbench.Statistic && m.mode(c.Mode) == arbench.BatchUpdate {
			copy(m.params[i].Value.Data, narrow(r.params[param.Name]))
		}
	}
	p.Logits = z
	for _, loss := range c.Losses {
		d, values := arbench.NewTensor(z.Shape...), make([]float64, z.Len())
		loss.Eval(z, d, values)
		p.Values, dz = append(p.Values, values), append(dz, d)
	}
	for _, values := range p.Values {
		if m.flaw == "gives rows the first one's value" {
			copy(values, slices.Repeat(values[:1], len(values)))
		}
	}
	return p, m.derivatives(c, sizes, dz, &p)
}

// mode returns the statistics that are used in the given mode.
func (m *slowModel) mode(mode arbench.Mode) arbench.Mode {
	switch {
	case m.flaw == "evaluation moves statistics" && mode == arbench.BatchStats:
		return arbench.BatchUpdate
	case m.flaw == "training leaves statistics" && mode == arbench.BatchUpdate:
		return arbench.BatchStats
	}
	return mode
}

func (m *slowModel) check(c arbench.Call) error {
	rows := 0
	for _, g := range c.Groups {
		rows += g
	}
	if len(c.X.Shape) != 4 && m.flaw != "takes flat images" ||
		len(c.X.Shape) == 4 && !slices.Equal(c.X.Shape[1:], m.net.Input) {
		return fmt.Errorf("shape %v", c.X.Shape)
	}
	switch {
	case len(c.X.Data) != arbench.Volume(c.X.Shape):
		return fmt.Errorf("%d numbers", len(c.X.Data))
	case c.Weight != nil && len(c.Weight) != c.X.Len(), c.Groups != nil && rows != c.X.Len():
		return fmt.Errorf("weights or groups of other rows")
	case c.Want != 0 && len(c.Losses) == 0:
		return fmt.Errorf("derivatives of nothing")
	}
	for _, v := range c.X.Data {
		if m.flaw != "takes NaN" && (math.IsNaN(float64(v)) || math.IsInf(float64(v), 0)) {
			return fmt.Errorf("input is %v", v)
		}
	}
	return nil
}

// derivatives takes central differences of Σ dz·z, group by group.
func (m *slowModel) derivatives(c arbench.Call, sizes []int, dz []arbench.Tensor, p *arbench.Pass) error {
	mode := min(c.Mode, arbench.BatchStats)
	for l := range dz {
		dx, at := arbench.NewTensor(c.X.Shape...), 0
		for _, n := range sizes {
			part := dz[l].Rows(at, at+n).Clone()
			r, err := newReference(m.net, m.params)
			if err != nil {
				return err
			}
			x := rows(c.X.Rows(at, at+n))
			if c.Want&arbench.DX != 0 {
				for i := range x {
					m.differences(r, x, part, mode, x[i], dx.Row(at+i))
				}
			}
			for i := range part.Len() {
				w := 1 / float32(c.X.Len())
				if c.Weight != nil && m.flaw != "ignores weights" {
					w = c.Weight[at+i]
				}
				for k := range part.Row(i) {
					part.Row(i)[k] *= w
				}
			}
			for _, param := range m.params {
				if c.Want&arbench.DParams != 0 && param.Grad.Data != nil {
					m.differences(r, x, part, mode, r.params[param.Name], param.Grad.Data)
				}
			}
			at += n
		}
		if c.Want&arbench.DX != 0 {
			p.DX = append(p.DX, m.spoil(c, dx))
		}
	}
	return nil
}

// differences adds to out the derivative of Σ dz·z in the numbers at.
func (m *slowModel) differences(
	r *reference, x [][]float64, dz arbench.Tensor, mode arbench.Mode, at []float64, out []float32,
) {
	if m.flaw == "overwrites derivatives" {
		clear(out)
	}
	for j, v := range at {
		const h = 1e-6
		at[j] = v + h
		up, _ := r.logits(x, mode)
		at[j] = v - h
		down, _ := r.logits(x, mode)
		at[j] = v
		moved := join(up)
		for k, z := range join(down) { // rows that do not move add zero, whatever they hold
			moved[k] = (moved[k] - z) / (2 * h)
		}
		out[j] += float32(dot(dz.Data, moved))
	}
}

// spoil breaks rules about derivatives in the images.
func (m *slowModel) spoil(c arbench.Call, dx arbench.Tensor) arbench.Tensor {
	switch {
	case m.flaw == "means over the batch" || m.flaw == "weights scale images" && c.Weight != nil:
		for i := range dx.Data {
			dx.Data[i] /= float32(c.X.Len())
		}
	case m.flaw == "forgets a pixel":
		dx.Row(0)[0] = 0
	case m.flaw == "hands out its memory":
		if m.scratch.Len() != dx.Len() {
			m.scratch = dx
		}
		copy(m.scratch.Data, dx.Data)
		return m.scratch
	case m.flaw == "differs by threads":
		dx.Data[0] = math.Nextafter32(dx.Data[0], 1)
	}
	return dx
}
