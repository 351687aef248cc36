package backendtest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/arbench/arbench"
)

func (m *slowModel) Params(context.Context) ([]arbench.Param, error) {
	out := slices.Clone(m.params)
	for i, p := range m.params {
		out[i].Value, out[i].Grad = p.Value.Clone(), p.Grad.Clone()
	}
	return out, nil
}

func (m *slowModel) SetParams(_ context.Context, ps []arbench.Param) error {
	for _, p := range ps {
		i := slices.IndexFunc(m.params, func(q arbench.Param) bool { return q.Name == p.Name })
		if i < 0 {
			return fmt.Errorf("no parameter %q", p.Name)
		}
		for _, part := range []arbench.Tensor{p.Value, p.Grad} {
			if n := len(part.Data); n != 0 && n != len(m.params[i].Value.Data) {
				return fmt.Errorf("%d numbers for %q", n, p.Name)
			}
		}
		copy(m.params[i].Value.Data, p.Value.Data)
		if m.flaw != "drops given derivatives" {
			copy(m.params[i].Grad.Data, p.Grad.Data)
		}
	}
	return nil
}

func (m *slowModel) ClearGrad() {
	for _, p := range m.params {
		if m.flaw != "never clears" {
			clear(p.Grad.Data)
		}
	}
}

func (m *slowModel) Step(_ context.Context, o arbench.Optimizer, rate float64) error {
	if m.moves == nil {
		for _, p := range m.params {
			m.moves = append(m.moves, newMover(o, p))
		}
	}
	m.steps++
	for i, p := range m.params {
		if p.Role == arbench.Statistic {
			continue
		}
		copy(m.moves[i].w, wide(p.Value.Data))
		m.moves[i].step(m.rule(o), wide(p.Grad.Data), rate, m.steps)
		copy(p.Value.Data, narrow(m.moves[i].w))
		for _, moment := range [][]float64{m.moves[i].first, m.moves[i].second} {
			copy(moment, wide(narrow(moment))) // a State holds float32
		}
		if m.flaw != "steps keep derivatives" {
			clear(p.Grad.Data)
		}
	}
	return nil
}

// rule returns the optimizer that is used for o.
func (m *slowModel) rule(o arbench.Optimizer) arbench.Optimizer {
	switch o := o.(type) {
	case *arbench.SGD:
		if m.flaw == "ignores nesterov" {
			plain := *o
			plain.Nesterov = false
			return &plain
		}
	case *arbench.Adam:
		if m.flaw == "couples the decay" {
			plain := *o
			plain.Decoupled = false
			return &plain
		}
	}
	return o
}

func (m *slowModel) Snapshot(ctx context.Context) (arbench.State, error) {
	s := arbench.State{Steps: m.steps}
	s.Params, _ = m.Params(ctx)
	for i, move := range m.moves {
		for suffix, of := range map[string][]float64{".first": move.first, ".second": move.second} {
			value := arbench.Tensor{Shape: []int{len(of)}, Data: narrow(of)}
			s.Moments = append(s.Moments, arbench.Param{Name: m.params[i].Name + suffix, Value: value})
		}
	}
	return s, nil
}

func (m *slowModel) Restore(ctx context.Context, s arbench.State) error {
	moments := map[string][]float64{}
	for _, p := range s.Moments {
		moments[p.Name] = wide(p.Value.Data)
	}
	m.steps, m.moves = s.Steps, nil
	for _, p := range m.params {
		first, second := moments[p.Name+".first"], moments[p.Name+".second"]
		if m.flaw == "forgets moments" {
			clear(first)
		}
		m.moves = append(m.moves, mover{wide(p.Value.Data), first, second, 0})
	}
	m.ClearGrad()
	return m.SetParams(ctx, s.Params)
}

func (m *slowModel) Visit(
	ctx context.Context, x arbench.Tensor, layers []string, f func(string, arbench.Tensor) error,
) error {
	r, err := newReference(m.net, m.params)
	if err != nil {
		return err
	}
	out, err := r.run(rows(x), arbench.Frozen)
	if err != nil {
		return err
	}
	left := maps.Collect(slices.All(layers))
	for i, l := range m.net.Layers {
		if !slices.Contains(layers, l.Name) && m.flaw != "shows every layer" {
			continue
		}
		maps.DeleteFunc(left, func(_ int, name string) bool { return name == l.Name })
		a := arbench.Tensor{Shape: append([]int{x.Len()}, r.shapes[i]...), Data: narrow(join(out[i]))}
		if err := f(l.Name, a); err != nil {
			return err
		}
	}
	for _, name := range left {
		return fmt.Errorf("no layer %q", name)
	}
	return nil
}
