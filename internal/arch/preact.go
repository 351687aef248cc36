package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Architectures.Register("preactresnet", func() arbench.Architecture {
		return &PreActResNet{Depth: 18, Width: 64}
	})
	arbench.Architectures.Register("wideresnet", func() arbench.Architecture {
		return &WideResNet{Depth: 28, Widen: 10}
	})
}

// PreActResNet is the residual net with activations before convolutions of He et al. 2016 (ECCV) as
// the literature on adversarial training uses it for small images (Rice, Wong & Kolter 2020): conv1,
// four stages of blocks (layer1.0 and so on) with Width, 2, 4 and 8 Width channels, then bn, relu,
// the mean over the image (pool) and linear.
//
// A block is bn1, relu1, conv1, bn2, relu2, conv2, add. Where it changes the shape, its shortcut is a
// convolution, shortcut.0, of relu1; elsewhere it is the identity.
type PreActResNet struct {
	Depth int `toml:"depth" doc:"18 or 34"`
	Width int `toml:"width" doc:"channels of the first stage"`
}

// WideResNet is the wide residual net of Zagoruyko & Komodakis 2016, named as in the code of TRADES
// (Zhang et al. 2019), whose unused sub_block1 it lacks: conv1 with 16 channels, three stages of
// blocks (block1.layer.0 and so on) with 16, 32 and 64 times Widen channels, then bn1, relu, the mean
// over the image (pool) and fc. Blocks are those of [PreActResNet], their shortcut is called
// convShortcut.
type WideResNet struct {
	Depth int `toml:"depth" doc:"6n+4: 10, 16, 28, 34, 40, 70"`
	Widen int `toml:"widen" doc:"factor of the channels of every stage"`
}

var (
	_ arbench.Architecture = (*PreActResNet)(nil)
	_ arbench.Architecture = (*WideResNet)(nil)
)

// Info implements [arbench.Architecture].
func (*PreActResNet) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{
		Doc:    "residual net with activations before convolutions",
		Source: "He, Zhang, Ren & Sun, ECCV 2016; as in Rice, Wong & Kolter, ICML 2020",
	}
}

// Info implements [arbench.Architecture].
func (*WideResNet) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{
		Doc:    "wide residual net",
		Source: "Zagoruyko & Komodakis, BMVC 2016; as in Zhang et al. (TRADES), ICML 2019",
	}
}

// Network implements [arbench.Architecture].
func (a *PreActResNet) Network(shape []int, classes int) (*arbench.Network, error) {
	blocks, ok := map[int][4]int{18: {2, 2, 2, 2}, 34: {3, 4, 6, 3}}[a.Depth]
	if !ok {
		return nil, fmt.Errorf("depth %d: want 18 or 34", a.Depth)
	}
	if err := positive("width", a.Width); err != nil {
		return nil, err
	}
	n := input(shape)
	at, in := n.Add("conv1", conv(a.Width, 3, 1)), a.Width
	for s, count := range blocks {
		stage := stage{
			prefix: fmt.Sprintf("layer%d", s+1), shortcut: "shortcut.0", first: min(s, 1) + 1,
		}
		at, in = stage.add(n, at, count, in, a.Width<<s), a.Width<<s
	}
	return head(n, "bn", "linear", classes)
}

// Network implements [arbench.Architecture].
func (a *WideResNet) Network(shape []int, classes int) (*arbench.Network, error) {
	count, err := blocksOf(a.Depth, 4)
	if err != nil {
		return nil, err
	}
	if err := positive("widen", a.Widen); err != nil {
		return nil, err
	}
	n := input(shape)
	at, in := n.Add("conv1", conv(16, 3, 1)), 16
	for s := range 3 {
		stage := stage{
			prefix: fmt.Sprintf("block%d.layer", s+1), shortcut: "convShortcut", first: min(s, 1) + 1,
		}
		at, in = stage.add(n, at, count, in, 16*a.Widen<<s), 16*a.Widen<<s
	}
	return head(n, "bn1", "fc", classes)
}

// A stage is a row of blocks with activations before convolutions.
type stage struct {
	prefix   string // of the names of its blocks
	shortcut string // name of the convolution of a shortcut
	first    int    // stride of its first block
}

// add appends count blocks that read layer x, and returns the name of their output.
func (s stage) add(n *arbench.Network, x string, count, in, out int) string {
	stride := s.first
	for b := range count {
		x = s.block(n, fmt.Sprintf("%s.%d", s.prefix, b), x, in, out, stride)
		in, stride = out, 1
	}
	return x
}

func (s stage) block(n *arbench.Network, name, x string, in, out, stride int) string {
	n.Add(name+".bn1", norm(), x)
	active, shortcut := n.Add(name+".relu1", relu()), x
	n.Add(name+".conv1", conv(out, 3, stride))
	n.Add(name+".bn2", norm())
	n.Add(name+".relu2", relu())
	y := n.Add(name+".conv2", conv(out, 3, 1))
	if in != out || stride != 1 {
		shortcut = n.Add(name+"."+s.shortcut, conv(out, 1, stride), active)
	}
	return n.Add(name+".add", arbench.Add{}, y, shortcut)
}

// head appends what turns the last stage into logits.
func head(n *arbench.Network, bn, fc string, classes int) (*arbench.Network, error) {
	n.Add(bn, norm())
	n.Add("relu", relu())
	n.Add("pool", arbench.GlobalAvgPool{})
	n.Add(fc, arbench.Dense{Out: classes, Bias: true})
	return checked(n)
}
