//go:build gomlx

package gomlx

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// token returns the output of a layer on tokens.
func (l *lowering) token(layer arbench.Layer, x *graph.Node) *graph.Node {
	name := layer.Name
	switch op := layer.Op.(type) {
	case arbench.LayerNorm:
		return layerNorm(op, x, l.param(name+".weight"), l.param(name+".bias"))
	case arbench.Attention:
		return l.attention(op, x)
	case arbench.ClassToken:
		return classToken(x, l.param(name))
	case arbench.Position:
		places := graph.TransposeAllAxes(l.param(name), 0, 2, 1) // [1, width, tokens]
		return graph.Add(x, graph.Reshape(places, 1, dim(x, 1), dim(x, 2), dim(x, 3)))
	case arbench.FirstToken:
		return graph.Reshape(graph.Slice(tokens(x), graph.AxisRange(), graph.AxisRange(), graph.AxisElem(0)),
			dim(x, 0), dim(x, 1))
	}
	panic(fmt.Errorf("layer %q: operation %q is not one that this backend runs", name, layer.Op.Kind()))
}

// tokens returns an image as [rows, channels, pixels].
func tokens(x *graph.Node) *graph.Node { return graph.Reshape(x, dim(x, 0), dim(x, 1), -1) }

// layerNorm normalizes the channels of each token, then scales and shifts them.
func layerNorm(op arbench.LayerNorm, x, scale, shift *graph.Node) *graph.Node {
	apart := graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, 1))
	variance := graph.ReduceAndKeep(graph.Square(apart), graph.ReduceMean, 1)
	y := graph.Div(apart, graph.Sqrt(graph.AddScalar(variance, op.Eps)))
	return graph.Add(graph.Mul(y, perChannel(scale, x)), perChannel(shift, x))
}

// attention is softmax(Q Kᵀ / √d) V, head by head.
func (p *plan) attention(op arbench.Attention, x *graph.Node) *graph.Node {
	n, width := dim(x, 0), dim(x, 1)/3
	d, in := width/op.Heads, tokens(x)
	third := func(i int) *graph.Node { // [rows, heads, d, tokens]
		part := graph.Slice(in, graph.AxisRange(), graph.AxisRange(i*width, (i+1)*width), graph.AxisRange())
		return graph.Reshape(part, n, op.Heads, d, -1)
	}
	scores := func(q, k *graph.Node) *graph.Node { return dot(q, 2, k, 2, 0, 1) }
	values := func(v, w *graph.Node) *graph.Node { return dot(v, 3, w, 3, 0, 1) }
	score := p.product(scores, third(0), third(1)) // of query and key
	weight := softmax(graph.MulScalar(score, 1/math.Sqrt(float64(d))))
	y := p.product(values, third(2), weight) // [rows, heads, d, queries]
	return graph.Reshape(y, n, width, dim(x, 2), dim(x, 3))
}

// softmax is along the last axis.
func softmax(x *graph.Node) *graph.Node {
	most := graph.StopGradient(graph.ReduceAndKeep(x, graph.ReduceMax, -1))
	e := graph.Exp(graph.Sub(x, most))
	return graph.Div(e, graph.ReduceAndKeep(e, graph.ReduceSum, -1))
}

// classToken puts a learned token before those of an image.
func classToken(x, token *graph.Node) *graph.Node {
	n, width := dim(x, 0), dim(x, 1)
	first := graph.BroadcastToDims(graph.Reshape(token, 1, width, 1), n, width, 1)
	y := graph.Concatenate([]*graph.Node{first, tokens(x)}, 2)
	return graph.Reshape(y, n, width, 1, -1)
}
