package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// param returns the parameter of that name, nil if there is none.
func (m *Model) param(name string) *arbench.Param {
	i := slices.IndexFunc(m.params, func(p arbench.Param) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &m.params[i]
}

// Params implements [arbench.Trainable].
func (m *Model) Params(context.Context) ([]arbench.Param, error) { return clone(m.params), nil }

func clone(ps []arbench.Param) []arbench.Param {
	out := slices.Clone(ps)
	for i, p := range ps {
		out[i].Value, out[i].Grad = p.Value.Clone(), p.Grad.Clone()
	}
	return out
}

// SetParams implements [arbench.Trainable]. On an error nothing has been set.
func (m *Model) SetParams(_ context.Context, ps []arbench.Param) error {
	for _, p := range ps {
		to := m.param(p.Name)
		if to == nil {
			return fmt.Errorf("linear: the net has no parameter %q", p.Name)
		}
		if err := p.CheckSet(to.Role, to.Value.Shape); err != nil {
			return fmt.Errorf("linear: %w", err)
		}
	}
	for _, p := range ps {
		to := m.param(p.Name)
		copy(to.Value.Data, p.Value.Data)
		copy(to.Grad.Data, p.Grad.Data)
	}
	return nil
}

// ClearGrad implements [arbench.Trainable].
func (m *Model) ClearGrad() {
	for _, p := range m.params {
		clear(p.Grad.Data)
	}
}

// Step implements [arbench.Trainable]. All steps of one training use one kind of optimizer.
func (m *Model) Step(ctx context.Context, o arbench.Optimizer, rate float64) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	suffixes, move := []string{".momentum"}, m.stepSGD
	switch o.(type) {
	case *arbench.SGD:
	case *arbench.Adam:
		suffixes, move = []string{".mean", ".square"}, m.stepAdam
	default:
		return fmt.Errorf("linear: unknown optimizer %q", o.Method())
	}
	if err := m.startMoments(suffixes); err != nil {
		return err
	}
	m.steps++
	for i := range m.params {
		move(o, rate, i)
	}
	m.ClearGrad()
	return nil
}

// startMoments makes the moments, zero, at the first step.
func (m *Model) startMoments(suffixes []string) error {
	if m.moments != nil {
		if !slices.Equal(m.suffixes, suffixes) {
			return fmt.Errorf("linear: a training that began with moments %v cannot go on with %v",
				m.suffixes, suffixes)
		}
		return nil
	}
	m.suffixes = suffixes
	for _, s := range suffixes {
		for _, p := range m.params {
			m.moments = append(m.moments, arbench.Param{
				Name: p.Name + s, Role: p.Role, Value: arbench.NewTensor(p.Value.Shape...),
			})
		}
	}
	return nil
}

func (m *Model) stepSGD(rule arbench.Optimizer, rate float64, at int) {
	o, p := rule.(*arbench.SGD), m.params[at]
	decay, v := arbench.DecayOf(o, p.Role), m.moments[at].Value.Data
	for i, w := range p.Value.Data {
		g := float64(p.Grad.Data[i]) + decay*float64(w)
		v[i] = float32(o.Momentum*float64(v[i]) + g)
		d := float64(v[i])
		if o.Nesterov {
			d = g + o.Momentum*d
		}
		p.Value.Data[i] = float32(float64(w) - rate*d)
	}
}

func (m *Model) stepAdam(rule arbench.Optimizer, rate float64, at int) {
	o, p := rule.(*arbench.Adam), m.params[at]
	decay := arbench.DecayOf(o, p.Role)
	mean, square := m.moments[at].Value.Data, m.moments[len(m.params)+at].Value.Data
	c1 := 1 - math.Pow(o.Beta1, float64(m.steps))
	c2 := 1 - math.Pow(o.Beta2, float64(m.steps))
	for i, v := range p.Value.Data {
		w, g := float64(v), float64(p.Grad.Data[i])
		if o.Decoupled {
			w -= rate * decay * w
		} else {
			g += decay * w
		}
		mean[i] = float32(o.Beta1*float64(mean[i]) + (1-o.Beta1)*g)
		square[i] = float32(o.Beta2*float64(square[i]) + (1-o.Beta2)*g*g)
		w -= rate * (float64(mean[i]) / c1) / (math.Sqrt(float64(square[i])/c2) + o.Eps)
		p.Value.Data[i] = float32(w)
	}
}

// Snapshot implements [arbench.Trainable].
func (m *Model) Snapshot(context.Context) (arbench.State, error) {
	s := arbench.State{Params: clone(m.params), Moments: clone(m.moments), Steps: m.steps}
	for i := range s.Params {
		s.Params[i].Grad = arbench.Tensor{}
	}
	return s, nil
}

// Restore implements [arbench.Trainable]. It clears the derivatives.
func (m *Model) Restore(ctx context.Context, s arbench.State) error {
	if err := m.net.CheckParams(s.Params); err != nil {
		return fmt.Errorf("linear: state: %w", err)
	}
	suffixes, err := m.suffixesOf(s.Moments)
	if err != nil {
		return err
	}
	if err := m.SetParams(ctx, s.Params); err != nil {
		return err
	}
	m.ClearGrad()
	m.moments, m.suffixes, m.steps = clone(s.Moments), suffixes, s.Steps
	return nil
}

// suffixesOf returns the suffixes of the names of moments, in the order of startMoments.
func (m *Model) suffixesOf(moments []arbench.Param) ([]string, error) {
	var suffixes []string
	for i, p := range moments {
		of := m.params[i%len(m.params)]
		if len(p.Name) <= len(of.Name) || p.Name[:len(of.Name)] != of.Name ||
			len(p.Value.Data) != len(of.Value.Data) {
			return nil, fmt.Errorf("linear: state: moment %q does not fit parameter %q",
				p.Name, of.Name)
		}
		if i%len(m.params) == 0 {
			suffixes = append(suffixes, p.Name[len(of.Name):])
		}
	}
	return suffixes, nil
}
