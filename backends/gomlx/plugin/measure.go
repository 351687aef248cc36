//go:build gomlx

package plugin

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/images"
)

// Measure multiplies matrices and convolves images on any backend of GoMLX, and returns how far the
// results are from those in float64.
func Measure(b compute.Backend) (p Precision, err error) {
	a, c := factors(1, matSide*matSide), factors(2, matSide*matSide)
	got, err := product(b, func(x, y *graph.Node) *graph.Node { return graph.MatMul(x, y) },
		tensor(a, matSide, matSide), tensor(c, matSide, matSide))
	if err != nil {
		return p, fmt.Errorf("product of matrices: %w", err)
	}
	p.MatMul = distance(got, matMul(a, c, matSide))

	x, w := factors(3, convRows*convIn*convSide*convSide), factors(4, convOut*convIn*9)
	got, err = product(b, func(x, w *graph.Node) *graph.Node {
		return graph.Convolve(x, w).ChannelsAxis(images.ChannelsFirst).
			PaddingPerDim([][2]int{{1, 1}, {1, 1}}).Strides(1).Dilations(1).Done()
	}, tensor(x, convRows, convIn, convSide, convSide), tensor(w, convOut, convIn, 3, 3))
	if err != nil {
		return p, fmt.Errorf("convolution: %w", err)
	}
	p.Conv = distance(got, convolve(x, w))
	return p, nil
}

func tensor(data []float32, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(data, dims...)
}

// product computes f of x and y.
func product(b compute.Backend, f func(x, y *graph.Node) *graph.Node, x, y *tensors.Tensor) ([]float32, error) {
	out, err := graph.ExecOnce(b, f, x, y)
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](out)
}
