//go:build gomlx

package gomlx

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// Models share programs and nothing else: each may be used by a goroutine of its own, and opened there.
func TestModelsRunSideBySide(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		net := smallNets()["conv pool"]
		spec := arbench.ModelSpec{Network: net, Seed: 2}
		b = withRows(b, 4)
		x, y := images(net, 6)
		call := arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}}, Want: arbench.DX}
		want := run(t, openNet(t, b, spec), call)
		var done sync.WaitGroup
		for range 4 {
			done.Go(func() {
				m, err := b.Open(t.Context(), spec)
				if err != nil {
					t.Error(err)
					return
				}
				for range 5 {
					p, err := m.Run(t.Context(), call)
					if diff := cmp.Diff(want, p); err != nil || diff != "" {
						t.Errorf("error %v, pass (-alone +beside others):\n%.1000s", err, diff)
					}
				}
			})
		}
		done.Wait()
	})
}

// hugeNet maps an image of zeros to zeros, with derivatives beyond float32.
func hugeNet(t *testing.T, b *Backend) *Model {
	net := netOf([]int{1, 1, 2}, arbench.Flatten{}, arbench.Dense{Out: 2}, arbench.Dense{Out: 3})
	ps, err := net.Init(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		for i := range p.Value.Data {
			p.Value.Data[i] = 1e30
		}
	}
	ps[1].Value.Data[0] = -1e30 // else derivatives of cross-entropy cancel
	return openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net, Weights: ps})
}

// What is not finite, in a derivative that is, or comes from a loss of one's own, is an error that says where.
func TestErrorsSayWhere(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := hugeNet(t, b)
		x := arbench.NewTensor(3, 1, 1, 2)
		for want, loss := range map[string]arbench.Loss{
			`the derivative of loss 0 by the output of layer "a" has a NaN or an infinity in row 0`: arbench.CrossEntropy{Y: []int{0, 1, 2}},
			"loss 0: panic: no such thing": arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) { panic("no such thing") }),
			"loss 0 has a derivative that is NaN or infinite in row 1": arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {
				if dz.Data != nil {
					dz.Row(1)[0] = 1 / z.Row(1)[0]
				}
			}),
			"loss 0: label 3 of row 2, want 0 to 2": arbench.CrossEntropy{Y: []int{0, 1, 3}},
			"loss 0: 2 labels for 3 rows":           arbench.Margin{Y: []int{0, 1}},
		} {
			_, err := m.Run(t.Context(), arbench.Call{X: x, Losses: []arbench.Loss{loss}, Want: arbench.DX})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
		y := []int{0, 1, 2}
		a := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.CrossEntropy{Y: y}, Steps: 2, Size: make([]float64, 3),
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}}
		if _, _, err := m.Ascend(t.Context(), a); err == nil || !strings.Contains(err.Error(), `layer "a"`) {
			t.Errorf("an ascent along it: error %v, want the layer", err)
		}
	})
}

// So it is where a step of training has moved running statistics before.
func TestErrorsOfTrainingSayWhere(t *testing.T) {
	net := netOf([]int{1, 2, 2}, arbench.Flatten{}, arbench.Dense{Out: 3}, bn(), arbench.Dense{Out: 3})
	ps, err := net.Init(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ps {
		if ps[i].Name == "d.weight" {
			for k := range ps[i].Value.Data {
				ps[i].Value.Data[k] = 3e38 // beyond float32 after a product and a sum
			}
		}
	}
	x, y := images(net, 4)
	ce := []arbench.Loss{arbench.CrossEntropy{Y: y}}
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, b, arbench.ModelSpec{Network: net, Weights: ps})
		before := paramsOf(t, m)
		for _, groups := range [][]int{nil, {2, 2}} {
			_, err := m.Run(t.Context(), arbench.Call{X: x, Losses: ce, Want: arbench.DParams, Mode: arbench.BatchUpdate, Groups: groups})
			if err == nil || !strings.Contains(err.Error(), `layer "d" gives a NaN or an infinity in row`) {
				t.Errorf("groups %v: error %v, want it to name layer d", groups, err)
			}
		}
		if d := cmp.Diff(before, paramsOf(t, m)); d != "" {
			t.Errorf("parameters and statistics have moved (-before +after):\n%.1000s", d)
		}
	})
}

// A batch of one value for each channel has no variance.
func TestBatchStatisticsNeedTwoValues(t *testing.T) {
	net := smallNets()["dense norm"]
	m := openNet(t, &Backend{Platform: goPlatform}, arbench.ModelSpec{Network: net})
	x, _ := images(net, 1)
	_, err := m.Run(t.Context(), arbench.Call{X: x, Mode: arbench.BatchStats})
	if err == nil || !strings.Contains(err.Error(), `batch normalization "c": one value per channel`) {
		t.Errorf("error %v, want one about the variance of layer c", err)
	}
}

