package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Architectures.Register("densenet", func() arbench.Architecture {
		return &DenseNet{Depth: 100, Growth: 12}
	})
}

// DenseNet is the densely connected net with bottlenecks and compression (DenseNet-BC) of Huang et
// al. 2017 for small images: a convolution to 2 Growth channels, three blocks of (Depth - 4)/6 layers
// that each add Growth channels, and between them transitions that halve channels and image.
//
// Layers are called as in torchvision's densenet, with the last normalization as in its well-known
// variant for CIFAR (efficient_densenet_pytorch): features.conv0, features.denseblock1.denselayer1
// with norm1, relu1, conv1 (1x1, 4 Growth channels), norm2, relu2, conv2 and concat,
// features.transition1 with norm, relu, conv, pool, then features.norm_final, relu, the mean over the
// image (pool) and classifier.
type DenseNet struct {
	Depth  int `toml:"depth" doc:"6n+4: 40, 100, 190, 250"`
	Growth int `toml:"growth" doc:"channels that each layer adds"`
}

var _ arbench.Architecture = (*DenseNet)(nil)

// Info implements [arbench.Architecture].
func (*DenseNet) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{
		Doc:    "densely connected net with bottlenecks for small images",
		Source: "Huang, Liu, van der Maaten & Weinberger, CVPR 2017",
	}
}

// Network implements [arbench.Architecture].
func (a *DenseNet) Network(shape []int, classes int) (*arbench.Network, error) {
	layers, err := blocksOf(a.Depth, 4)
	if err != nil {
		return nil, err
	}
	if err := positive("growth", a.Growth); err != nil {
		return nil, err
	}
	n := input(shape)
	at, channels := n.Add("features.conv0", conv(2*a.Growth, 3, 1)), 2*a.Growth
	for b := 1; b <= 3; b++ {
		for l := range layers {
			at = a.layer(n, fmt.Sprintf("features.denseblock%d.denselayer%d", b, l+1), at)
		}
		if channels += layers * a.Growth; b < 3 {
			channels /= 2
			at = transition(n, fmt.Sprintf("features.transition%d", b), at, channels)
		}
	}
	return head(n, "features.norm_final", "classifier", classes)
}

// layer appends a layer that reads x, and returns the name of x with what the layer adds.
func (a *DenseNet) layer(n *arbench.Network, name, x string) string {
	n.Add(name+".norm1", norm(), x)
	n.Add(name+".relu1", relu())
	n.Add(name+".conv1", conv(4*a.Growth, 1, 1))
	n.Add(name+".norm2", norm())
	n.Add(name+".relu2", relu())
	y := n.Add(name+".conv2", conv(a.Growth, 3, 1))
	return n.Add(name+".concat", arbench.Concat{}, x, y)
}

// transition appends what halves the image that x gives and leaves it that many channels.
func transition(n *arbench.Network, name, x string, channels int) string {
	n.Add(name+".norm", norm(), x)
	n.Add(name+".relu", relu())
	n.Add(name+".conv", conv(channels, 1, 1))
	return n.Add(name+".pool", arbench.AvgPool{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}})
}
