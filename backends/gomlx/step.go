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
	of     []compute.Buffer // for each of suffixes[method]: array of the trained parameters
}

// suffixes names what each optimizer keeps for a parameter.
var suffixes = map[string][]string{"sgd": {".momentum"}, "adam": {".m", ".v"}}

// startMoments sets the moments of an optimizer's method to zero and drops those of others.
func (m *Model) startMoments(method string) error {
	free(m.stepped.of...)
	m.stepped = moments{method: method, of: make([]compute.Buffer, len(suffixes[method]))}
	for k := range m.stepped.of {
		if err := m.zero(&m.stepped.of[k]); err != nil {
			return err
		}
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
	if err := m.step(ctx, o, rate); err != nil {
		return fmt.Errorf("gomlx: %w", err)
	}
	return nil
}

func (m *Model) step(ctx context.Context, o arbench.Optimizer, rate float64) error {
	if m.stepped.method != o.Method() {
		if err := m.startMoments(o.Method()); err != nil {
			return err
		}
	}
	if len(m.plan.trained()) == 0 {
		m.stepped.steps++
		return nil
	}
	what := purpose{kind: "step", detail: fmt.Sprintf("%s %+v", o.Method(), o)}
	return m.engine.use(ctx, m.plan.key, what, func(g *graph.Graph) []*graph.Node { return m.plan.move(g, o) },
		func(program *program) error { return m.runStep(program, o, rate) })
}

// runStep runs the program of a step.
func (m *Model) runStep(program *program, o arbench.Optimizer, rate float64) error {
	var own buffers
	defer func() { own.free() }()
	var in []input
	for _, v := range append([]float64{rate}, corrections(o, m.stepped.steps+1)...) {
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
	in = append(in, borrowed(m.sums)...)
	in = append(in, handed(append([]compute.Buffer{m.values}, m.stepped.of...)...)...)
	out, err := program.run(in)
	if err != nil {
		free(m.values) // if they are left
		free(m.stepped.of...)
		out = make([]compute.Buffer, 1+len(m.stepped.of))
	} else {
		m.stepped.steps++
	}
	m.values = out[0]
	copy(m.stepped.of, out[1:])
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

// move writes a step of an optimizer. The inputs are the rate, the corrections, whether the sums count, then
// the arrays of the sums, of the values and of each kind of moment; the outputs the new values and moments.
func (p *plan) move(g *graph.Graph, o arbench.Optimizer) []*graph.Node {
	scalar := func(name string) *graph.Node { return graph.Parameter(g, name, float()) }
	array := func(name string) *graph.Node { return graph.Parameter(g, name, float(p.sizes[valueArray])) }
	rate, factors := scalar("rate"), []*graph.Node(nil)
	for k := range corrections(o, 1) {
		factors = append(factors, scalar(fmt.Sprint("correction ", k)))
	}
	count := graph.Parameter(g, "count", shapes.Make(dtypes.Bool))
	d := graph.Where(count, array("sums"), graph.ScalarZero(g, dtypes.Float32))
	w, decay := array("values"), p.decays(g, o)
	switch o := o.(type) {
	case *arbench.SGD:
		return sgd(o, decay, rate, d, w, array("momentum"))
	case *arbench.Adam:
		return adam(o, decay, rate, factors, d, w, array("m"), array("v"))
	}
	panic(fmt.Errorf("optimizer %q is not one that this backend knows", o.Method()))
}

// decays returns the weight decay of each value.
func (p *plan) decays(g *graph.Graph, o arbench.Optimizer) *graph.Node {
	var all []*graph.Node
	for _, i := range p.trained() {
		decay := graph.Scalar(g, dtypes.Float32, arbench.DecayOf(o, p.params[i].role))
		all = append(all, graph.BroadcastToDims(decay, arbench.Volume(p.params[i].shape)))
	}
	return join(all)
}

// sgd returns value and momentum after a step along the derivative g.
func sgd(o *arbench.SGD, decay, rate, g, w, v *graph.Node) []*graph.Node {
	g = graph.Add(g, graph.Mul(w, decay))
	v = graph.Add(graph.MulScalar(v, o.Momentum), g)
	d := v
	if o.Nesterov {
		d = graph.Add(g, graph.MulScalar(v, o.Momentum))
	}
	return []*graph.Node{graph.Sub(w, graph.Mul(d, rate)), v}
}

// adam returns value and moments after a step along the derivative g.
func adam(o *arbench.Adam, decay, rate *graph.Node, corrections []*graph.Node, g, w, m, v *graph.Node) []*graph.Node {
	if o.Decoupled {
		w = graph.Sub(w, graph.Mul(w, graph.Mul(rate, decay)))
	} else {
		g = graph.Add(g, graph.Mul(w, decay))
	}
	m = graph.Add(graph.MulScalar(m, o.Beta1), graph.MulScalar(g, 1-o.Beta1))
	v = graph.Add(graph.MulScalar(v, o.Beta2), graph.MulScalar(graph.Square(g), 1-o.Beta2))
	down := graph.AddScalar(graph.Sqrt(graph.Mul(v, corrections[1])), o.Eps)
	return []*graph.Node{graph.Sub(w, graph.Mul(rate, graph.Div(graph.Mul(m, corrections[0]), down))), m, v}
}

// ClearGrad implements [arbench.Trainable].
func (m *Model) ClearGrad() { m.summed = false }
