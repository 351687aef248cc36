package arch_test

import (
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/internal/arch"
	"github.com/arbench/arbench/internal/golden"
)

// u is the rule of testdata/golden, section 10.
func u(s, i int) float64 { return float64((7*i*i+37*i+101*s)%1009) / 1008 }

// ruled returns the parameters of n by that rule.
func ruled(t *testing.T, n *arbench.Network) []arbench.Param {
	t.Helper()
	ps, err := n.Params()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		s := 0
		for _, b := range []byte(p.Name) {
			s += int(b)
		}
		for i := range p.Value.Data {
			v := (u(s, i) - 0.5) / 2
			switch {
			case len(p.Value.Shape) > 1:
				v = (2*u(s, i) - 1) * math.Sqrt(3/float64(arbench.Volume(p.Value.Shape[1:])))
			case strings.HasSuffix(p.Name, ".weight"), strings.HasSuffix(p.Name, ".running_var"):
				v = 0.5 + u(s, i)
			}
			p.Value.Data[i] = float32(v)
		}
	}
	return ps
}

// TestLogitsAreThoseOfPyTorch has nets of every kind, small, with weights under PyTorch's names. The
// tolerance is that of testdata/golden, section 10.
func TestLogitsAreThoseOfPyTorch(t *testing.T) {
	file, err := golden.Open("logits_deep")
	if err != nil {
		t.Fatal(err)
	}
	x := ruledImages(3, 32, 32)
	for name, a := range map[string]arbench.Architecture{
		"vgg11_bn":       &arch.VGG{Depth: 11, Width: 2, BatchNorm: true},
		"vgg11":          &arch.VGG{Depth: 11, Width: 2},
		"densenet10":     &arch.DenseNet{Depth: 10, Growth: 4},
		"resnet8":        &arch.ResNet{Depth: 8, Width: 4, Shortcut: "A"},
		"preactresnet18": &arch.PreActResNet{Depth: 18, Width: 2},
		"wideresnet10":   &arch.WideResNet{Depth: 10, Widen: 1},
		"vit":            &arch.ViT{Patch: 4, Width: 8, Depth: 2, Heads: 2, MLPRatio: 4},
	} {
		t.Run(name, func(t *testing.T) {
			p := runRuled(t, a, arbench.Call{X: x})
			near(t, "logits", file.Floats(name).Data, p.Logits.Data, 2e-6)
		})
	}
}

// Beside the logits of a vision transformer, the derivative of its cross-entropy in the images.
func TestDerivativeOfViTIsThatOfPyTorch(t *testing.T) {
	file, err := golden.Open("logits_deep")
	if err != nil {
		t.Fatal(err)
	}
	p := runRuled(t, &arch.ViT{Patch: 2, Width: 12, Depth: 2, Heads: 3, MLPRatio: 2}, arbench.Call{
		X: ruledImages(1, 8, 8), Losses: []arbench.Loss{arbench.CrossEntropy{Y: []int{1, 2}}}, Want: arbench.DX,
	})
	near(t, "logits", file.Floats("vit_digits").Data, p.Logits.Data, 2e-6)
	near(t, "input_grad", file.Floats("vit_digits.input_grad").Data, p.DX[0].Data, 4e-6)
}

// ruledImages returns the two images of a shape.
func ruledImages(shape ...int) arbench.Tensor {
	x := arbench.NewTensor(append([]int{2}, shape...)...)
	for n := range 2 {
		for i := range x.Row(n) {
			x.Row(n)[i] = float32(u(n, i/9))
		}
	}
	return x
}

// runRuled makes a pass of a net with the weights of the rule.
func runRuled(t *testing.T, a arbench.Architecture, c arbench.Call) arbench.Pass {
	t.Helper()
	n, err := a.Network(c.X.Shape[1:], 10)
	if err != nil {
		t.Fatal(err)
	}
	m, err := (&gorgonia.Backend{Numerics: "direct"}).Open(t.Context(), arbench.ModelSpec{
		Network: n, Weights: ruled(t, n),
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// near fails the test where got is further from want than tolerance times the greatest of want.
func near(t *testing.T, what string, want, got []float32, tolerance float64) {
	t.Helper()
	off, most := 0.0, 0.0
	for i, w := range want {
		off = max(off, math.Abs(float64(got[i]-w)))
		most = max(most, math.Abs(float64(w)))
	}
	if !(off <= tolerance*most) {
		t.Errorf("%s is off by %v of %v", what, off, most)
	}
}
