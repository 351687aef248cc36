package bench

import (
	"github.com/arbench/arbench"
)

// A cost is the floating-point operations of a net on one image, two for each product and its
// addition, convolutions counted as what defines them.
type cost struct {
	forward float64
	first   float64 // part of forward: layers that read the image
}

// costOf adds up the convolutions, dense layers and attentions of a net.
func costOf(net *arbench.Network) (cost, error) {
	shapes, err := net.Shapes()
	if err != nil {
		return cost{}, err
	}
	var c cost
	for i, l := range net.Layers {
		in, err := net.Inputs(i)
		if err != nil {
			return cost{}, err
		}
		from := net.Input
		if in[0] >= 0 {
			from = shapes[in[0]]
		}
		var flops float64
		switch op := l.Op.(type) {
		case arbench.Conv:
			taps := op.Kernel[0] * op.Kernel[1] * from[0] / op.GroupCount()
			flops = 2 * float64(arbench.Volume(shapes[i])) * float64(taps)
		case arbench.Dense:
			flops = 2 * float64(arbench.Volume(from)) * float64(op.Out)
		case arbench.Attention: // scores and mixtures, between all pairs of tokens
			flops = 4 * float64(arbench.Volume(shapes[i])) * float64(from[1]*from[2])
		}
		c.forward += flops
		if readsImage(net, in[0]) {
			c.first += flops
		}
	}
	return c, nil
}

// readsImage reports that layer i is the image, or the image as a vector.
func readsImage(net *arbench.Network, i int) bool {
	if i < 0 {
		return true
	}
	_, flat := net.Layers[i].Op.(arbench.Flatten)
	in, err := net.Inputs(i)
	return flat && err == nil && readsImage(net, in[0])
}

// of returns the operations of a cell for each image: backward passes cost what a forward pass does,
// by the images as well as by the weights, and training needs none by the images.
func (c cost) of(cell string) float64 {
	igrad, train := 2*c.forward, 3*c.forward-c.first
	switch cell {
	case "forward":
		return c.forward
	case "train":
		return train
	case "igrad":
		return igrad
	case "pgd10_train":
		return 10*igrad + train
	}
	return 20 * igrad // pgd20
}
