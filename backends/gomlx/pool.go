//go:build gomlx

package gomlx

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// taps returns, for each place in a window, in the order of rows, what the windows of an image have there.
func taps(x *graph.Node, kernel, stride, pad [2]int, fill float64) (at []*graph.Node) {
	for a := range 2 {
		if pad[a] > 0 {
			x = surround(x, 2+a, pad[a], fill)
		}
	}
	var last [2]int // of the windows' first places
	for a := range 2 {
		last[a] = (dim(x, 2+a) - kernel[a]) / stride[a] * stride[a]
	}
	for i := range kernel[0] {
		for j := range kernel[1] {
			at = append(at, graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(i, i+last[0]+1).Stride(stride[0]), graph.AxisRange(j, j+last[1]+1).Stride(stride[1])))
		}
	}
	return at
}

// surround puts so many values before and after x along an axis.
func surround(x *graph.Node, axis, by int, value float64) *graph.Node {
	border := x.Shape().Clone()
	border.Dimensions[axis] = by
	edge := graph.BroadcastToShape(graph.Scalar(x.Graph(), x.DType(), value), border)
	return graph.Concatenate([]*graph.Node{edge, x, edge}, axis)
}

// maxPool takes the greatest value of each window. The first of several has the derivative; a NaN stays.
func maxPool(op arbench.MaxPool, x *graph.Node) *graph.Node {
	x = graph.OptimizationBarrier(x) // else what is compared forward and back may be rounded in two ways
	all := taps(x, op.Kernel, op.Stride, op.Pad, math.Inf(-1))
	best := all[0]
	for _, v := range all[1:] {
		wins := graph.Or(graph.GreaterThan(v, best), graph.NotEqual(v, v))
		best = graph.Where(wins, v, best)
	}
	return best
}

// avgPool takes the mean of each window.
func avgPool(op arbench.AvgPool, x *graph.Node) *graph.Node {
	all := taps(x, op.Kernel, op.Stride, op.Pad, 0)
	sum := all[0]
	for _, v := range all[1:] {
		sum = graph.Add(sum, v)
	}
	return graph.DivScalar(sum, float64(len(all)))
}

// shortcut takes every Stride-th pixel and puts zero channels on both sides.
func shortcut(op arbench.ShortcutA, x *graph.Node) *graph.Node {
	extra := (op.Out - dim(x, 1)) / 2
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange().Stride(op.Stride),
		graph.AxisRange().Stride(op.Stride))
	if extra == 0 {
		return x
	}
	shape := x.Shape().Clone()
	shape.Dimensions[1] = extra
	zero := graph.Zeros(x.Graph(), shape)
	return graph.Concatenate([]*graph.Node{zero, x, zero}, 1)
}
