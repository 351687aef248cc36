package golden

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// TestNetsAgreeWithReference compares logits, losses and derivatives in the images with PyTorch's
// (testdata/golden, section 2, whose tolerances these are).
func TestNetsAgreeWithReference(t *testing.T) {
	for net, data := range map[string]string{"mlp_digits": "digits", "cnn_fashion": "fashion"} {
		t.Run(net, func(t *testing.T) {
			file, err := Open("grads_" + net)
			if err != nil {
				t.Fatal(err)
			}
			m, err := OpenNet(net)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Examples(data, 64)
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.Run(t.Context(), arbench.Call{
				X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}, Want: arbench.DX,
			})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "logits", p.Logits.Data, file.Floats("logits").Data, 2e-6)
			near(t, "input_grad", p.DX[0].Data, file.Floats("input_grad").Data, 4e-6)
			ce := make([]float32, 64)
			narrow(p.Values[0], ce)
			near(t, "ce", ce, file.Floats("ce").Data, 1e-6)
		})
	}
}

// near compares with a tolerance relative to the greatest value.
func near(t *testing.T, name string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	off, most := 0.0, 0.0
	for i, w := range want {
		off = math.Max(off, math.Abs(float64(got[i]-w)))
		most = math.Max(most, math.Abs(float64(w)))
	}
	if !(off <= tolerance*most) {
		t.Errorf("%s is off by %v of %v", name, off, most)
	}
}

func TestOpenNetNamesTheNets(t *testing.T) {
	if _, err := OpenNet("resnet8_fashion"); err == nil {
		t.Error("no error for a net without a reference")
	}
	if _, err := Spec("resnet20_fashion"); err == nil {
		t.Error("no error for a net that is not golden")
	}
}
