package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Architectures.Register("vgg", func() arbench.Architecture {
		return &VGG{Depth: 11, Width: 64, BatchNorm: true}
	})
}

// VGG is the net of Simonyan & Zisserman 2015 as the usual CIFAR variants have it: convolutions of
// 3x3 with bias, each followed by batch normalization (if BatchNorm) and relu, in five groups of
// Width, 2, 4, 8 and 8 times Width channels that end in a pooling which halves the image, and one
// linear classifier instead of three.
//
// Layers are called as in torchvision's vgg: features.0, features.1 and so on, poolings and
// activations included, then the mean over the image (pool; of an image of 32x32 one pixel is left)
// and classifier. A pooling that would leave nothing of a small image is left out, and its number
// with it, so that the names of the others are the same for every size.
type VGG struct {
	Depth     int  `toml:"depth" doc:"11, 13, 16 or 19"`
	Width     int  `toml:"width" doc:"channels of the first convolution"`
	BatchNorm bool `toml:"batch_norm" doc:"normalize after each convolution"`
}

var _ arbench.Architecture = (*VGG)(nil)

// Info implements [arbench.Architecture].
func (*VGG) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{
		Doc:    "deep plain convolutional net for small images",
		Source: "Simonyan & Zisserman, ICLR 2015",
	}
}

// vggGroups are the numbers of convolutions before each pooling, by depth.
var vggGroups = map[int][5]int{
	11: {1, 1, 2, 2, 2}, 13: {2, 2, 2, 2, 2}, 16: {2, 2, 3, 3, 3}, 19: {2, 2, 4, 4, 4},
}

// Network implements [arbench.Architecture].
func (a *VGG) Network(shape []int, classes int) (*arbench.Network, error) {
	groups, ok := vggGroups[a.Depth]
	if !ok {
		return nil, fmt.Errorf("depth %d: want 11, 13, 16 or 19", a.Depth)
	}
	if err := positive("width", a.Width); err != nil {
		return nil, err
	}
	n, at := input(shape), 0
	add := func(op arbench.Op) {
		n.Add(fmt.Sprintf("features.%d", at), op)
		at++
	}
	side := min(shape[1], shape[2])
	for g, count := range groups {
		for range count {
			op := conv(a.Width<<min(g, 3), 3, 1)
			op.Bias = true
			add(op)
			if a.BatchNorm {
				add(norm())
			}
			add(relu())
		}
		if side /= 2; side < 1 {
			at++
			continue
		}
		add(arbench.MaxPool{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}})
	}
	n.Add("pool", arbench.GlobalAvgPool{})
	n.Add("classifier", arbench.Dense{Out: classes, Bias: true})
	return checked(n)
}
