//go:build gomlx

package gomlx

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// moments is what the optimizer has kept so far.
type moments struct {
	method string // of the optimizer; empty before the first step
	steps  int
	of     [][]compute.Buffer // for each of suffixes[method], of each parameter; nil for statistics
}

// suffixes names what each optimizer keeps for a parameter.
var suffixes = map[string][]string{"sgd": {".momentum"}, "adam": {".m", ".v"}}

// startMoments sets the moments of an optimizer's method to zero and drops those of others.
func (m *Model) startMoments(method string) error {
	for _, of := range m.stepped.of {
		free(of...)
	}
	m.stepped = moments{method: method}
	for range suffixes[method] {
		of := make([]compute.Buffer, len(m.plan.params))
		for _, i := range m.plan.trained() {
			if err := m.put(&of[i], i, make([]float32, arbench.Volume(m.plan.params[i].shape))); err != nil {
				return err
			}
		}
		m.stepped.of = append(m.stepped.of, of)
	}
	return nil
}

// Step implements [arbench.Trainable]. With an optimizer of another method than before, the moments
// start anew.
func (m *Model) Step(ctx context.Context, o arbench.Optimizer, rate float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	if err := m.step(o, rate); err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	return nil
}

func (m *Model) step(o arbench.Optimizer, rate float64) error {
	if m.stepped.method != o.Method() {
		if err := m.startMoments(o.Method()); err != nil {
			return err
		}
	}
	if m.stepped.steps++; len(m.plan.trained()) == 0 {
		return nil
	}
	what := purpose{kind: "step", detail: fmt.Sprintf("%s %+v", o.Method(), o)}
	return m.engine.use(m.plan.key, what, func(g *graph.Graph) []*graph.Node { return m.plan.move(g, o) },
		func(program *program) error { return m.runStep(program, o, rate) })
}

// runStep runs the program of a step.
func (m *Model) runStep(program *program, o arbench.Optimizer, rate float64) error {
	var own buffers
	defer func() { own.free() }()
	var in []input
	for _, v := range append([]float64{rate}, corrections(o, m.stepped.steps)...) {
		b, err := own.put(m.engine, []float32{float32(v)})
		if err != nil {
			return err
		}
		in = append(in, b)
	}
	count, err := upload(m.engine, []bool{m.summed})
	if err != nil {
		return err
	}
	own = append(own, count)
	in = append(in, borrowed(count)...)
	trained, moving := m.plan.trained(), append([][]compute.Buffer{m.values}, m.stepped.of...)
	in = append(in, borrowed(pick(m.sums, trained)...)...)
	for _, of := range moving {
		in = append(in, handed(pick(of, trained)...)...)
	}
	out, err := program.run(in)
	for _, of := range moving {
		for _, i := range trained {
			if of[i] = nil; err == nil {
				of[i], out = out[0], out[1:]
			}
		}
	}
	m.summed = false
	return err
}

// corrections returns the factors that undo the bias of Adam's moments after so many steps.
func corrections(o arbench.Optimizer, steps int) []float64 {
	adam, ok := o.(*arbench.Adam)
	if !ok {
		return nil
	}
	t := float64(steps)
	return []float64{1 / (1 - math.Pow(adam.Beta1, t)), 1 / (1 - math.Pow(adam.Beta2, t))}
}

// move writes a step of an optimizer. The inputs are the rate, the corrections, whether the sums count, the sums,
// then the values and each kind of moment of the parameters that training moves; the outputs the new values
// and moments.
func (p *plan) move(g *graph.Graph, o arbench.Optimizer) (outs []*graph.Node) {
	scalar := func(name string) *graph.Node { return graph.Parameter(g, name, float()) }
	rate, factors := scalar("rate"), []*graph.Node(nil)
	for k := range corrections(o, 1) {
		factors = append(factors, scalar(fmt.Sprint("correction ", k)))
	}
	count := graph.Parameter(g, "count", shapes.Make(dtypes.Bool))
	trained, arrays := p.trained(), [][]*graph.Node(nil)
	for _, kind := range append([]string{"sum", "value"}, suffixes[o.Method()]...) {
		var of []*graph.Node
		for _, i := range trained {
			of = append(of, graph.Parameter(g, fmt.Sprint(kind, " ", i), float(p.params[i].shape...)))
		}
		arrays = append(arrays, of)
	}
	moved := make([][]*graph.Node, len(arrays)-1)
	for k, i := range trained {
		d := graph.Where(count, arrays[0][k], graph.ScalarZero(g, dtypes.Float32))
		decay := arbench.DecayOf(o, p.params[i].role)
		var after []*graph.Node
		switch o := o.(type) {
		case *arbench.SGD:
			after = sgd(o, decay, rate, d, arrays[1][k], arrays[2][k])
		case *arbench.Adam:
			after = adam(o, decay, rate, factors, d, arrays[1][k], arrays[2][k], arrays[3][k])
		}
		for j, a := range after {
			moved[j] = append(moved[j], a)
		}
	}
	for _, of := range moved {
		outs = append(outs, of...)
	}
	return outs
}

// sgd returns value and momentum after a step along the derivative g.
func sgd(o *arbench.SGD, decay float64, rate, g, w, v *graph.Node) []*graph.Node {
	g = graph.Add(g, graph.MulScalar(w, decay))
	v = graph.Add(graph.MulScalar(v, o.Momentum), g)
	d := v
	if o.Nesterov {
		d = graph.Add(g, graph.MulScalar(v, o.Momentum))
	}
	return []*graph.Node{graph.Sub(w, graph.Mul(d, rate)), v}
}

// adam returns value and moments after a step along the derivative g.
func adam(o *arbench.Adam, decay float64, rate *graph.Node, corrections []*graph.Node, g, w, m, v *graph.Node) []*graph.Node {
	if o.Decoupled {
		w = graph.Sub(w, graph.Mul(w, graph.MulScalar(rate, decay)))
	} else {
		g = graph.Add(g, graph.MulScalar(w, decay))
	}
	m = graph.Add(graph.MulScalar(m, o.Beta1), graph.MulScalar(g, 1-o.Beta1))
	v = graph.Add(graph.MulScalar(v, o.Beta2), graph.MulScalar(graph.Square(g), 1-o.Beta2))
	down := graph.AddScalar(graph.Sqrt(graph.Mul(v, corrections[1])), o.Eps)
	return []*graph.Node{graph.Sub(w, graph.Mul(rate, graph.Div(graph.Mul(m, corrections[0]), down))), m, v}
}

// ClearGrad implements [arbench.Trainable].
func (m *Model) ClearGrad() { m.summed = false }
