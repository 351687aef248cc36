//go:build gomlx

package gomlx

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/gomlx/compute"

	"github.com/arbench/arbench"
)

// errNotFinite stops a pass whose logits or derivatives are not finite, until it is known where that
// begins.
var errNotFinite = errors.New("not finite")

// Run implements [arbench.Model]. A pass that fails while it adds to the running sums of derivatives leaves them zero.
func (m *Model) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	p, err := m.pass(ctx, c)
	if err != nil {
		return arbench.Pass{}, fmt.Errorf("gomlx: %w", err)
	}
	return p, nil
}

func (m *Model) pass(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if err := c.Check(m.Info()); err != nil {
		return arbench.Pass{}, err
	}
	r := m.newRound(c)
	if r.n == 0 {
		return r.out, nil
	}
	err := r.do(ctx)
	if err != nil && r.dparams {
		m.ClearGrad()
	}
	if errors.Is(err, errNotFinite) {
		err = r.locate()
	}
	return r.out, err
}

// A round is the work of one Call.
type round struct {
	*Model
	call        arbench.Call
	n           int
	batch       bool // batch normalization uses the statistics of the batch
	update      bool
	dx, dparams bool
	aims        []aim
	weight      []float32
	out         arbench.Pass
	moved       compute.Buffer // the running statistics that this call has moved; nil before
}

func (m *Model) newRound(c arbench.Call) *round {
	n := c.X.Len()
	r := &round{Model: m, call: c, n: n, weight: c.Weight}
	r.batch = c.Mode != arbench.Frozen && m.plan.norms
	r.update = r.batch && c.Mode == arbench.BatchUpdate
	r.dx = c.Want&arbench.DX != 0
	r.dparams = c.Want&arbench.DParams != 0 && len(m.plan.trained()) > 0
	r.out.Logits = arbench.NewTensor(n, m.plan.classes())
	if r.dparams && c.Weight == nil {
		r.weight = make([]float32, n)
		for i := range r.weight {
			r.weight[i] = 1 / float32(n)
		}
	}
	for _, l := range c.Losses {
		r.out.Values = append(r.out.Values, make([]float64, n))
		r.aims = append(r.aims, aimOf(l, m.plan.classes()))
		if r.dx {
			r.out.DX = append(r.out.DX, arbench.NewTensor(c.X.Shape...))
		}
	}
	return r
}

// do makes the passes of the call.
func (r *round) do(ctx context.Context) error {
	if err := r.checkValues(r.call.X); err != nil {
		return err
	}
	var err error
	if r.dx || r.dparams {
		if err = r.ask(ctx); err == nil {
			err = r.each(ctx, true)
		}
	} else {
		err = r.each(ctx, false)
	}
	if err == nil {
		err = r.evaluate()
	}
	if err != nil {
		free(r.moved)
		r.moved = nil // what locate does next begins anew
		return err
	}
	if r.moved != nil {
		free(r.statistics)
		r.statistics = r.moved
	}
	return nil
}

// ask finds the derivative by the logits of the losses that have it from Eval alone: after a forward pass.
func (r *round) ask(ctx context.Context) error {
	foreign := false
	for _, a := range r.aims {
		foreign = foreign || a.fill == nil
	}
	if !foreign {
		return nil
	}
	first := *r
	first.dx, first.dparams, first.update = false, false, false
	if err := first.each(ctx, false); err != nil {
		return err
	}
	for k, a := range r.aims {
		if a.fill != nil {
			continue
		}
		dz := arbench.NewTensor(r.out.Logits.Shape...)
		if err := r.eval(k, dz); err != nil {
			return err
		}
		if i := firstBad(dz.Data, r.plan.classes()); i >= 0 {
			return fmt.Errorf("loss %d has a derivative that is NaN or infinite in row %d", k, i)
		}
		r.aims[k].fill = func(t []float32, lo, hi int) { copy(t, dz.Rows(lo, hi).Data) }
	}
	return nil
}

// eval evaluates loss k of all rows, which may be code of somebody else: its panic is an error.
func (r *round) eval(k int, dz arbench.Tensor) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loss %d: panic: %v\n%s", k, p, debug.Stack())
		}
	}()
	r.aims[k].loss.Eval(r.out.Logits, dz, r.out.Values[k])
	return nil
}

// evaluate sets the values of the losses from the logits.
func (r *round) evaluate() error {
	for k := range r.aims {
		if err := r.eval(k, arbench.Tensor{}); err != nil {
			return err
		}
	}
	return nil
}

// A part is the rows of one execution: those from lo to hi-1 of the call, filled up to a number of rows.
type part struct{ lo, hi, rows int }

// parts cuts the rows of the call. With derivatives in the parameters all rows are in one part: the order of
// their sums is that of the call.
func (r *round) parts() (ps []part) {
	switch {
	case !r.batch && !r.dparams:
		return r.cut(r.n)
	case !r.batch || r.call.Groups == nil:
		return []part{{0, r.n, r.n}}
	}
	lo := 0
	for _, n := range r.call.Groups {
		ps = append(ps, part{lo, lo + n, n})
		lo += n
	}
	return ps
}

// cut cuts n rows that do not influence each other.
func (m *Model) cut(n int) (ps []part) {
	for lo := 0; lo < n; lo += m.rows {
		ps = append(ps, part{lo, min(lo+m.rows, n), m.rows})
	}
	return ps
}

// each makes a pass of each part, with derivatives or without.
func (r *round) each(ctx context.Context, derive bool) error {
	for _, p := range r.parts() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.part(ctx, p, derive); err != nil {
			return err
		}
	}
	return nil
}
