package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Architectures.Register("vit", func() arbench.Architecture {
		return &ViT{Patch: 4, Width: 64, Depth: 4, Heads: 4, MLPRatio: 4}
	})
}

// ViT is the vision transformer of Dosovitskiy et al. 2021 in a size for small images: patches of
// Patch by Patch pixels become tokens of Width channels, a class token comes before them, learned
// positions are added, and after Depth blocks and a last normalization the class token is
// classified.
//
// Parameters are called and laid out as in timm's vit_small_patch16_224 and its relatives: cls_token,
// pos_embed, patch_embed.proj, in blocks.0 and so on norm1, attn.qkv, attn.proj, norm2, mlp.fc1,
// mlp.fc2, then norm and head. In a block, attn.heads mixes the values of the tokens, add1 and add2
// are the sums with the shortcut and mlp.act is the activation, GELU; pool takes the class token.
type ViT struct {
	Patch    int `toml:"patch" doc:"height and width of a patch, in pixels"`
	Width    int `toml:"width" doc:"channels of a token"`
	Depth    int `toml:"depth" doc:"blocks"`
	Heads    int `toml:"heads" doc:"heads of each attention, which share the width"`
	MLPRatio int `toml:"mlp_ratio" doc:"hidden width of each block's MLP, in widths"`
}

var _ arbench.Architecture = (*ViT)(nil)

// Info implements [arbench.Architecture].
func (*ViT) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{
		Doc:    "vision transformer for small images, parameters named as in timm",
		Source: "Dosovitskiy et al., ICLR 2021",
	}
}

// Network implements [arbench.Architecture].
func (a *ViT) Network(shape []int, classes int) (*arbench.Network, error) {
	if err := a.check(shape); err != nil {
		return nil, err
	}
	n, side := input(shape), [2]int{a.Patch, a.Patch}
	n.Add("patch_embed.proj", arbench.Conv{Out: a.Width, Kernel: side, Stride: side, Bias: true})
	n.Add("cls_token", arbench.ClassToken{})
	at := n.Add("pos_embed", arbench.Position{})
	for b := range a.Depth {
		at = a.block(n, fmt.Sprintf("blocks.%d", b), at)
	}
	n.Add("norm", layerNorm())
	n.Add("pool", arbench.FirstToken{})
	n.Add("head", arbench.Dense{Out: classes, Bias: true})
	return checked(n)
}

// check reports the first option that does not fit images of the given shape.
func (a *ViT) check(shape []int) error {
	for _, o := range []struct {
		name  string
		value int
	}{
		{"patch", a.Patch}, {"width", a.Width}, {"depth", a.Depth}, {"heads", a.Heads},
		{"mlp_ratio", a.MLPRatio},
	} {
		if err := positive(o.name, o.value); err != nil {
			return err
		}
	}
	if len(shape) == 3 && (shape[1]%a.Patch != 0 || shape[2]%a.Patch != 0) {
		return fmt.Errorf("patch %d does not divide images of %d by %d pixels: use one of %v",
			a.Patch, shape[1], shape[2], commonDivisors(shape[1], shape[2]))
	}
	if a.Width%a.Heads != 0 {
		return fmt.Errorf("heads %d do not divide width %d", a.Heads, a.Width)
	}
	return nil
}

// block appends a block that reads layer x, and returns the name of its output.
func (a *ViT) block(n *arbench.Network, name, x string) string {
	n.Add(name+".norm1", layerNorm(), x)
	n.Add(name+".attn.qkv", arbench.Dense{Out: 3 * a.Width, Bias: true})
	n.Add(name+".attn.heads", arbench.Attention{Heads: a.Heads})
	y := n.Add(name+".attn.proj", arbench.Dense{Out: a.Width, Bias: true})
	x = n.Add(name+".add1", arbench.Add{}, y, x)
	n.Add(name+".norm2", layerNorm())
	n.Add(name+".mlp.fc1", arbench.Dense{Out: a.MLPRatio * a.Width, Bias: true})
	n.Add(name+".mlp.act", arbench.Activation{Function: arbench.GELU})
	y = n.Add(name+".mlp.fc2", arbench.Dense{Out: a.Width, Bias: true})
	return n.Add(name+".add2", arbench.Add{}, y, x)
}

// layerNorm returns layer normalization with the eps of vision transformers.
func layerNorm() arbench.LayerNorm { return arbench.LayerNorm{Eps: 1e-6} }

// commonDivisors returns the common divisors of two numbers above 1, of which there are few.
func commonDivisors(a, b int) []int {
	var ds []int
	for d := 2; d <= min(a, b); d++ {
		if a%d == 0 && b%d == 0 {
			ds = append(ds, d)
		}
	}
	return ds
}