// No layer hides a NaN: the first one that has it is named.
func TestNoLayerHidesANaN(t *testing.T) {
	ops := []arbench.Op{convOf(3, 3, 1, 1)}
	for _, f := range arbench.Functions {
		ops = append(ops, act(f))
	}
	ops = append(ops, arbench.MaxPool{Kernel: sq(2), Stride: sq(1)}, arbench.AvgPool{Kernel: sq(2), Stride: sq(1)}, bn(),
		arbench.LayerNorm{Eps: 1e-3}, arbench.Flatten{}, arbench.Dense{Out: 2})
	net := netOf([]int{1, 4, 4}, ops...)
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net})
		broken := paramsOf(t, m)["a.bias"]
		broken.Value.Data[1] = float32(math.NaN())
		if err := m.SetParams(t.Context(), []arbench.Param{broken}); err != nil {
			t.Fatal(err)
		}
		x, _ := images(net, 3)
		_, err := m.Run(t.Context(), arbench.Call{X: x})
		if err == nil || !strings.Contains(err.Error(), `layer "a" gives a NaN or an infinity in row 0`) {
			t.Errorf("error %v, want it to name layer a", err)
		}
	})
}

// A window of which only a later place is NaN is NaN.
func TestMaxPoolHidesNoNaN(t *testing.T) {
	net := netOf([]int{1, 1, 2}, convOf(2, 1, 1, 0), convOf(1, 1, 1, 0), arbench.MaxPool{Kernel: [2]int{1, 2}, Stride: sq(1)}, arbench.Flatten{})
	ps, err := net.Init(1)
	if err != nil {
		t.Fatal(err)
	}
	for i, values := range [][]float32{{3e38, 3e38}, {0, 0}, {3e38, -3e38}, {0}} { // where a pixel is 1, ∞ - ∞
		copy(ps[i].Value.Data, values)
	}
	x := arbench.Tensor{Shape: []int{1, 1, 1, 2}, Data: []float32{0, 1}}
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net, Weights: ps})
		if p, err := m.Run(t.Context(), arbench.Call{X: x}); err == nil || !strings.Contains(err.Error(), `layer "b"`) {
			t.Errorf("logits %v, error %v, want one that names layer b", p.Logits.Data, err)
		}
	})
}

// What was summed before a pass that fails, or before a state is restored, is not part of the next step.
func TestFailureAndRestoreClearSums(t *testing.T) {
	net := smallNets()["dense"]
	x, y := images(net, 3)
	good := arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}}, Want: arbench.DParams}
	bad := good
	bad.X = x.Clone()
	bad.X.Data[4] = float32(math.NaN())
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, b, arbench.ModelSpec{Network: net})
		s, err := m.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, clear := range map[string]func() error{
			"a pass that fails": func() error {
				if _, err := m.Run(t.Context(), bad); err == nil {
					t.Error("an image with a NaN: no error")
				}
				return nil
			},
			"a restored state": func() error { return m.Restore(t.Context(), s) },
		} {
			run(t, m, good)
			if err := clear(); err != nil {
				t.Fatal(err)
			}
			for layer, p := range paramsOf(t, m) {
				for _, g := range p.Grad.Data {
					if g != 0 {
						t.Fatalf("after %s %s has derivatives %v, want 0", name, layer, p.Grad.Data)
					}
				}
			}
		}
	})
}

// Moments of one optimizer are nothing to another.
func TestAnotherOptimizerStartsAnew(t *testing.T) {
	net := smallNets()["dense"]
	x, y := images(net, 3)
	c := arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}}, Want: arbench.DParams}
	onEachEngine(t, func(t *testing.T, b *Backend) {
		step := func(m *Model, o arbench.Optimizer) map[string]arbench.Param {
			run(t, m, c)
			if err := m.Step(t.Context(), o, 0.1); err != nil {
				t.Fatal(err)
			}
			return paramsOf(t, m)
		}
		m := openNet(t, b, arbench.ModelSpec{Network: net})
		step(m, arbench.NewSGD())
		s, err := m.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := step(openNet(t, b, arbench.ModelSpec{Network: net, Weights: s.Params}), arbench.NewAdam())
		if d := cmp.Diff(want, step(m, arbench.NewAdam())); d != "" {
			t.Errorf("Adam (-alone +after SGD):\n%.1000s", d)
		}
	})
}

// A step whose execution fails takes parameters with it. That is said, and Restore brings them back.
func TestLostParametersAreSaid(t *testing.T) {
	net := smallNets()["dense"]
	m := openNet(t, &Backend{Platform: goPlatform}, arbench.ModelSpec{Network: net})
	s, err := m.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	free(m.values)
	m.values = nil // as a failed step leaves it
	x, _ := images(net, 2)
	if _, err := m.Run(t.Context(), arbench.Call{X: x}); err == nil || !strings.Contains(err.Error(), "were lost") {
		t.Errorf("Run: error %v", err)
	}
	if _, err := m.Params(t.Context()); err == nil || !strings.Contains(err.Error(), "were lost") {
		t.Errorf("Params: error %v", err)
	}
	if err := m.Restore(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	run(t, m, arbench.Call{X: x})
}
