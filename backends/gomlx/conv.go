//go:build gomlx

package gomlx

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// conv is a cross-correlation. GoMLX derives it wrongly in the image for kernels that span an even number of
// pixels, and not at all for kernels that are both dilated and moved by more than one pixel, or that lie beside the
// image at its border: zeros make such kernels, and such images, others.
func conv(op arbench.Conv, x, w *graph.Node) *graph.Node {
	apart := op.Spacing()
	var pads [2][2]int
	for a := range 2 {
		pads[a] = [2]int{op.Pad[a], op.Pad[a]}
		if max(op.Stride[0], op.Stride[1]) > 1 && max(apart[0], apart[1]) > 1 {
			w = spread(w, 2+a, apart[a])
		}
	}
	if max(op.Stride[0], op.Stride[1]) > 1 {
		apart = [2]int{1, 1}
	}
	for a := range 2 {
		reach := (dim(w, 2+a) - 1) * apart[a]
		if more := pads[a][0] - reach; more > 0 {
			x = surround(x, 2+a, more, 0)
			pads[a] = [2]int{reach, reach}
		}
		if reach%2 == 1 {
			w = lengthen(w, 2+a, 1)
			pads[a][1] += apart[a]
		}
	}
	space := []int{2, 3}
	axes := compute.ConvolveAxesConfig{
		InputBatch: 0, InputChannels: 1, InputSpatial: space,
		KernelOutputChannels: 0, KernelInputChannels: 1, KernelSpatial: space,
		OutputBatch: 0, OutputChannels: 1, OutputSpatial: space,
	}
	return graph.ConvGeneral(x, w, axes, op.Stride[:], pads[:], nil, apart[:], op.GroupCount(), 1)
}

// lengthen appends zeros along an axis.
func lengthen(w *graph.Node, axis, by int) *graph.Node {
	if by == 0 {
		return w
	}
	shape := w.Shape().Clone()
	shape.Dimensions[axis] = by
	return graph.Concatenate([]*graph.Node{w, graph.Zeros(w.Graph(), shape)}, axis)
}

// spread puts zeros between the taps of a kernel along an axis, so that they are so far apart.
func spread(w *graph.Node, axis, apart int) *graph.Node {
	if apart == 1 {
		return w
	}
	taps, after := dim(w, axis), append([]int(nil), w.Shape().Dimensions...)
	after[axis] = taps * apart
	w = graph.Reshape(lengthen(graph.InsertAxes(w, axis+1), axis+1, apart-1), after...)
	return graph.SliceAxis(w, axis, graph.AxisRange(0, (taps-1)*apart+1))
}
