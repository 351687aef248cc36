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
	x := arbench.NewTensor(2, 3, 32, 32)
	for n := range 2 {
		for i := range x.Row(n) {
			x.Row(n)[i] = float32(u(n, i/9))
		}
	}
	for name, a := range map[string]arbench.Architecture{
		"vgg11_bn":       &arch.VGG{Depth: 11, Width: 2, BatchNorm: true},
		"vgg11":          &arch.VGG{Depth: 11, Width: 2},
		"densenet10":     &arch.DenseNet{Depth: 10, Growth: 4},
		"resnet8":        &arch.ResNet{Depth: 8, Width: 4, Shortcut: "A"},
		"preactresnet18": &arch.PreActResNet{Depth: 18, Width: 2},
		"wideresnet10":   &arch.WideResNet{Depth: 10, Widen: 1},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := a.Network([]int{3, 32, 32}, 10)
			if err != nil {
				t.Fatal(err)
			}
			m, err := (&gorgonia.Backend{Numerics: "direct"}).Open(t.Context(), arbench.ModelSpec{
				Network: n, Weights: ruled(t, n),
			})
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.Run(t.Context(), arbench.Call{X: x})
			if err != nil {
				t.Fatal(err)
			}
			off, most := 0.0, 0.0
			for i, want := range file.Floats(name).Data {
				off = max(off, math.Abs(float64(p.Logits.Data[i]-want)))
				most = max(most, math.Abs(float64(want)))
			}
			if !(off <= 2e-6*most) {
				t.Errorf("logits are off by %v of %v", off, most)
			}
		})
	}
}
