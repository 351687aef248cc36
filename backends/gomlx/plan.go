//go:build gomlx

package gomlx

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// A plan is what all programs of a model share: the net and its parameters.
type plan struct {
	net    *arbench.Network
	shapes [][]int // of layers
	inputs [][]int // of each layer: the layers that it reads, -1 for the image
	live   []bool  // layers that the logits depend on
	params []param // in the order of the net
	index  map[string]int
	norms  bool   // the logits depend on a batch normalization
	key    string // tells the net from others
}

// A param is a parameter of the net.
type param struct {
	name  string
	role  arbench.Role
	shape []int
}

func newPlan(net *arbench.Network) (*plan, error) {
	shapes, err := net.Shapes()
	if err != nil {
		return nil, err
	}
	key, err := json.Marshal(net)
	if err != nil {
		return nil, err
	}
	p := &plan{net: net, key: string(key), shapes: shapes, live: make([]bool, len(shapes)), index: map[string]int{}}
	for i, l := range net.Layers {
		in, err := net.Inputs(i)
		if err != nil {
			return nil, err
		}
		if err := known(l); err != nil {
			return nil, err
		}
		p.inputs = append(p.inputs, in)
	}
	p.live[len(shapes)-1] = true
	for i := len(shapes) - 1; i >= 0; i-- {
		for _, j := range p.inputs[i] {
			if j >= 0 && p.live[i] {
				p.live[j] = true
			}
		}
	}
	return p, p.findParams()
}

// findParams lists the parameters.
func (p *plan) findParams() error {
	ps, err := p.net.Params()
	if err != nil {
		return err
	}
	for i, l := range p.net.Layers {
		if _, ok := l.Op.(arbench.BatchNorm); ok && p.live[i] {
			p.norms = true
		}
	}
	for i, q := range ps {
		p.params = append(p.params, param{q.Name, q.Role, q.Value.Shape})
		p.index[q.Name] = i
	}
	return nil
}

// classes returns the length of a row of logits.
func (p *plan) classes() int { return p.shapes[len(p.shapes)-1][0] }

// image returns the shape of n images.
func (p *plan) image(n int) []int { return append([]int{n}, p.net.Input...) }

// statistics returns the indices of the parameters that are running statistics of layers that the logits
// depend on.
func (p *plan) statistics() (at []int) {
	for i, l := range p.net.Layers {
		if _, ok := l.Op.(arbench.BatchNorm); ok && p.live[i] {
			at = append(at, p.index[l.Name+".running_mean"], p.index[l.Name+".running_var"])
		}
	}
	return at
}

// trained returns the indices of the parameters that training moves.
func (p *plan) trained() (at []int) {
	for i, q := range p.params {
		if q.role != arbench.Statistic {
			at = append(at, i)
		}
	}
	return at
}

// declare adds the parameters of the net to those of a graph.
func (p *plan) declare(g *graph.Graph) (ws []*graph.Node) {
	for i, q := range p.params { // by number, since GoMLX takes a.b and a_b for one name
		ws = append(ws, graph.Parameter(g, fmt.Sprint("value ", i), float(q.shape...)))
	}
	return ws
}

// pick returns the nodes at the given indices.
func pick[T any](all []T, at []int) (some []T) {
	for _, i := range at {
		some = append(some, all[i])
	}
	return some
}
