package gorgonia

import (
	"cmp"
	"context"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// Visit implements [arbench.Observable]. It goes layer by layer.
func (m *Model) Visit(ctx context.Context, x arbench.Tensor, layers []string,
	f func(layer string, a arbench.Tensor) error) error {
	if err := cmp.Or(m.Info().CheckShape(x), m.checkValues(x)); err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	at, err := m.plan.net.Find(layers)
	if err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	if x.Len() == 0 || len(at) == 0 {
		return ctx.Err()
	}
	r := m.newRound(arbench.Call{X: x})
	g, err := m.graph(purpose{plain: true}, r.n)
	if err != nil {
		return err
	}
	if err := r.enterPlain(ctx, g); err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	for _, i := range at {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(m.plan.net.Layers[i].Name, g.tensor(i, g.values[i+1].data, r.n)); err != nil {
			return err
		}
	}
	return nil
}

// enterPlain makes a forward pass of a graph without losses.
func (r *round) enterPlain(ctx context.Context, g *graph) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.prepare(r.now); err != nil {
		return err
	}
	r.enter(g)
	return g.run()
}

// tensor copies n rows of data, laid out as the output of layer i, into a tensor of its shape.
func (g *graph) tensor(i int, data []float32, n int) arbench.Tensor {
	v, vector, order := g.values[i+1], len(g.plan.shape(i)) == 1, g.order(i)
	t := arbench.NewTensor(append([]int{n}, g.plan.shape(i)...)...)
	for r := range n {
		if row := t.Row(r); vector {
			for f := range row {
				row[f] = v.rows(data, r, r+1)[order(f)]
			}
		} else {
			kernel.ToNCHW(row, v.image(data, r), v.channels)
		}
	}
	return t
}
