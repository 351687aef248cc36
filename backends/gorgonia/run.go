package gorgonia

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/arbench/arbench"
)

// errNotFinite stops a pass whose logits or derivatives are not finite, until it is known where that
// begins.
var errNotFinite = errors.New("not finite")

// Run implements [arbench.Model]. After an error the running sums of derivatives are zero.
func (m *Model) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if err := c.Check(m.Info()); err != nil {
		return arbench.Pass{}, fmt.Errorf("gorgonia: %w", err)
	}
	r := m.newRound(c)
	if c.X.Len() == 0 {
		return r.out, nil
	}
	what := r.purpose()
	if !r.sweeps(what) {
		if err := m.checkValues(c.X); err != nil {
			return arbench.Pass{}, fmt.Errorf("gorgonia: %w", err)
		}
	}
	err := r.do(ctx, what)
	if err == nil {
		return r.out, nil
	}
	if c.Want&arbench.DParams != 0 {
		m.ClearGrad()
	}
	if errors.Is(err, errNotFinite) {
		err = m.locate(c, r)
	}
	return arbench.Pass{}, fmt.Errorf("gorgonia: %w", err)
}

// A round is the work of one Call.
type round struct {
	*Model
	call    arbench.Call
	n       int
	groups  []int
	out     arbench.Pass
	bad     atomic.Bool // a derivative in the images is not finite
	uniform bool        // the rows have one weight in the derivative of the parameters
	weight  float32     // it
}

func (m *Model) newRound(c arbench.Call) *round {
	n := c.X.Len()
	r := &round{Model: m, call: c, n: n, groups: c.Groups, uniform: true}
	if c.Groups == nil {
		r.groups = []int{n}
	}
	switch {
	case c.Weight == nil && n > 0:
		r.weight = 1 / float32(n)
	case n > 0:
		r.weight = c.Weight[0]
		for _, w := range c.Weight {
			r.uniform = r.uniform && w == r.weight
		}
	}
	r.out.Logits = arbench.NewTensor(n, m.classes())
	for range c.Losses {
		r.out.Values = append(r.out.Values, make([]float64, n))
		if c.Want&arbench.DX != 0 {
			r.out.DX = append(r.out.DX, arbench.NewTensor(c.X.Shape...))
		}
	}
	return r
}

// purpose returns what the call wants of a graph.
func (r *round) purpose() purpose {
	want := r.call.Want & (arbench.DX | arbench.DParams)
	return purpose{batch: r.call.Mode != arbench.Frozen && r.hasNorms(),
		dx: want&arbench.DX != 0, dparams: want&arbench.DParams != 0 && r.trains()}
}

func (r *round) do(ctx context.Context, what purpose) error {
	switch {
	case r.sweeps(what):
		return r.sweep(ctx, what)
	case !what.derives():
		return r.forward(ctx, what)
	}
	g, err := r.graph(what, r.n)
	if err != nil {
		return err
	}
	if err := g.prepare(r.now); err != nil {
		return err
	}
	if err := r.backward(ctx, g); err != nil {
		return err
	}
	r.updateNorms(g, len(r.groups))
	return nil
}

// hasNorms reports that the logits depend on a batch normalization.
func (m *Model) hasNorms() bool {
	for i, n := range m.plan.norms {
		if n != nil && m.plan.live[i] {
			return true
		}
	}
	return false
}

// trains reports that the logits depend on a parameter.
func (m *Model) trains() bool {
	for i, l := range m.plan.linears {
		op := m.plan.rowOps[i]
		if (l != nil || m.plan.norms[i] != nil || op != nil && len(op.params()) > 0) && m.plan.live[i] {
			return true
		}
	}
	return false
}

// updateNorms moves the running statistics if the call asks for that.
func (r *round) updateNorms(g *graph, groups int) {
	if r.call.Mode != arbench.BatchUpdate || len(g.norms) == 0 {
		return
	}
	for _, n := range g.norms {
		n.update(groups)
	}
	r.now.statistics++
}

// forward makes a pass without derivatives that needs the statistics of the batch.
func (r *round) forward(ctx context.Context, what purpose) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g, err := r.graph(what, r.n)
	if err != nil {
		return err
	}
	if err := g.prepare(r.now); err != nil {
		return err
	}
	r.enter(g)
	if err := g.run(); err != nil {
		return err
	}
	r.takeRows(g, span{0, r.n, 0}, 0)
	if err := r.settle(what); err != nil {
		return err
	}
	r.updateNorms(g, len(r.groups))
	return nil
}

// enter sets what the blocks must know about the call.
func (r *round) enter(g *graph) {
	*g.pass = pass{n: r.n, groups: r.groups, x: r.call.X.Data, weight: 1}
}
