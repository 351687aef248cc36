package gorgonia

import (
	"runtime"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A Model is a net on the CPU. Graphs are compiled when they are first needed, for the number of rows
// that was announced or is asked for; fewer rows use the same graph.
type Model struct {
	plan    *plan
	eng     *engine
	batch   int
	graphs  map[purpose]*graph
	now     versions
	dz      [][]float32 // derivative by the logits, for each loss
	dx      []float32   // derivative in the images, of an ascent
	stepped moments
}

var (
	_ arbench.Trainable  = (*Model)(nil)
	_ arbench.Observable = (*Model)(nil)
)

func open(spec arbench.ModelSpec, winograd bool) (*Model, error) {
	values := spec.Weights
	if values == nil {
		var err error
		if values, err = spec.Network.Init(spec.Seed); err != nil {
			return nil, err
		}
	}
	p, err := newPlan(spec.Network, values, winograd)
	if err != nil {
		return nil, err
	}
	m := &Model{plan: p, eng: newEngine(spec.Threads, spec.Share), batch: spec.Batch,
		graphs: map[purpose]*graph{}, now: versions{1, 1}}
	runtime.AddCleanup(m, func(p *kernel.Pool) { p.Close() }, m.eng.pool)
	return m, nil
}

// Info implements [arbench.Model].
func (m *Model) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.plan.net.Input, Classes: m.classes(),
		Access: arbench.Weights, Network: m.plan.net}
}

func (m *Model) classes() int { return m.plan.channels(len(m.plan.net.Layers) - 1) }

// graph returns the graph of a purpose for at least n rows. A larger one replaces a smaller one, so
// there is at most one for each purpose. One that sweeps does any number.
func (m *Model) graph(what purpose, n int) (*graph, error) {
	g := m.graphs[what]
	if g != nil && (g.rows >= n || what.sweep) {
		return g, nil
	}
	rows := max(n, m.batch)
	switch {
	case what.sweep:
		rows = m.eng.pool.Threads() * m.plan.sweepSize()
	case rows > m.batch:
		rows = roundUp(rows)
	}
	g, err := newGraph(m.plan, m.eng, what, rows)
	if err != nil {
		return nil, err
	}
	m.graphs[what] = g
	return g, nil
}

// roundUp returns a number of rows for a graph that is to hold n: at most an eighth more.
func roundUp(n int) int {
	step := 1
	for step*16 < n {
		step *= 2
	}
	return (n + step - 1) / step * step
}
