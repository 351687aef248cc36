package arch

import (
	"os"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"
)

// goldenShapes returns the shape of every parameter in a golden weight file.
func goldenShapes(t *testing.T, net string) map[string][]int {
	t.Helper()
	b, err := os.ReadFile("../../testdata/golden/weights_" + net + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]int{}
	for _, v := range file.Tensors() {
		if strings.HasSuffix(v.Name, "num_batches_tracked") {
			continue // PyTorch's count of steps, which no net of arbench has
		}
		var shape []int
		for _, d := range v.TensorView.Shape() {
			shape = append(shape, int(d))
		}
		shapes[v.Name] = shape
	}
	return shapes
}

// TestNetsAreTheGoldenOnes: the architectures make the nets whose logits are golden, layer by layer, and their
// parameters are those of the weight files.
func TestNetsAreTheGoldenOnes(t *testing.T) {
	tests := []struct {
		golden string
		arch   arbench.Architecture
		input  []int
	}{
		{"mlp_digits", &MLP{Hidden: []int{64, 64}, Activation: arbench.ReLU}, []int{1, 8, 8}},
		{
			"cnn_fashion",
			&CNN{Channels: []int{8, 16}, Kernel: 3, Hidden: []int{64}, Activation: arbench.ReLU},
			[]int{1, 28, 28},
		},
		{"resnet8_fashion", &ResNet{Depth: 8, Width: 8, Shortcut: "B"}, []int{1, 28, 28}},
	}
	for _, tt := range tests {
		t.Run(tt.golden, func(t *testing.T) {
			n, err := tt.arch.Network(tt.input, 10)
			if err != nil {
				t.Fatal(err)
			}
			spec, err := golden.Spec(tt.golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(spec.Network, n); diff != "" {
				t.Errorf("net (-want +got):\n%s", diff)
			}
			ps, err := n.Params()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]int{}
			for _, p := range ps {
				got[p.Name] = p.Value.Shape
			}
			if diff := cmp.Diff(goldenShapes(t, tt.golden), got); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

// The counts are those of sum(p.numel() for p in model.parameters()) of the common PyTorch code:
// akamaster/pytorch_resnet_cifar10 (option A), the PreActResNet of robust_overfitting, and
// WideResNet without TRADES' unused sub_block1. Option B of ResNet-20 adds two 1x1 convolutions with
// normalization: 16·32 + 2·32 + 32·64 + 2·64 = 2,752. Those of VGG are the features of torchvision's
// vgg11_bn, vgg13_bn, vgg16_bn, vgg16 and vgg19_bn and 512·10 + 10 of the classifier; Huang et al.,
// table 2, have 0.8M, 15.3M and 25.6M for the three DenseNet-BC. Of the vision transformer, by hand with
// width w = 192: 3·4²·w + w of the patches, w + 65·w of tokens, 12·(12·w² + 13·w) of the blocks,
// 2·w + 10·w + 10 of the end.
func TestCountsAreThoseOfWellKnownNets(t *testing.T) {
	tests := []struct {
		name string
		arch arbench.Architecture
		want int
	}{
		{"linear", &Linear{}, 3072*10 + 10},
		{"ResNet-20", &ResNet{Depth: 20, Width: 16, Shortcut: "A"}, 269_722},
		{"ResNet-20 B", &ResNet{Depth: 20, Width: 16, Shortcut: "B"}, 269_722 + 2_752},
		{"ResNet-56", &ResNet{Depth: 56, Width: 16, Shortcut: "A"}, 853_018},
		{"ResNet-110", &ResNet{Depth: 110, Width: 16, Shortcut: "A"}, 1_727_962},
		{"PreActResNet-18", &PreActResNet{Depth: 18, Width: 64}, 11_172_170},
		{"WRN-16-4", &WideResNet{Depth: 16, Widen: 4}, 2_748_890},
		{"WRN-28-10", &WideResNet{Depth: 28, Widen: 10}, 36_479_194},
		{"WRN-34-10", &WideResNet{Depth: 34, Widen: 10}, 46_160_474},
		{"VGG-11-BN", &VGG{Depth: 11, Width: 64, BatchNorm: true}, 9_231_114},
		{"VGG-13-BN", &VGG{Depth: 13, Width: 64, BatchNorm: true}, 9_416_010},
		{"VGG-16-BN", &VGG{Depth: 16, Width: 64, BatchNorm: true}, 14_728_266},
		{"VGG-16", &VGG{Depth: 16, Width: 64}, 14_719_818},
		{"VGG-19-BN", &VGG{Depth: 19, Width: 64, BatchNorm: true}, 20_040_522},
		{"DenseNet-BC-40-12", &DenseNet{Depth: 40, Growth: 12}, 176_122},
		{"DenseNet-BC-100-12", &DenseNet{Depth: 100, Growth: 12}, 769_162},
		{"DenseNet-BC-250-24", &DenseNet{Depth: 250, Growth: 24}, 15_324_406},
		{"DenseNet-BC-190-40", &DenseNet{Depth: 190, Growth: 40}, 25_624_430},
		{"ViT-Ti/4", &ViT{Patch: 4, Width: 192, Depth: 12, Heads: 3, MLPRatio: 4}, 5_362_762},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.arch.Network([]int{3, 32, 32}, 10)
			if err != nil {
				t.Fatal(err)
			}
			ps, err := n.Params()
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for _, p := range ps {
				if p.Role != arbench.Statistic {
					got += arbench.Volume(p.Value.Shape)
				}
			}
			if got != tt.want {
				t.Errorf("%d trainable numbers, want %d", got, tt.want)
			}
		})
	}
}

func TestStridedStagesHalveTheImage(t *testing.T) {
	tests := []struct {
		name, layer string
		arch        arbench.Architecture
		want        []int
	}{
		{"resnet", "layer3.0.relu2", &ResNet{Depth: 8, Width: 4, Shortcut: "A"}, []int{16, 7, 7}},
		{"preactresnet", "layer4.1.add", &PreActResNet{Depth: 18, Width: 2}, []int{16, 4, 4}},
		{"wideresnet", "block3.layer.0.add", &WideResNet{Depth: 10, Widen: 2}, []int{128, 7, 7}},
		{"vgg", "features.20", &VGG{Depth: 11, Width: 2, BatchNorm: true}, []int{16, 3, 3}},
		{
			"densenet", "features.denseblock3.denselayer1.concat", &DenseNet{Depth: 10, Growth: 4},
			[]int{((8+4)/2+4)/2 + 4, 7, 7},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.arch.Network([]int{1, 28, 28}, 10)
			if err != nil {
				t.Fatal(err)
			}
			shapes, err := n.Shapes()
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range n.Layers {
				if l.Name == tt.layer {
					if diff := cmp.Diff(tt.want, shapes[i]); diff != "" {
						t.Errorf("shape of %s (-want +got):\n%s", tt.layer, diff)
					}
					return
				}
			}
			t.Errorf("no layer %q in %q", tt.layer, layerNames(n))
		})
	}
}

func TestOptionsThatDoNotFitAreErrors(t *testing.T) {
	tests := []struct {
		name string
		arch arbench.Architecture
		want string // part of the error
	}{
		{"resnet depth", &ResNet{Depth: 18, Width: 16, Shortcut: "A"}, "6n+2"},
		{"resnet too shallow", &ResNet{Depth: 2, Width: 16, Shortcut: "A"}, "6n+2"},
		{"resnet width", &ResNet{Depth: 20, Width: 0, Shortcut: "A"}, "width 0"},
		{"resnet shortcut", &ResNet{Depth: 20, Width: 16, Shortcut: "C"}, `shortcut "C"`},
		{"preactresnet depth", &PreActResNet{Depth: 50, Width: 64}, "18 or 34"},
		{"preactresnet width", &PreActResNet{Depth: 18, Width: -1}, "width -1"},
		{"wideresnet depth", &WideResNet{Depth: 32, Widen: 10}, "6n+4"},
		{"wideresnet widen", &WideResNet{Depth: 28}, "widen 0"},
		{"vgg depth", &VGG{Depth: 12, Width: 64}, "11, 13, 16 or 19"},
		{"vgg width", &VGG{Depth: 11}, "width 0"},
		{"densenet depth", &DenseNet{Depth: 121, Growth: 32}, "6n+4"},
		{"densenet growth", &DenseNet{Depth: 40}, "growth 0"},
		{"vit patch", &ViT{Patch: 5, Width: 64, Depth: 4, Heads: 4, MLPRatio: 4}, "use one of [2 4 8 16 32]"},
		{"vit without patch", &ViT{Width: 64, Depth: 4, Heads: 4, MLPRatio: 4}, "patch 0"},
		{"vit heads", &ViT{Patch: 4, Width: 64, Depth: 4, Heads: 5, MLPRatio: 4}, "heads 5 do not divide width 64"},
		{"vit depth", &ViT{Patch: 4, Width: 64, Heads: 4, MLPRatio: 4}, "depth 0"},
		{"vit mlp_ratio", &ViT{Patch: 4, Width: 64, Depth: 4, Heads: 4}, "mlp_ratio 0"},
		{"mlp width", &MLP{Hidden: []int{0}, Activation: arbench.ReLU}, `"fc1"`},
		{"mlp activation", &MLP{Hidden: []int{4}, Activation: "relu6"}, `"relu6"`},
		{"cnn kernel", &CNN{Channels: []int{4}, Kernel: 2, Activation: arbench.ReLU}, "odd"},
		{"cnn without convolution", &CNN{Kernel: 3, Activation: arbench.ReLU}, "channels"},
		{
			"cnn too deep for the image",
			&CNN{Channels: []int{4, 4, 4, 4, 4, 4}, Kernel: 3, Activation: arbench.ReLU},
			`"pool6"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.arch.Network([]int{3, 32, 32}, 10)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestRegisteredDefaultsFitCIFAR(t *testing.T) {
	for _, name := range []string{
		"linear", "mlp", "cnn", "resnet", "preactresnet", "wideresnet", "vgg", "densenet", "vit",
	} {
		t.Run(name, func(t *testing.T) {
			a, err := arbench.Architectures.New(name)
			if err != nil {
				t.Fatal(err)
			}
			n, err := a.Network([]int{3, 32, 32}, 10)
			if err != nil {
				t.Fatal(err)
			}
			if n.Classes() != 10 || a.Info().Doc == "" {
				t.Errorf("%d logits, doc %q", n.Classes(), a.Info().Doc)
			}
		})
	}
}
