//go:build gomlx

package gomlx

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// Visit implements [arbench.Observable].
func (m *Model) Visit(ctx context.Context, x arbench.Tensor, layers []string,
	f func(layer string, a arbench.Tensor) error) error {
	if err := cmp.Or(m.Info().CheckShape(x), m.checkValues(x)); err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	at, err := m.plan.net.Find(layers)
	if err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	if x.Len() == 0 || len(at) == 0 {
		return ctx.Err()
	}
	shown, err := m.show(ctx, x, at)
	if err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	for k, i := range at {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(m.plan.net.Layers[i].Name, shown[k]); err != nil {
			return err
		}
	}
	return nil
}

// show returns the outputs of layers in Frozen mode.
func (m *Model) show(ctx context.Context, x arbench.Tensor, at []int) (shown []arbench.Tensor, err error) {
	for _, i := range at {
		shown = append(shown, arbench.NewTensor(append([]int{x.Len()}, m.plan.shapes[i]...)...))
	}
	build := func(g *graph.Graph) []*graph.Node {
		ws := m.plan.declare(g)
		x := graph.Parameter(g, "images", float(m.plan.image(m.rows)...))
		return pick(m.plan.lower(x, ws, false, at...).values, at)
	}
	what := purpose{kind: "visit", rows: m.rows, detail: fmt.Sprint(at)}
	err = m.engine.use(ctx, m.plan.key, what, build, func(program *program) error {
		for _, p := range m.cut(x.Len()) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := m.showPart(program, p, x, shown); err != nil {
				return err
			}
		}
		return nil
	})
	return shown, err
}

// showPart runs the program of a visit on a part of the rows.
func (m *Model) showPart(program *program, p part, x arbench.Tensor, shown []arbench.Tensor) error {
	images, err := m.bring(p, x)
	if err != nil {
		return err
	}
	defer m.engine.images.release(images)
	out, err := program.run(borrowed(m.values, m.statistics, images.value))
	if err != nil {
		return err
	}
	defer free(out...)
	for k, t := range shown {
		if err := m.fetch(p, out[k], t); err != nil {
			return err
		}
	}
	return nil
}
