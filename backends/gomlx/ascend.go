//go:build gomlx

package gomlx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// Ascend implements [arbench.Ascender]: the images go to the device, and come back after the last step. It
// makes no ascent whose loss the graph does not know, nor one along DLR: in a graph of several steps XLA may round its
// ratio otherwise than in one of a single step, and the sign of a derivative near 0 with it.
func (m *Model) Ascend(ctx context.Context, a arbench.Ascent) (first []int, ok bool, err error) {
	c := arbench.Call{X: a.X, Losses: []arbench.Loss{a.Loss}, Mode: a.Mode}
	if a.Norm != arbench.Linf || a.Family != nil || a.Steps < 1 || a.X.Len() == 0 || a.Mode == arbench.BatchUpdate {
		return nil, false, nil
	}
	if err := c.Check(m.Info()); err != nil {
		return nil, false, fmt.Errorf("gomlx: %w", err)
	}
	if n := a.X.Len(); !slices.Equal(a.X0.Shape, a.X.Shape) || len(a.Y) != n || len(a.Size) != n || a.Each != nil && len(a.Each) != n {
		return nil, false, fmt.Errorf("gomlx: an ascent of images %v has images %v to stay near, %d classes, %d step sizes and %d budgets",
			a.X.Shape, a.X0.Shape, len(a.Y), len(a.Size), len(a.Each))
	}
	r := m.newRound(c)
	if a := r.aims[0]; a.fill == nil || a.tail == dlr || a.tail == targeted {
		return nil, false, nil
	}
	if err := cmp.Or(r.checkValues(a.X), r.checkValues(a.X0), checkRadii(a)); err != nil {
		return nil, false, fmt.Errorf("gomlx: %w", err)
	}
	for _, p := range r.parts() {
		here, err := r.ascend(ctx, a, p)
		if errors.Is(err, errNotFinite) {
			err = r.retrace(ctx, a)
		}
		if err != nil {
			return nil, false, fmt.Errorf("gomlx: %w", err)
		}
		first = append(first, here...)
	}
	return first, true, nil
}

