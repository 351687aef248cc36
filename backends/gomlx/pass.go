//go:build gomlx

package gomlx

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// pass writes a pass of some rows. Its inputs are the arrays of the parameters, the images,
// an array for each tail and, with dparams, the weights of the rows, whether the sums count, and the sums; its
// outputs the logits, then the derivatives in the images, the sums and the running statistics, as far as they
// are wanted.
func (p *plan) pass(what purpose) func(g *graph.Graph) []*graph.Node {
	return func(g *graph.Graph) []*graph.Node {
		ws := p.declare(g)
		x := graph.Parameter(g, "images", float(p.image(what.rows)...))
		l := p.lower(x, ws, what.batch)
		z := l.logits()
		outs := []*graph.Node{z}
		var all *graph.Node // derivative of the sum of the losses by the logits
		for k, t := range what.tails {
			dz := tail(t).gradient(z, graph.Parameter(g, fmt.Sprint("target ", k), z.Shape()))
			if what.dx {
				outs = append(outs, back(z, dz, x)...)
			}
			if all == nil {
				all = dz
			} else {
				all = graph.Add(all, dz)
			}
		}
		if what.dparams {
			outs = append(outs, p.accumulate(g, z, all, pick(ws, p.trained())))
		}
		if what.update {
			outs = append(outs, p.statistics(ws, l.moved))
		}
		return outs
	}
}

// back returns the derivatives of Σ dz·z in the given nodes.
func back(z, dz *graph.Node, in ...*graph.Node) []*graph.Node {
	return graph.Gradient(graph.ReduceAllSum(graph.Mul(z, graph.StopGradient(dz))), in...)
}

// accumulate returns the sums with the derivative in the parameters added, each row by its weight.
func (p *plan) accumulate(g *graph.Graph, z, dz *graph.Node, ws []*graph.Node) *graph.Node {
	weight := graph.Parameter(g, "weight", float(dim(z, 0), 1))
	count := graph.Parameter(g, "count", shapes.Make(dtypes.Bool))
	sums := graph.Parameter(g, "sums", float(p.sizes[valueArray]))
	d := join(back(z, graph.Mul(dz, weight), ws...))
	return graph.Add(graph.Where(count, sums, graph.ScalarZero(g, dtypes.Float32)), d)
}

// borrowed wraps buffers that a program must leave alone.
func borrowed(bs ...compute.Buffer) (in []input) {
	for _, b := range bs {
		in = append(in, input{Buffer: b})
	}
	return in
}

// handed wraps buffers that become the program's.
func handed(bs ...compute.Buffer) (in []input) {
	for _, b := range bs {
		in = append(in, input{b, true})
	}
	return in
}
