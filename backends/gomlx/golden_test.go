//go:build gomlx

package gomlx

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

// openGolden opens net number k of golden.Nets with its weights, and returns its 64 examples and its
// golden file of derivatives.
func openGolden(t *testing.T, b *Backend, k int) (*Model, arbench.Batch, *golden.File) {
	t.Helper()
	net := golden.Nets[k]
	spec, err := golden.Spec(net.Name)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := golden.Examples(net.Data, 64)
	if err != nil {
		t.Fatal(err)
	}
	return openNet(t, b, spec), batch, file(t, "grads_"+net.Name)
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
		slack, nets := 1.0, golden.Nets
		if backend.platform() == goPlatform { // which takes half a minute for the last one
			slack, nets = 4, golden.Nets[:2]
		}
		for k, tt := range nets {
			t.Run(tt.Name, func(t *testing.T) {
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
	for k, tt := range golden.Nets[:2] {
		t.Run(tt.Name, func(t *testing.T) {
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
