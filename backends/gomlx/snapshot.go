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
	values, sums, err := m.arrays(grads)
	if err != nil {
		return nil, fmt.Errorf("gomlx: %w", err)
	}
	var ps []arbench.Param
	for _, p := range m.plan.params {
		q := arbench.Param{Name: p.name, Role: p.role, Value: p.tensor(values[p.array])}
		if grads && p.array == valueArray {
			q.Grad = p.tensor(sums)
		}
		ps = append(ps, q)
	}
	return ps, nil
}

// tensor returns a copy of the parameter's values in its array.
func (p param) tensor(array []float32) arbench.Tensor {
	t := arbench.NewTensor(p.shape...)
	copy(t.Data, p.of(array))
	return t
}

// arrays copies both arrays of parameters to the host, and the sums if they are wanted.
func (m *Model) arrays(wantSums bool) (values [2][]float32, sums []float32, err error) {
	if values[valueArray], err = m.get(m.values, valueArray); err != nil {
		return values, nil, err
	}
	if values[statisticArray], err = m.get(m.statistics, statisticArray); err != nil {
		return values, nil, err
	}
	if wantSums && m.summed {
		sums, err = m.get(m.sums, valueArray)
		return values, sums, err
	}
	return values, make([]float32, m.plan.sizes[valueArray]), nil
}

// SetParams implements [arbench.Trainable]. It changes nothing if a parameter does not fit.
func (m *Model) SetParams(ctx context.Context, ps []arbench.Param) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, q := range ps {
		if err := m.fits(q); err != nil {
			return fmt.Errorf("gomlx: %w", err)
		}
	}
	if err := m.set(ps); err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	return nil
}

// set replaces values and sums of parameters that fit.
func (m *Model) set(ps []arbench.Param) error {
	values, sums, err := m.arrays(true)
	if err != nil {
		return err
	}
	moved, summed := [2]bool{}, false
	for _, q := range ps {
		p := m.plan.params[m.plan.index[q.Name]]
		if len(q.Value.Data) > 0 {
			copy(p.of(values[p.array]), q.Value.Data)
			moved[p.array] = true
		}
		if len(q.Grad.Data) > 0 {
			copy(p.of(sums), q.Grad.Data)
			summed = true
		}
	}
	if moved[valueArray] {
		err = m.put(&m.values, values[valueArray])
	}
	if moved[statisticArray] && err == nil {
		err = m.put(&m.statistics, values[statisticArray])
	}
	if summed && err == nil {
		if err = m.put(&m.sums, sums); err == nil {
			m.summed = true
		}
	}
	return err
}

// fits reports why a parameter is not one of the net.
func (m *Model) fits(q arbench.Param) error {
	i, ok := m.plan.index[q.Name]
	if !ok {
		return fmt.Errorf("parameter %q is not one of this net", q.Name)
	}
	return q.CheckSet(m.plan.params[i].role, m.plan.params[i].shape)
}

// Snapshot implements [arbench.Trainable].
func (m *Model) Snapshot(ctx context.Context) (arbench.State, error) {
	ps, err := m.read(ctx, false)
	if err != nil {
		return arbench.State{}, err
	}
	s := arbench.State{Params: ps, Steps: m.stepped.steps}
	for k, of := range m.stepped.of {
		suffix := suffixes[m.stepped.method][k]
		array, err := m.get(of, valueArray)
		if err != nil {
			return arbench.State{}, fmt.Errorf("gomlx: moments %s: %w", suffix, err)
		}
		for _, i := range m.plan.trained() {
			p := m.plan.params[i]
			s.Moments = append(s.Moments, arbench.Param{Name: p.name + suffix, Role: p.role, Value: p.tensor(array)})
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
	arrays := make([][]float32, len(m.stepped.of))
	for k := range arrays {
		arrays[k] = make([]float32, m.plan.sizes[valueArray])
	}
	for k, q := range s.Moments {
		copy(m.plan.params[places[k].param].of(arrays[places[k].kind]), q.Value.Data)
	}
	for k, array := range arrays {
		if err := m.put(&m.stepped.of[k], array); err != nil {
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
