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
	sizes  [2]int // of the arrays that hold the parameters: of trained ones, and of statistics
	norms  bool   // the logits depend on a batch normalization
	narrow bool   // factors of products are of bfloat16
	key    string // tells the net and its products from others
}

// A param is a parameter of the net. The parameters lie one after the other in two arrays, so that an
// execution has few buffers: each costs about as much as a small layer on a GPU.
type param struct {
	name  string
	role  arbench.Role
	shape []int
	array int // valueArray or statisticArray
	at    int // its first value there
}

// The arrays of parameters.
const (
	valueArray     = iota // what training moves
	statisticArray        // running statistics
)

// of returns the parameter's values in its array.
func (p param) of(array []float32) []float32 { return array[p.at : p.at+arbench.Volume(p.shape)] }

func newPlan(net *arbench.Network, narrow bool) (*plan, error) {
	shapes, err := net.Shapes()
	if err != nil {
		return nil, err
	}
	key, err := json.Marshal(net)
	if err != nil {
		return nil, err
	}
	p := &plan{net: net, narrow: narrow, key: fmt.Sprint(narrow, string(key)), shapes: shapes, live: make([]bool, len(shapes)), index: map[string]int{}}
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
		array := valueArray
		if q.Role == arbench.Statistic {
			array = statisticArray
		}
		p.params = append(p.params, param{q.Name, q.Role, q.Value.Shape, array, p.sizes[array]})
		p.index[q.Name] = i
		p.sizes[array] += arbench.Volume(q.Value.Shape)
	}
	for array, n := range p.sizes {
		p.sizes[array] = max(n, 1) // XLA has no use for an empty one
	}
	return nil
}

// classes returns the length of a row of logits.
func (p *plan) classes() int { return p.shapes[len(p.shapes)-1][0] }

// image returns the shape of n images.
func (p *plan) image(n int) []int { return append([]int{n}, p.net.Input...) }

// statistics returns the array of the running statistics ws, of which some have moved.
func (p *plan) statistics(ws []*graph.Node, moved map[int]*graph.Node) *graph.Node {
	var all []*graph.Node
	for i, q := range p.params {
		switch node, ok := moved[i]; {
		case ok:
			all = append(all, node)
		case q.array == statisticArray:
			all = append(all, ws[i])
		}
	}
	return join(all)
}

// trained returns the indices of the parameters that training moves.
func (p *plan) trained() (at []int) {
	for i, q := range p.params {
		if q.array == valueArray {
			at = append(at, i)
		}
	}
	return at
}

// declare adds the arrays of parameters to the inputs of a graph, and returns the parameters.
func (p *plan) declare(g *graph.Graph) (ws []*graph.Node) {
	arrays := []*graph.Node{
		graph.Parameter(g, "values", float(p.sizes[valueArray])),
		graph.Parameter(g, "statistics", float(p.sizes[statisticArray])),
	}
	for _, q := range p.params {
		ws = append(ws, q.node(arrays[q.array]))
	}
	return ws
}

// node returns the parameter from its array.
func (p param) node(array *graph.Node) *graph.Node {
	values := graph.Slice(array, graph.AxisRange(p.at, p.at+arbench.Volume(p.shape)))
	return graph.Reshape(values, p.shape...)
}

// join returns the array of what belongs to its parameters in order. There is at least one.
func join(parts []*graph.Node) *graph.Node {
	var flat []*graph.Node
	for _, p := range parts {
		flat = append(flat, graph.Reshape(p, -1))
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return graph.Concatenate(flat, 0)
}

// pick returns the nodes at the given indices.
func pick[T any](all []T, at []int) (some []T) {
	for _, i := range at {
		some = append(some, all[i])
	}
	return some
}
