//go:build gomlx

package gomlx

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/arch"
)

// architectures are small nets of every architecture.
var architectures = map[string]arbench.Architecture{
	"linear":       &arch.Linear{},
	"mlp":          &arch.MLP{Hidden: []int{20}, Activation: arbench.Tanh, BatchNorm: true},
	"cnn":          &arch.CNN{Channels: []int{4, 6}, Kernel: 3, Hidden: []int{10}, Activation: arbench.SiLU},
	"resnet":       &arch.ResNet{Depth: 8, Width: 4, Shortcut: "A"},
	"preactresnet": &arch.PreActResNet{Depth: 18, Width: 2},
	"wideresnet":   &arch.WideResNet{Depth: 10, Widen: 1},
	"densenet":     &arch.DenseNet{Depth: 10, Growth: 3},
	"vgg":          &arch.VGG{Depth: 11, Width: 3, BatchNorm: true},
	"vit":          &arch.ViT{Patch: 4, Width: 8, Depth: 2, Heads: 2, MLPRatio: 2},
}

// On every small net XLA agrees with the Go engine, which is held to the float64 reference.
func TestEnginesAgree(t *testing.T) { onXLA(t, enginesAgree) }

func enginesAgree(t *testing.T, b *Backend) {
	for name, net := range smallNets() {
		t.Run(name, func(t *testing.T) {
			spec := arbench.ModelSpec{Network: net, Seed: 6}
			compareModels(t, openNet(t, &Backend{Platform: goPlatform}, spec), openNet(t, withRows(b, 6), spec))
		})
	}
}

func compareModels(t *testing.T, want, got arbench.Trainable) {
	x, y := images(want.Info().Network, 6)
	c := arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}},
		Want: arbench.DX | arbench.DParams, Mode: arbench.BatchUpdate}
	for _, mode := range []string{"training", "frozen"} {
		var passes [2]arbench.Pass
		for i, m := range []arbench.Trainable{want, got} {
			var err error
			if passes[i], err = m.Run(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		near(t, mode+": logits", passes[0].Logits.Data, passes[1].Logits.Data, 2e-5)
		near(t, mode+": values", passes[0].Values[0], passes[1].Values[0], 2e-5)
		mostNear(t, mode+": derivative in the images", passes[0].DX[0].Data, passes[1].DX[0].Data)
		ps := paramsOf(t, got)
		for name, p := range paramsOf(t, want) {
			near(t, mode+": "+name, p.Value.Data, ps[name].Value.Data, 2e-5)
			mostNear(t, mode+": derivative of "+name, p.Grad.Data, ps[name].Grad.Data)
		}
		want.ClearGrad()
		got.ClearGrad()
		c.Mode, c.Want = arbench.Frozen, arbench.DX
	}
}

// mostNear fails the test where more than one in a hundred numbers are off by more than a hundredth of the greatest.
// Where all are below 1e-3 they are rounding, as those of a bias before a batch normalization, and count as 1e-3.
func mostNear(t *testing.T, what string, want, got []float32) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	top, off := 1e-3, 0
	for _, v := range want {
		top = math.Max(top, math.Abs(float64(v)))
	}
	for i, v := range want {
		if d := math.Abs(float64(v) - float64(got[i])); !(d <= 1e-2*top) {
			off++
		}
	}
	if off > len(want)/100 {
		t.Errorf("%s: %d of %d numbers differ", what, off, len(want))
	}
}

// What is computed twice, by models that share nothing but their programs, is the same to the last bit.
func TestTrainingIsDeterministic(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		net := smallNets()["conv bn pool"]
		var after [2][]arbench.Param
		for i := range after {
			m := openNet(t, b, arbench.ModelSpec{Network: net, Seed: 6, Batch: 5 + i})
			x, y := images(net, 6)
			for range 3 {
				run(t, m, arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}},
					Want: arbench.DParams, Mode: arbench.BatchUpdate})
				if err := m.Step(t.Context(), arbench.NewAdam(), 0.01); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if after[i], err = m.Params(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(after[0], after[1]); d != "" {
			t.Errorf("parameters (-first +second):\n%.1000s", d)
		}
	})
}
