package gorgonia

import (
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// load makes the layers that have parameters, with the given values.
func (p *plan) load(values []arbench.Param) error {
	if err := p.net.CheckParams(values); err != nil {
		return err
	}
	roles, err := p.net.Params()
	if err != nil {
		return err
	}
	given := map[string]arbench.Param{}
	for _, v := range values {
		given[v.Name] = v
	}
	for _, want := range roles { // the names, roles and shapes are the net's, the values those given
		v := want
		v.Value.Data = given[want.Name].Value.Data
		given[want.Name] = v
	}
	n := len(p.net.Layers)
	p.linears, p.norms, p.rowOps = make([]*linear, n), make([]*norm, n), make([]rowOp, n)
	for i, l := range p.net.Layers {
		if err := p.loadLayer(i, given); err != nil {
			return fmt.Errorf("layer %q: %w", l.Name, err)
		}
	}
	for _, want := range roles {
		p.params = append(p.params, p.byName[want.Name])
	}
	return nil
}

// keep adds a parameter to the plan.
func (p *plan) keep(q *param) *param {
	p.byName[q.name] = q
	return q
}

func (p *plan) loadLayer(i int, given map[string]arbench.Param) error {
	l := p.net.Layers[i]
	pitch := kernel.Up16(p.channels(i))
	channels := func(suffix string) *param {
		return p.keep(newChannels(given[l.Name+"."+suffix], pitch))
	}
	var bias bool
	switch op := l.Op.(type) {
	case arbench.Conv:
		bias = op.Bias
	case arbench.Dense:
		bias = op.Bias
	case arbench.BatchNorm:
		p.norms[i] = &norm{name: l.Name, eps: op.Eps, momentum: op.Momentum, channels: p.channels(i),
			gamma: channels("weight"), beta: channels("bias"),
			mean: channels("running_mean"), variance: channels("running_var")}
		return nil
	case arbench.Activation, arbench.MaxPool, arbench.AvgPool, arbench.GlobalAvgPool, arbench.Add,
		arbench.Concat, arbench.Flatten, arbench.ShortcutA:
		return nil
	case arbench.LayerNorm, arbench.Attention, arbench.ClassToken, arbench.Position, arbench.FirstToken:
		var err error
		p.rowOps[i], err = p.rowOp(i, given)
		return err
	default:
		return fmt.Errorf("no way to compute a layer of kind %q", op.Kind())
	}
	m, pack, unpack, err := p.mapping(i)
	if err != nil {
		return err
	}
	lin := &linear{mapping: m, weight: p.keep(newParam(given[l.Name+".weight"], m.panelLen(), pack, unpack))}
	if bias {
		lin.bias = channels("bias")
	}
	p.linears[i] = lin
	return nil
}

// mapping returns the arithmetic of a convolution or dense layer and the converters of its weights.
func (p *plan) mapping(i int) (m mapping, pack, unpack func(dst, src []float32), err error) {
	g, isConv := p.geometry(i)
	if !isConv {
		in, out := p.channels(p.inputs[i][0]), p.channels(i)
		d, err := newDense(in, out)
		if err != nil {
			return nil, nil, nil, err
		}
		p.leaveOut(i, d)
		pack, unpack = d.converters(in, out, p.order(p.inputs[i][0]))
		return d, pack, unpack, nil
	}
	x, y := p.layouts[p.inputs[i][0]+1], p.layouts[i+1]
	if g.groups > 1 {
		c, err := newConvGroups(g, x, y)
		if err != nil {
			return nil, nil, nil, err
		}
		return c, c.pack, c.unpack, nil
	}
	k, err := kernel.NewConv(g.Geometry, x, y)
	if err != nil {
		return nil, nil, nil, err
	}
	pack, unpack = func(dst, src []float32) { k.Pack(src, dst) }, func(dst, src []float32) { k.Unpack(src, dst) }
	if !p.byWinograd(g) {
		return conv{k, g.K}, pack, unpack, nil
	}
	w, err := kernel.NewWinograd(g.Geometry, x, y)
	if err != nil {
		return nil, nil, nil, err
	}
	return winograd{conv{k, g.K}, w}, pack, unpack, nil
}

// newConvGroups plans g, the whole convolution, in groups on images of layouts x and y.
func newConvGroups(g geometry, x, y kernel.Layout) (*convGroups, error) {
	c := &convGroups{groups: g.groups, in: g.C / g.groups, out: g.K / g.groups, x: x, y: y,
		ones: make([]float32, y.C), zeros: make([]float32, y.C)}
	for i := range c.ones {
		c.ones[i] = 1
	}
	g.C, g.K = c.in, c.out
	xs, ys := g.Layouts()
	var err error
	c.plan, err = kernel.NewConv(g.Geometry, xs, ys)
	return c, err
}
