// Package arch holds the built-in architectures: a linear classifier, plain nets, and the residual
// and densely connected nets and the vision transformer of the literature, with the layer names of
// their usual PyTorch code.
//
// A layer that has parameters bears the name it has there. One that has none is named after what it
// does: "conv1.relu" follows conv1 in a plain net; inside a residual block relu1 and relu2 are the
// activations in order and add is the sum with the shortcut.
package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

// input returns a net that so far has only its input.
func input(shape []int) *arbench.Network { return &arbench.Network{Input: shape} }

// checked returns n, or the error of its shapes.
func checked(n *arbench.Network) (*arbench.Network, error) {
	if _, err := n.Shapes(); err != nil {
		return nil, err
	}
	return n, nil
}

// conv returns a convolution without bias that keeps the size of the image at stride 1.
func conv(out, kernel, stride int) arbench.Conv {
	return arbench.Conv{
		Out:    out,
		Kernel: [2]int{kernel, kernel},
		Stride: [2]int{stride, stride},
		Pad:    [2]int{kernel / 2, kernel / 2},
	}
}

// norm returns batch normalization with PyTorch's defaults.
func norm() arbench.BatchNorm { return arbench.BatchNorm{Eps: 1e-5, Momentum: 0.1} }

func relu() arbench.Activation { return arbench.Activation{Function: arbench.ReLU} }

// blocksOf returns the number of blocks of each of the three stages of a net of depth 6n + extra.
func blocksOf(depth, extra int) (int, error) {
	if n := (depth - extra) / 6; n >= 1 && (depth-extra)%6 == 0 {
		return n, nil
	}
	return 0, fmt.Errorf("depth %d: want 6n+%d, such as %d, %d or %d",
		depth, extra, 6+extra, 12+extra, 18+extra)
}

func positive(option string, v int) error {
	if v < 1 {
		return fmt.Errorf("%s %d must be at least 1", option, v)
	}
	return nil
}
