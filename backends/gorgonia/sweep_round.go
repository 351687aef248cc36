package gorgonia

import (
	"context"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

// sweeps reports that a call can go a few rows at a time: nothing couples the rows.
func (r *round) sweeps(what purpose) bool {
	if what.batch || what.dparams {
		return false
	}
	return !what.dx || !slices.ContainsFunc(r.call.Losses, func(l arbench.Loss) bool {
		_, ok := rowsOf(l, r.n, 0, r.n)
		return !ok
	})
}

// sweep makes a pass a few rows at a time.
func (r *round) sweep(ctx context.Context, what purpose) error {
	return r.sweeping(ctx, what, 1, nil)
}

// sweeping makes passes, so many times in a row for a few rows at a time, and calls then, which may
// be nil, after each with the rows and the time from 0.
func (r *round) sweeping(ctx context.Context, what purpose, times int, then func(lo, hi, time int)) error {
	what.sweep = true
	g, err := r.graph(what, 0)
	if err != nil {
		return err
	}
	if err := g.prepare(r.now); err != nil {
		return err
	}
	*g.pass = pass{n: r.n, x: r.call.X.Data}
	g.sweep.begin(r.n, r.eng.pool.Threads())
	g.sweep.times = times
	if what.dx {
		r.roomForSeeds()
	}
	g.sweep.score = func(w *worker, s span, lo, time int) {
		if ctx.Err() != nil {
			return
		}
		r.takeRows(g, s, lo)
		if what.dx {
			r.scoreRows(g, w, s, lo)
		}
		if then != nil {
			then(lo, lo+s.rows(), time)
			return
		}
		for _, dx := range r.out.DX {
			if firstBad(dx.Rows(lo, lo+s.rows()).Data, 1) >= 0 {
				r.bad.Store(true)
			}
		}
	}
	err = g.run()
	g.sweep.score = nil // it holds on to the call
	if err != nil {
		return err
	}
	for _, row := range g.sweep.bad {
		if row > 0 {
			return badImage(int(row) - 1)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.settle(what)
}

// takeRows copies logits out of the graph.
func (r *round) takeRows(g *graph, s span, lo int) {
	z := g.logits()
	for i := range s.rows() {
		copy(r.out.Logits.Row(lo+i), z.rows(z.data, s.lo+i, s.lo+i+1))
	}
}

// scoreRows evaluates the losses of a chunk and goes back for each.
func (r *round) scoreRows(g *graph, w *worker, s span, lo int) {
	hi, classes, z := lo+s.rows(), r.classes(), g.logits()
	for k, l := range r.call.Losses {
		rows, _ := rowsOf(l, r.n, lo, hi)
		seeds := r.dz[k][lo*classes : hi*classes]
		clear(seeds)
		rows.Eval(r.out.Logits.Rows(lo, hi), arbench.Tensor{Shape: []int{s.rows(), classes}, Data: seeds},
			r.out.Values[k][lo:hi])
		for i := range s.rows() {
			row := z.rows(z.grad, s.lo+i, s.lo+i+1)
			clear(row)
			copy(row, seeds[i*classes:(i+1)*classes])
		}
		g.sweepBack(w, s, r.out.DX[k].Data)
	}
}

// roomForSeeds makes room for the derivatives by the logits.
func (r *round) roomForSeeds() {
	for len(r.dz) < len(r.call.Losses) {
		r.dz = append(r.dz, nil)
	}
	for k := range r.call.Losses {
		r.dz[k] = room(r.dz[k], len(r.out.Logits.Data))
	}
}

// settle looks for numbers that are none, in the order in which they come about, and evaluates
// the losses that are not there yet.
func (r *round) settle(what purpose) error {
	if firstBad(r.out.Logits.Data, r.classes()) >= 0 {
		return errNotFinite
	}
	for k, l := range r.call.Losses {
		if !what.dx {
			if err := r.eval(k, l, arbench.Tensor{}); err != nil {
				return err
			}
			continue
		}
		if i := firstBad(r.dz[k][:len(r.out.Logits.Data)], r.classes()); i >= 0 {
			return fmt.Errorf("loss %d has a derivative that is NaN or infinite in row %d", k, i)
		}
	}
	if r.bad.Load() {
		return errNotFinite
	}
	return nil
}
