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
	got, err := result(b, func(x, y *graph.Node) *graph.Node { return graph.MatMul(x, y) },
		tensor(a, matSide, matSide), tensor(c, matSide, matSide))
	if err != nil {
		return p, fmt.Errorf("product of matrices: %w", err)
	}
	p.MatMul = distance(got, matMul(a, c, matSide))

	x, w := factors(3, convRows*convIn*convSide*convSide), factors(4, convOut*convIn*9)
	got, err = result(b, func(x, w *graph.Node) *graph.Node {
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

// result returns the one result, of float32, that f has for the arguments.
func result[F graph.ExecGraphFn](b compute.Backend, f F, args ...any) ([]float32, error) {
	exec, err := graph.NewExec(b, f)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	out, err := exec.Call(args...)
	if err != nil {
		return nil, err
	}
	defer out[0].FinalizeAll()
	return tensors.CopyFlatData[float32](out[0])
}
