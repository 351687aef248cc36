package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Architectures.Register("resnet", func() arbench.Architecture {
		return &ResNet{Depth: 20, Width: 16, Shortcut: "A"}
	})
}

// ResNet is the residual net for small images of He et al. 2016 (CVPR), section 4.2: a stem (conv1,
// bn1, relu), three stages of blocks (layer1.0 and so on) with Width, 2 Width and 4 Width channels,
// of which the second and third halve the image, the mean over the image (pool) and fc.
//
// A block is conv1, bn1, relu1, conv2, bn2, add, relu2. Where it changes the shape, its shortcut is
// option A of the paper (zero channels, called shortcut) or option B (a convolution shortcut.0 and
// its normalization shortcut.1); elsewhere it is the identity.
type ResNet struct {
	Depth    int    `toml:"depth" doc:"6n+2: 8, 20, 32, 44, 56, 110"`
	Width    int    `toml:"width" doc:"channels of the first stage"`
	Shortcut string `toml:"shortcut" doc:"A pads with zeros, B is a 1x1 convolution"`
}

var _ arbench.Architecture = (*ResNet)(nil)

// Info implements [arbench.Architecture].
func (*ResNet) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{
		Doc:    "residual net for small images",
		Source: "He, Zhang, Ren & Sun, CVPR 2016, section 4.2",
	}
}

// Network implements [arbench.Architecture].
func (a *ResNet) Network(shape []int, classes int) (*arbench.Network, error) {
	blocks, err := blocksOf(a.Depth, 2)
	if err != nil {
		return nil, err
	}
	if err := positive("width", a.Width); err != nil {
		return nil, err
	}
	if a.Shortcut != "A" && a.Shortcut != "B" {
		return nil, fmt.Errorf("unknown shortcut %q: use %q or %q", a.Shortcut, "A", "B")
	}
	n := input(shape)
	n.Add("conv1", conv(a.Width, 3, 1))
	n.Add("bn1", norm())
	at, in := n.Add("relu", relu()), a.Width
	for stage := range 3 {
		out := a.Width << stage
		for b := range blocks {
			stride := 1
			if stage > 0 && b == 0 {
				stride = 2
			}
			at = a.block(n, fmt.Sprintf("layer%d.%d", stage+1, b), at, in, out, stride)
			in = out
		}
	}
	n.Add("pool", arbench.GlobalAvgPool{})
	n.Add("fc", arbench.Dense{Out: classes, Bias: true})
	return checked(n)
}

// block appends a block that reads layer x, and returns the name of its output.
func (a *ResNet) block(n *arbench.Network, name, x string, in, out, stride int) string {
	n.Add(name+".conv1", conv(out, 3, stride), x)
	n.Add(name+".bn1", norm())
	n.Add(name+".relu1", relu())
	n.Add(name+".conv2", conv(out, 3, 1))
	y, shortcut := n.Add(name+".bn2", norm()), x
	switch {
	case in == out && stride == 1:
	case a.Shortcut == "A":
		shortcut = n.Add(name+".shortcut", arbench.ShortcutA{Out: out, Stride: stride}, x)
	default:
		n.Add(name+".shortcut.0", conv(out, 1, stride), x)
		shortcut = n.Add(name+".shortcut.1", norm())
	}
	n.Add(name+".add", arbench.Add{}, y, shortcut)
	return n.Add(name+".relu2", relu())
}
