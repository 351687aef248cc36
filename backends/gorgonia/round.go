package gorgonia

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/arbench/arbench"
)

// backward makes a pass with derivatives. The losses are evaluated once, when the program reaches the
// logits; it then goes back for the first of them. For the others it runs again without its forward
// half.
func (r *round) backward(ctx context.Context, g *graph) error {
	r.enter(g)
	evaluated := false
	for _, b := range r.backwards() {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.pass.replay, g.pass.dx, g.pass.dparams = evaluated, nil, b.dparams
		if b.dx >= 0 {
			g.pass.dx = r.out.DX[b.dx].Data
		}
		if g.pass.weight = r.weight; b.weighed {
			g.pass.weight = 1
		}
		g.seed = func() error {
			if !evaluated {
				if err := r.evaluate(g); err != nil {
					return err
				}
				evaluated = true
			}
			r.fillSeed(g, b)
			return nil
		}
		if err := g.run(); err != nil {
			return err
		}
		if g.pass.dx != nil && firstBad(g.pass.dx, 1) >= 0 {
			return errNotFinite
		}
	}
	return nil
}

// A half is one way back through the net.
type half struct {
	losses  []int // whose derivatives by the logits are added up
	dx      int   // index of the derivative in the images that it gives, -1 for none
	dparams bool
	weighed bool // the rows are multiplied by their weights
}

// backwards lists the ways back that a call needs: one for each derivative in the images, which can
// serve the parameters as well where the rows have one weight, else one for the parameters.
func (r *round) backwards() []half {
	var hs []half
	all := make([]int, len(r.call.Losses))
	dparams := r.call.Want&arbench.DParams != 0
	for k := range all {
		all[k] = k
		if r.call.Want&arbench.DX != 0 {
			hs = append(hs, half{losses: all[k : k+1], dx: k, dparams: dparams && r.uniform})
		}
	}
	if dparams && (!r.uniform || len(hs) == 0) {
		hs = append(hs, half{losses: all, dx: -1, dparams: true, weighed: true})
	}
	return hs
}

// evaluate takes the logits out of the graph and evaluates the losses.
func (r *round) evaluate(g *graph) error {
	r.takeRows(g, span{0, r.n, 0}, 0)
	if firstBad(r.out.Logits.Data, r.classes()) >= 0 {
		return errNotFinite
	}
	r.roomForSeeds()
	for k, l := range r.call.Losses {
		dz := arbench.Tensor{Shape: r.out.Logits.Shape, Data: r.dz[k][:len(r.out.Logits.Data)]}
		clear(dz.Data)
		if err := r.eval(k, l, dz); err != nil {
			return err
		}
		if i := firstBad(dz.Data, r.classes()); i >= 0 {
			return fmt.Errorf("loss %d has a derivative that is NaN or infinite in row %d", k, i)
		}
	}
	return nil
}

// eval evaluates loss k of all rows, on all workers if a row's value is its own affair. It may be code of
// somebody else: its panic is an error.
func (r *round) eval(k int, l arbench.Loss, dz arbench.Tensor) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loss %d: panic: %v\n%s", k, p, debug.Stack())
		}
	}()
	if _, ok := rowsOf(l, r.n, 0, r.n); !ok || dz.Data == nil {
		l.Eval(r.out.Logits, dz, r.out.Values[k])
		return nil
	}
	parts := min(r.n, r.eng.pool.Threads())
	err = r.eng.pool.Do(parts, func(_, i int) {
		lo, hi := part(r.n, parts, i)
		rows, _ := rowsOf(l, r.n, lo, hi)
		rows.Eval(r.out.Logits.Rows(lo, hi), dz.Rows(lo, hi), r.out.Values[k][lo:hi])
	})
	if err != nil {
		return fmt.Errorf("loss %d: %w", k, err)
	}
	return nil
}

// fillSeed sets the derivative by the logits that the program goes back from.
func (r *round) fillSeed(g *graph, h half) {
	z, k := g.logits(), r.classes()
	for i := range r.n {
		row := z.rows(z.grad, i, i+1)
		clear(row)
		w := float32(1)
		switch {
		case h.weighed && r.uniform:
			w = r.weight
		case h.weighed:
			w = r.call.Weight[i]
		}
		for _, l := range h.losses {
			for j, v := range r.dz[l][i*k : (i+1)*k] {
				row[j] += w * v
			}
		}
	}
}
