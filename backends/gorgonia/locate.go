package gorgonia

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

// locate makes the pass of a call again, layer by layer, and returns an error that names the layer
// where the first NaN or infinity appears.
func (m *Model) locate(c arbench.Call, r *round) error {
	what := purpose{batch: c.Mode != arbench.Frozen && m.hasNorms(), dx: c.Want&arbench.DX != 0, plain: true}
	g, err := newGraph(m.plan, m.eng, what, r.n) // not kept: this is no pass that anybody repeats
	if err != nil {
		return err
	}
	if what.dx {
		return r.locateBackward(g)
	}
	if err := r.enterPlain(context.Background(), g); err != nil {
		return err
	}
	return r.badForward(g)
}

// badForward returns the error of the first layer whose output is not finite.
func (r *round) badForward(g *graph) error {
	for i, l := range r.plan.net.Layers {
		v := g.values[i+1]
		if !r.plan.live[i] {
			continue
		}
		if row := firstBad(v.rows(v.data, 0, r.n), v.size()); row >= 0 {
			return fmt.Errorf("layer %q gives a NaN or an infinity in row %d", l.Name, row)
		}
	}
	return fmt.Errorf("the logits have a NaN or an infinity that no layer alone gives")
}

// locateBackward does the same for a pass whose logits may be finite.
func (r *round) locateBackward(g *graph) error {
	if err := g.prepare(r.now); err != nil {
		return err
	}
	r.enter(g)
	for k := range r.call.Losses {
		g.pass.dx = r.out.DX[k].Data
		g.seed = func() error {
			if err := r.evaluate(g); err != nil {
				return err
			}
			r.fillSeed(g, half{losses: []int{k}})
			return nil
		}
		if err := g.run(); err != nil {
			return r.badForward(g)
		}
		for i := len(r.plan.net.Layers) - 1; i >= -1; i-- {
			v := g.values[i+1]
			if !v.active || i >= 0 && !r.plan.live[i] {
				continue
			}
			if row := firstBad(v.rows(v.grad, 0, r.n), v.size()); row >= 0 {
				return fmt.Errorf("the derivative of loss %d by the output of layer %q has a NaN or an "+
					"infinity in row %d", k, v.name, row)
			}
		}
	}
	return fmt.Errorf("the derivative in the images has a NaN or an infinity that no layer alone gives")
}
