//go:build gomlx

package gomlx

import (
	"context"
	"fmt"
	"slices"
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
	for i, p := range m.plan.params {
		q := arbench.Param{Name: p.name, Role: p.role}
		var err error
		if q.Value, err = m.get(m.values[i], i); err != nil {
			return nil, fmt.Errorf("gomlx: parameter %q: %w", p.name, err)
		}
		if grads && p.role != arbench.Statistic {
			q.Grad = arbench.NewTensor(p.shape...)
			if m.summed {
				if q.Grad, err = m.get(m.sums[i], i); err != nil {
					return nil, fmt.Errorf("gomlx: derivative of parameter %q: %w", p.name, err)
				}
			}
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
	sums := false
	for _, q := range ps {
		if err := m.fits(q); err != nil {
			return fmt.Errorf("gomlx: %w", err)
		}
		sums = sums || len(q.Grad.Data) > 0
	}
	if sums && !m.summed {
		m.lostSums()
		m.summed = true
	}
	for _, q := range ps {
		i := m.plan.index[q.Name]
		if len(q.Value.Data) > 0 {
			if err := m.put(&m.values[i], i, q.Value.Data); err != nil {
				return fmt.Errorf("gomlx: %w", err)
			}
		}
		if len(q.Grad.Data) > 0 {
			if err := m.put(&m.sums[i], i, q.Grad.Data); err != nil {
				return fmt.Errorf("gomlx: %w", err)
			}
		}
	}
	return nil
}

// fits reports why a parameter is not one of the net.
func (m *Model) fits(q arbench.Param) error {
	i, ok := m.plan.index[q.Name]
	if !ok {
		return fmt.Errorf("parameter %q is not one of this net", q.Name)
	}
	p := m.plan.params[i]
	want := arbench.Volume(p.shape)
	if n := len(q.Value.Data); n > 0 && n != want {
		return fmt.Errorf("parameter %q has %d values, want shape %v", q.Name, n, p.shape)
	}
	n := len(q.Grad.Data)
	if n > 0 && p.role == arbench.Statistic {
		return fmt.Errorf("parameter %q is a statistic and has no derivative", q.Name)
	}
	if n > 0 && n != want {
		return fmt.Errorf("derivative of parameter %q has %d values, want shape %v", q.Name, n, p.shape)
	}
	return nil
}

// Snapshot implements [arbench.Trainable].
func (m *Model) Snapshot(ctx context.Context) (arbench.State, error) {
	ps, err := m.read(ctx, false)
	if err != nil {
		return arbench.State{}, err
	}
	s := arbench.State{Params: ps, Steps: m.stepped.steps}
	for k, of := range m.stepped.of {
		for _, i := range m.plan.trained() {
			p, suffix := m.plan.params[i], suffixes[m.stepped.method][k]
			v, err := m.get(of[i], i)
			if err != nil {
				return arbench.State{}, fmt.Errorf("gomlx: moment %q: %w", p.name+suffix, err)
			}
			s.Moments = append(s.Moments, arbench.Param{Name: p.name + suffix, Role: p.role, Value: v})
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
		return fmt.Errorf("gomlx: %w", err)
	}
	method := ""
	places := make([]place, len(s.Moments))
	for k, q := range s.Moments {
		at, err := m.place(q)
		if err != nil {
			return fmt.Errorf("gomlx: %w", err)
		}
		if method != "" && at.method != method {
			return fmt.Errorf("gomlx: moments of %s and of %s", method, at.method)
		}
		places[k], method = at, at.method
	}
	if err := m.restore(s, method, places); err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	return nil
}

func (m *Model) restore(s arbench.State, method string, places []place) error {
	if err := m.startMoments(method); err != nil {
		return err
	}
	if err := m.load(s.Params); err != nil {
		return err
	}
	for k, q := range s.Moments {
		b := &m.stepped.of[places[k].kind][places[k].param]
		if err := m.put(b, places[k].param, q.Value.Data); err != nil {
			return err
		}
	}
	m.stepped.steps = s.Steps
	m.ClearGrad()
	return nil
}

// A place is where a moment belongs.
type place struct {
	method      string // of the optimizer
	kind, param int
}

// place finds what a moment of a state belongs to.
func (m *Model) place(q arbench.Param) (place, error) {
	for _, method := range []string{"sgd", "adam"} {
		for kind, suffix := range suffixes[method] {
			name, ok := strings.CutSuffix(q.Name, suffix)
			i, known := m.plan.index[name]
			if !ok || !known || !slices.Contains(m.plan.trained(), i) {
				continue
			}
			if shape := m.plan.params[i].shape; len(q.Value.Data) != arbench.Volume(shape) {
				return place{}, fmt.Errorf("moment %q has %d values, want shape %v", q.Name, len(q.Value.Data), shape)
			}
			return place{method, kind, i}, nil
		}
	}
	return place{}, fmt.Errorf("moment %q belongs to no parameter of this net", q.Name)
}