// ascend makes the ascent of a part of the rows.
func (r *round) ascend(ctx context.Context, a arbench.Ascent, p part) ([]int, error) {
	images, err := r.bring(p, a.X0)
	if err != nil {
		return nil, err
	}
	defer r.engine.images.release(images)
	var own buffers
	defer func() { own.free() }()
	fixed, err := r.ascentInputs(a, p, images, &own)
	if err != nil {
		return nil, err
	}
	x, err := upload(r.engine, fill(p, a.X), r.plan.image(p.rows)...)
	if err != nil {
		return nil, err
	}
	state := []compute.Buffer{x}
	defer func() { free(state...) }()
	for _, start := range [][]int32{make([]int32, p.rows), {0}, {0}} { // first, steps made, bad
		b, err := upload(r.engine, start, len(start), 1)
		if err != nil {
			return nil, err
		}
		state = append(state, b)
	}
	for made := 0; made < a.Steps; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		steps := r.engine.unroll
		if a.Steps-made < steps || r.plan.narrow { // XLA compiles ten steps with bfloat16 for minutes on a CPU
			steps = 1
		}
		what := purpose{kind: "ascent", rows: p.rows, batch: r.batch, tails: tailsOf(r.aims), steps: steps}
		err := r.engine.use(ctx, r.plan.key, what, r.plan.ascent(what), func(program *program) error {
			in := append(r.weights(), fixed...)
			next, err := program.run(append(in, handed(state...)...))
			if err == nil {
				state = next
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		made += steps
	}
	first, err := r.arrive(p, state, a.X)
	if err == nil && p.hi-p.lo == p.rows { // what fills up does not end as the last row does
		r.keep(p, a.X, state[0])
		state[0] = nil
	}
	return first, err
}

// arrive copies where an ascent ends to the images x, and returns its first misclassified points.
func (m *Model) arrive(p part, state []compute.Buffer, x arbench.Tensor) ([]int, error) {
	bad, marks := make([]int32, 1), make([]int32, p.rows)
	if err := errors.Join(download(m.engine, state[3], bad), download(m.engine, state[1], marks)); err != nil {
		return nil, err
	}
	if bad[0] != 0 {
		return nil, errNotFinite
	}
	if err := m.fetch(p, state[0], x); err != nil {
		return nil, err
	}
	first := make([]int, p.hi-p.lo)
	for i := range first {
		first[i] = int(marks[i])
	}
	return first, nil
}

// ascentInputs uploads what stays the same in an ascent.
func (r *round) ascentInputs(a arbench.Ascent, p part, images *staged, own *buffers) (in []input, err error) {
	in = borrowed(images.value)
	k := r.plan.classes()
	t := make([]float32, p.rows*k)
	r.aims[0].fill(t, p.lo, p.hi)
	size, eps, y := make([]float32, p.rows), make([]float32, p.rows), make([]int32, p.rows)
	for i := p.lo; i < p.hi; i++ {
		size[i-p.lo], eps[i-p.lo], y[i-p.lo] = float32(a.Size[i]), float32(a.At(i)), int32(a.Y[i])
	}
	for _, array := range []struct {
		data []float32
		dims []int
	}{
		{t, []int{p.rows, k}},
		{size, []int{p.rows, 1, 1, 1}}, {eps, []int{p.rows, 1, 1, 1}},
	} {
		b, err := own.put(r.engine, array.data, array.dims...)
		if err != nil {
			return nil, err
		}
		in = append(in, b)
	}
	class, err := upload(r.engine, y, p.rows, 1)
	if err != nil {
		return nil, err
	}
	*own = append(*own, class)
	return append(in, borrowed(class)...), nil
}

// ascent writes some steps. The inputs are the arrays of the parameters, what ascentInputs uploads, and the
// state: the images, the first misclassified point of each row, the number of steps made and whether
// something was not finite. The outputs are the state after them.
func (p *plan) ascent(what purpose) func(g *graph.Graph) []*graph.Node {
	return func(g *graph.Graph) []*graph.Node {
		ws := p.declare(g)
		images, column := float(p.image(what.rows)...), float(what.rows, 1, 1, 1)
		whole := func(name string, rows int) *graph.Node {
			return graph.Parameter(g, name, shapes.Make(dtypes.Int32, rows, 1))
		}
		x0 := graph.Parameter(g, "x0", images)
		t := graph.Parameter(g, "target", float(what.rows, p.classes()))
		size, eps := graph.Parameter(g, "size", column), graph.Parameter(g, "eps", column)
		y, x := whole("y", what.rows), graph.Parameter(g, "x", images)
		first, made, bad := whole("first", what.rows), whole("made", 1), whole("bad", 1)
		none := graph.ZerosLike(first)
		for range what.steps {
			z := p.lower(x, ws, what.batch).logits()
			d := back(z, tail(what.tails[0]).gradient(z, t), x)[0]
			made = graph.OnePlus(made)
			fresh := graph.And(graph.Equal(first, none), graph.GreaterThan(wrong(z, y), none))
			first = graph.Where(fresh, graph.BroadcastToShape(made, first.Shape()), first)
			bad = graph.Max(bad, graph.Max(notFinite(z), notFinite(d)))
			x = signStep(x, x0, d, size, eps)
		}
		return []*graph.Node{x, first, made, bad}
	}
}

// signStep is [arbench.SignStep] on all rows.
func signStep(x, x0, d, size, eps *graph.Node) *graph.Node {
	x = graph.Add(x, graph.Mul(graph.Sign(d), size))
	x = graph.Min(graph.Max(x, graph.Sub(x0, eps)), graph.Add(x0, eps))
	return graph.Min(graph.Max(x, graph.ZerosLike(x)), graph.OnesLike(x))
}

// notFinite is 1 where any value of x is a NaN or an infinity, else 0, [1, 1].
func notFinite(x *graph.Node) *graph.Node {
	bad := graph.ConvertDType(graph.LogicalNot(graph.IsFinite(x)), dtypes.Int32)
	return graph.Reshape(graph.ReduceAllMax(bad), 1, 1)
}

// retrace makes an ascent whose numbers are not finite step by step, for the error that says where.
func (r *round) retrace(ctx context.Context, a arbench.Ascent) error {
	c := r.call
	c.X, c.Want = a.X.Clone(), arbench.DX
	for range a.Steps {
		p, err := r.pass(ctx, c)
		if err != nil {
			return err
		}
		for i := range c.X.Len() {
			arbench.SignStep(c.X.Row(i), a.X0.Row(i), p.DX[0].Row(i), float32(a.Size[i]), float32(a.At(i)))
		}
	}
	return errors.New("an ascent meets a NaN or an infinity that no step alone gives")
}
