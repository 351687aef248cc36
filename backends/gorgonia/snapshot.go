package gorgonia

import (
	"context"
	"fmt"
	"strings"

	"github.com/arbench/arbench"
)

// Params implements [arbench.Trainable].
func (m *Model) Params(ctx context.Context) ([]arbench.Param, error) {
	return m.read(ctx, true)
}

// read copies the parameters out, with the running sums of their derivatives or without.
func (m *Model) read(ctx context.Context, grads bool) ([]arbench.Param, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var ps []arbench.Param
	for _, p := range m.plan.params {
		q := arbench.Param{Name: p.name, Role: p.role, Value: p.tensor(p.w)}
		if grads && p.g != nil {
			q.Grad = p.tensor(p.g)
		}
		ps = append(ps, q)
	}
	return ps, nil
}

// SetParams implements [arbench.Trainable]. It changes nothing if a parameter does not fit.
func (m *Model) SetParams(ctx context.Context, ps []arbench.Param) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, q := range ps {
		if err := m.fits(q); err != nil {
			return fmt.Errorf("gorgonia: %w", err)
		}
	}
	for _, q := range ps {
		p := m.plan.byName[q.Name]
		if len(q.Value.Data) > 0 {
			p.pack(p.w, q.Value.Data)
		}
		if len(q.Grad.Data) > 0 {
			p.pack(p.g, q.Grad.Data)
		}
	}
	m.changed()
	return nil
}

// changed says that parameters and statistics are others than before.
func (m *Model) changed() {
	m.now.weights++
	m.now.statistics++
}

// fits reports why a parameter is not one of the net.
func (m *Model) fits(q arbench.Param) error {
	p := m.plan.byName[q.Name]
	if p == nil {
		return fmt.Errorf("parameter %q is not one of this net", q.Name)
	}
	return q.CheckSet(p.role, p.shape)
}

// moment is one kind of what optimizers keep for each parameter.
type moment struct {
	suffix, method string
	of             func(*param) *[]float32
}

var momentKinds = []moment{
	{".momentum", "sgd", func(p *param) *[]float32 { return &p.momentum }},
	{".m", "adam", func(p *param) *[]float32 { return &p.m }},
	{".v", "adam", func(p *param) *[]float32 { return &p.v }},
}

// startMoments sets the moments of an optimizer's method to zero and drops those of others.
func (m *Model) startMoments(method string) {
	m.stepped = moments{method: method}
	for _, p := range m.plan.params {
		for _, k := range momentKinds {
			*k.of(p) = nil
			if k.method == method {
				*k.of(p) = make([]float32, len(p.g))
			}
		}
	}
}

// Snapshot implements [arbench.Trainable].
func (m *Model) Snapshot(ctx context.Context) (arbench.State, error) {
	ps, err := m.read(ctx, false)
	if err != nil {
		return arbench.State{}, err
	}
	s := arbench.State{Params: ps, Steps: m.stepped.steps}
	for _, k := range momentKinds {
		if k.method != m.stepped.method {
			continue
		}
		for _, p := range m.plan.params {
			if p.g != nil {
				s.Moments = append(s.Moments, arbench.Param{Name: p.name + k.suffix, Role: p.role,
					Value: p.tensor(*k.of(p))})
			}
		}
	}
	return s, nil
}

// Restore implements [arbench.Trainable]. It clears the running sums of derivatives, and changes
// nothing if the state does not fit.
func (m *Model) Restore(ctx context.Context, s arbench.State) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.plan.net.CheckParams(s.Params); err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	targets, kinds, method := make([]*param, len(s.Moments)), make([]moment, len(s.Moments)), ""
	for i, q := range s.Moments {
		var err error
		if targets[i], kinds[i], err = m.momentOf(q); err != nil {
			return fmt.Errorf("gorgonia: %w", err)
		}
		if method != "" && kinds[i].method != method {
			return fmt.Errorf("gorgonia: moments of %s and of %s", method, kinds[i].method)
		}
		method = kinds[i].method
	}
	m.startMoments(method)
	for _, q := range s.Params {
		p := m.plan.byName[q.Name]
		p.pack(p.w, q.Value.Data)
	}
	for i, q := range s.Moments {
		targets[i].pack(*kinds[i].of(targets[i]), q.Value.Data)
	}
	m.stepped.steps = s.Steps
	m.ClearGrad()
	m.changed()
	return nil
}

// momentOf finds what a moment of a state belongs to.
func (m *Model) momentOf(q arbench.Param) (*param, moment, error) {
	for _, k := range momentKinds {
		name, ok := strings.CutSuffix(q.Name, k.suffix)
		p := m.plan.byName[name]
		if !ok || p == nil || p.g == nil {
			continue
		}
		if want := arbench.Volume(p.shape); len(q.Value.Data) != want {
			return nil, k, fmt.Errorf("moment %q has %d values, want shape %v", q.Name, len(q.Value.Data), p.shape)
		}
		return p, k, nil
	}
	return nil, moment{}, fmt.Errorf("moment %q belongs to no parameter of this net", q.Name)
}
