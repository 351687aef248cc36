package linear

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/backendtest"
)

// net returns softmax regression on images of 2×1×2 pixels.
func net(classes int, bias bool) *arbench.Network {
	n := &arbench.Network{Input: []int{2, 1, 2}}
	n.Add("flat", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: classes, Bias: bias})
	return n
}

// known opens two classes with W = [1 2 3 4; 0 -1 0 1] and b = [0.5, -0.5].
func known(t *testing.T, n *arbench.Network) *Model {
	t.Helper()
	m, err := (&Backend{}).Open(context.Background(), arbench.ModelSpec{Network: n, Weights: []arbench.Param{
		{Name: "fc.weight", Value: arbench.Tensor{Shape: []int{2, 4}, Data: []float32{1, 2, 3, 4, 0, -1, 0, 1}}},
		{Name: "fc.bias", Value: arbench.Tensor{Shape: []int{2}, Data: []float32{0.5, -0.5}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*Model)
}

func image(pixels ...float32) arbench.Tensor {
	return arbench.Tensor{Shape: []int{len(pixels) / 4, 2, 1, 2}, Data: pixels}
}

func TestBackendKeepsTheRules(t *testing.T) {
	normalized := net(5, true)
	normalized.Normalize = &arbench.Normalize{Mean: []float64{0.4, 0.6}, Std: []float64{0.2, 0.5}}
	backendtest.Run(t, func() arbench.Backend { return &Backend{} }, net(3, false), normalized)
}

func TestOpenNamesTheLayerItCannotRun(t *testing.T) {
	conv := arbench.Conv{Out: 1, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}}
	for _, c := range []struct {
		name string
		add  func(n *arbench.Network)
		want string
	}{
		{"convolution first", func(n *arbench.Network) {
			n.Add("conv1", conv)
			n.Add("flat", arbench.Flatten{})
		}, `layer "conv1" is conv`},
		{"activation between", func(n *arbench.Network) {
			n.Add("flat", arbench.Flatten{})
			n.Add("act", arbench.Activation{Function: arbench.ReLU})
		}, `layer "act" is activation`},
		{"two dense layers", func(n *arbench.Network) {
			n.Add("flat", arbench.Flatten{})
			n.Add("fc1", arbench.Dense{Out: 3})
			n.Add("fc2", arbench.Dense{Out: 3})
		}, `layer "fc2" (dense) is one too many`},
		{"no dense layer", func(n *arbench.Network) { n.Add("flat", arbench.Flatten{}) }, `layer "flat" is the last`},
		{"no layer", func(*arbench.Network) {}, "without layers"},
	} {
		n := &arbench.Network{Input: []int{2, 1, 2}}
		c.add(n)
		_, err := (&Backend{}).Open(context.Background(), arbench.ModelSpec{Network: n})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := (&Backend{}).Open(context.Background(), arbench.ModelSpec{}); err == nil {
		t.Error("no network: no error")
	}
}

// x = (0, 1, 0.5, 0.25): z = (0 + 2 + 1.5 + 1 + 0.5, -1 + 0.25 - 0.5) = (5, -1.25). The derivative of
// z₀ - z₁ is w₀ - w₁ = (1, 3, 3, 3).
func TestLogitsAndDerivativeByHand(t *testing.T) {
	m := known(t, net(2, true))
	p, err := m.Run(context.Background(), arbench.Call{
		X: image(0, 1, 0.5, 0.25), Want: arbench.DX,
		Losses: []arbench.Loss{arbench.LogitDifference{A: []int{0}, B: []int{1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := arbench.Pass{
		Logits: arbench.Tensor{Shape: []int{1, 2}, Data: []float32{5, -1.25}},
		Values: [][]float64{{6.25}}, DX: []arbench.Tensor{image(1, 3, 3, 3)},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// With means (0, 1) and deviations (1, 0.5) the same image is (0, 1, -1, -1.5), which gives
// z = (0 + 2 - 3 - 6 + 0.5, -1 - 1.5 - 0.5) = (-6.5, -3); derivatives of the second channel double.
func TestNormalizationByHand(t *testing.T) {
	n := net(2, true)
	n.Normalize = &arbench.Normalize{Mean: []float64{0, 1}, Std: []float64{1, 0.5}}
	p, err := known(t, n).Run(context.Background(), arbench.Call{
		X: image(0, 1, 0.5, 0.25), Want: arbench.DX,
		Losses: []arbench.Loss{arbench.LogitDifference{A: []int{0}, B: []int{1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{-6.5, -3}, p.Logits.Data); diff != "" {
		t.Errorf("logits -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]float32{1, 3, 6, 6}, p.DX[0].Data); diff != "" {
		t.Errorf("derivative -want +got:\n%s", diff)
	}
}

// Over the box all pixels of w₀ are positive: z₀ is in [0.5, 10.5]; z₁ takes -1 or 1 with its second
// or last pixel: [-1.5, 0.5].
func TestBoundsOfTheBoxByHand(t *testing.T) {
	m := known(t, net(2, true))
	zlo, zhi, err := m.Bounds(context.Background(), image(0, 0, 0, 0), image(1, 1, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{0.5, -1.5, 10.5, 0.5}, append(zlo.Data, zhi.Data...)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, bad := range map[string][2]arbench.Tensor{
		"lower above upper": {image(0, 0, 0, 1), image(1, 1, 1, 0)},
		"one against two":   {image(0, 0, 0, 0), image(1, 1, 1, 1, 1, 1, 1, 1)},
		"other shape":       {arbench.NewTensor(1, 1, 2, 2), arbench.NewTensor(1, 1, 2, 2)},
	} {
		if _, _, err := m.Bounds(context.Background(), bad[0], bad[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRestoreRefusesAnotherNetsState(t *testing.T) {
	ctx := context.Background()
	m := known(t, net(2, true))
	good, err := m.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(s *arbench.State){
		"a parameter missing": func(s *arbench.State) { s.Params = s.Params[1:] },
		"a moment of another name": func(s *arbench.State) {
			s.Moments = []arbench.Param{{Name: "gc.weight.momentum", Value: arbench.NewTensor(2, 4)}}
		},
		"a moment of another size": func(s *arbench.State) {
			s.Moments = []arbench.Param{{Name: "fc.weight.momentum", Value: arbench.NewTensor(3)}}
		},
	} {
		s := good
		spoil(&s)
		if err := m.Restore(ctx, s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOneTrainingHasOneOptimizer(t *testing.T) {
	ctx := context.Background()
	m := known(t, net(2, true))
	if err := m.Step(ctx, arbench.NewSGD(), 0.1); err != nil {
		t.Fatal(err)
	}
	if err := m.Step(ctx, arbench.NewAdam(), 0.1); err == nil {
		t.Error("SGD, then Adam: no error")
	}
}

// Two classes of images, N(½ ± mu, sigma² I), and softmax regression through the middle. An attack
// in the Linf ball costs the margin eps ‖w‖₁, w = w₁ - w₀, so that accuracy under the worst case is
// Φ((w·mu - eps ‖w‖₁) / (sigma ‖w‖₂)), far from the box. One step along the sign of the derivative
// is that worst case; over 4000 examples the share is within four standard deviations.
func TestAccuracyUnderTheWorstCaseEqualsTheClosedForm(t *testing.T) {
	ctx := context.Background()
	m := known(t, net(2, true))
	w := []float64{-1, -3, -3, -3}              // of known
	mu := []float64{-0.02, -0.01, 0.005, -0.03} // class 1 is ½ + mu
	const sigma, n = 0.04, 4000                 // the box is 10 sigma away
	middle := arbench.Tensor{Shape: []int{2}, Data: []float32{-5, 0}}
	if err := m.SetParams(ctx, []arbench.Param{{Name: "fc.bias", Value: middle}}); err != nil {
		t.Fatal(err)
	}
	b := arbench.Batch{X: arbench.NewTensor(n, 2, 1, 2), Y: make([]int, n)}
	for i := range n {
		r := arbench.KeyedRand(1, "gaussian", i)
		b.Y[i] = i % 2
		for j := range b.X.Row(i) {
			b.X.Row(i)[j] = float32(0.5 + float64(2*b.Y[i]-1)*mu[j] + sigma*r.NormFloat64())
		}
	}
	gain, l1, l2 := 0.0, 0.0, 0.0
	for j, v := range w {
		gain, l1, l2 = gain+v*mu[j], l1+math.Abs(v), l2+v*v
	}
	for _, eps := range []float64{0, 0.005, 0.01, 0.02} {
		want := 0.5 * math.Erfc(-(gain-eps*l1)/(sigma*math.Sqrt(l2))/math.Sqrt2)
		got := accuracy(t, m, b, arbench.Threat{Norm: arbench.Linf, Eps: eps})
		if off := math.Abs(got - want); off > 4*math.Sqrt(want*(1-want)/n) {
			t.Errorf("eps %v: accuracy %v, want %v", eps, got, want)
		}
	}
}

// accuracy returns the share that m still gives its class after one step along the sign of the
// derivative.
func accuracy(t *testing.T, m *Model, b arbench.Batch, threat arbench.Threat) float64 {
	t.Helper()
	p, err := m.Run(context.Background(), arbench.Call{
		X: b.X, Losses: []arbench.Loss{arbench.Margin{Y: b.Y}}, Want: arbench.DX,
	})
	if err != nil {
		t.Fatal(err)
	}
	x := b.X.Clone()
	for i, g := range p.DX[0].Data {
		x.Data[i] += float32(math.Copysign(threat.Eps, float64(g)))
	}
	threat.Project(x, b.X)
	if p, err = m.Run(context.Background(), arbench.Call{X: x}); err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, y := range b.Y {
		if arbench.Argmax(p.Logits.Row(i)) == y {
			right++
		}
	}
	return float64(right) / float64(b.Len())
}
