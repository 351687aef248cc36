package arch

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

func layerNames(n *arbench.Network) []string {
	var names []string
	for _, l := range n.Layers {
		names = append(names, l.Name)
	}
	return names
}

// denseLayer returns the names of the layers of a block of one layer.
func denseLayer(block string) string {
	var names string
	for _, l := range []string{"norm1", "relu1", "conv1", "norm2", "relu2", "conv2", "concat"} {
		names += " features.denseblock" + block + ".denselayer1." + l
	}
	return names
}

func TestLayersHaveDocumentedNames(t *testing.T) {
	tests := []struct {
		name string
		arch arbench.Architecture
		want string
	}{
		{
			"mlp",
			&MLP{Hidden: []int{4}, Activation: arbench.SiLU, BatchNorm: true},
			"flatten fc1 bn1 fc1.silu fc2",
		},
		{
			"cnn",
			&CNN{Channels: []int{2}, Kernel: 5, Activation: arbench.ReLU},
			"conv1 conv1.relu pool1 flatten fc1",
		},
		{
			"wideresnet",
			&WideResNet{Depth: 10, Widen: 1},
			"conv1" +
				" block1.layer.0.bn1 block1.layer.0.relu1 block1.layer.0.conv1 block1.layer.0.bn2" +
				" block1.layer.0.relu2 block1.layer.0.conv2 block1.layer.0.add" +
				" block2.layer.0.bn1 block2.layer.0.relu1 block2.layer.0.conv1 block2.layer.0.bn2" +
				" block2.layer.0.relu2 block2.layer.0.conv2 block2.layer.0.convShortcut" +
				" block2.layer.0.add" +
				" block3.layer.0.bn1 block3.layer.0.relu1 block3.layer.0.conv1 block3.layer.0.bn2" +
				" block3.layer.0.relu2 block3.layer.0.conv2 block3.layer.0.convShortcut" +
				" block3.layer.0.add" +
				" bn1 relu pool fc",
		},
		{ // three poolings of an image of 8x8; features.21 and features.28 would be the others
			"vgg",
			&VGG{Depth: 11, Width: 1, BatchNorm: true},
			"features.0 features.1 features.2 features.3" +
				" features.4 features.5 features.6 features.7" +
				" features.8 features.9 features.10 features.11 features.12 features.13 features.14" +
				" features.15 features.16 features.17 features.18 features.19 features.20" +
				" features.22 features.23 features.24 features.25 features.26 features.27" +
				" pool classifier",
		},
		{
			"vit",
			&ViT{Patch: 4, Width: 2, Depth: 1, Heads: 1, MLPRatio: 1},
			"patch_embed.proj cls_token pos_embed blocks.0.norm1 blocks.0.attn.qkv blocks.0.attn.heads" +
				" blocks.0.attn.proj blocks.0.add1 blocks.0.norm2 blocks.0.mlp.fc1 blocks.0.mlp.act" +
				" blocks.0.mlp.fc2 blocks.0.add2 norm pool head",
		},
		{
			"densenet",
			&DenseNet{Depth: 10, Growth: 1},
			"features.conv0" + denseLayer("1") +
				" features.transition1.norm features.transition1.relu features.transition1.conv" +
				" features.transition1.pool" + denseLayer("2") +
				" features.transition2.norm features.transition2.relu features.transition2.conv" +
				" features.transition2.pool" + denseLayer("3") +
				" features.norm_final relu pool classifier",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.arch.Network([]int{1, 8, 8}, 10)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Fields(tt.want), layerNames(n)); diff != "" {
				t.Errorf("layers (-want +got):\n%s", diff)
			}
		})
	}
}
