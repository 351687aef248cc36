//go:build gomlx

package gomlx

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/arch"
	"github.com/arbench/arbench/internal/golden"
)

// goldenNets are the nets of testdata/golden, section 1.
var goldenNets = []struct {
	name, data string
	arch       arbench.Architecture
	input      []int
}{
	{"mlp_digits", "digits", &arch.MLP{Hidden: []int{64, 64}, Activation: arbench.ReLU}, []int{1, 8, 8}},
	{
		"cnn_fashion", "fashion",
		&arch.CNN{Channels: []int{8, 16}, Kernel: 3, Hidden: []int{64}, Activation: arbench.ReLU},
		[]int{1, 28, 28},
	},
	{"resnet8_fashion", "fashion", &arch.ResNet{Depth: 8, Width: 8, Shortcut: "B"}, []int{1, 28, 28}},
}

// openGolden opens net number k of goldenNets with its weights, and returns its 64 examples and its
// golden file of derivatives.
func openGolden(t *testing.T, b *Backend, k int) (*Model, arbench.Batch, *golden.File) {
	t.Helper()
	tt := goldenNets[k]
	net, err := tt.arch.Network(tt.input, 10)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := net.Params()
	if err != nil {
		t.Fatal(err)
	}
	weights := file(t, "weights_"+tt.name)
	for i := range ps {
		ps[i].Value = weights.Floats(ps[i].Name)
	}
	batch, err := golden.Examples(tt.data, 64)
	if err != nil {
		t.Fatal(err)
	}
	return openNet(t, b, arbench.ModelSpec{Network: net, Weights: ps}), batch, file(t, "grads_"+tt.name)
}

func file(t *testing.T, name string) *golden.File {
	t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Tolerances and values are those of testdata/golden, section 2: PyTorch in float64. The Go engine's sums of
// products go one after the other, so it is allowed four times as much.
func TestDerivativesAgreeWithGolden(t *testing.T) {
	onEachEngine(t, func(t *testing.T, backend *Backend) {
		slack, nets := 1.0, goldenNets
		if backend.platform() == goPlatform { // which takes half a minute for the last one
			slack, nets = 4, goldenNets[:2]
		}
		for k, tt := range nets {
			t.Run(tt.name, func(t *testing.T) {
				m, b, f := openGolden(t, backend, k)
				ce := []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}
				p := run(t, m, arbench.Call{X: b.X, Losses: ce, Want: arbench.DX | arbench.DParams})
				near(t, "logits", f.Floats("logits").Data, p.Logits.Data, slack*2e-6)
				near(t, "ce", f.Floats("ce").Data, p.Values[0], slack*1e-6)
				near(t, "input_grad", f.Floats("input_grad").Data, p.DX[0].Data, slack*4e-6)
				for name, q := range paramsOf(t, m) {
					if q.Role != arbench.Statistic {
						near(t, name, f.Floats("param_grad."+name).Data, q.Grad.Data, slack*1e-5)
					}
				}
				p = run(t, m, arbench.Call{X: b.X, Losses: ce, Want: arbench.DX})
				near(t, "input_grad alone", f.Floats("input_grad").Data, p.DX[0].Data, slack*4e-6)
				p = run(t, m, arbench.Call{X: b.X})
				near(t, "logits alone", f.Floats("logits").Data, p.Logits.Data, slack*2e-6)
			})
		}
	})
}

func TestTrainModeAgreesWithGolden(t *testing.T) { onXLA(t, trainModeAgreesWithGolden) }

func trainModeAgreesWithGolden(t *testing.T, backend *Backend) {
	m, b, f := openGolden(t, backend, 2)
	p := run(t, m, arbench.Call{X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}},
		Want: arbench.DParams, Mode: arbench.BatchUpdate})
	near(t, "logits", f.Floats("train.logits").Data, p.Logits.Data, 2e-6)
	near(t, "ce", f.Floats("train.ce").Data, p.Values[0], 1e-6)
	for name, q := range paramsOf(t, m) {
		if q.Role == arbench.Statistic {
			near(t, name, f.Floats("train.stats1."+name).Data, q.Value.Data, 1e-6)
		} else {
			near(t, name, f.Floats("train.param_grad."+name).Data, q.Grad.Data, 1e-3)
		}
	}
}

func TestStepsAgreeWithGolden(t *testing.T) { onXLA(t, stepsAgreeWithGolden) }

func stepsAgreeWithGolden(t *testing.T, backend *Backend) {
	for k, tt := range goldenNets[:2] {
		t.Run(tt.name, func(t *testing.T) {
			m, b, f := openGolden(t, backend, k)
			sgd := &arbench.SGD{Momentum: 0.9, Decay: 5e-4}
			for s := range 3 {
				p := run(t, m, arbench.Call{X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}},
					Want: arbench.DParams, Mode: arbench.BatchUpdate})
				mean := []float64{0}
				for _, v := range p.Values[0] {
					mean[0] += v / 64
				}
				near(t, "sgd_loss", f.Floats("sgd_loss").Data[s:s+1], mean, 1e-5)
				if err := m.Step(t.Context(), sgd, 0.1); err != nil {
					t.Fatal(err)
				}
			}
			for name, q := range paramsOf(t, m) {
				near(t, "sgd3."+name, f.Floats("sgd3."+name).Data, q.Value.Data, 3e-5)
			}
		})
	}
}
