package gorgonia

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/arch"
)

// winogradNet is a net whose convolutions go by Winograd's algorithm: on tiles that overhang the
// image, in every combination of what follows.
func winogradNet() *arbench.Network {
	net := &arbench.Network{Input: []int{16, 4, 6}}
	net.Add("conv1", convOf(16, 5, 1, 2))
	x := net.Add("act1", act(arbench.ReLU))
	net.Add("conv2", convOf(16, 3, 1, 1))
	net.Add("bn2", bn())
	net.Add("act2", act(arbench.ReLU))
	y := net.Add("conv3", convOf(16, 3, 1, 1))
	net.Add("add", arbench.Add{}, y, x)
	net.Add("act3", act(arbench.ReLU))
	net.Add("pool", arbench.MaxPool{Kernel: sq(2), Stride: sq(2)})
	net.Add("flat", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	return net
}

func TestWinogradDoesWhatPays(t *testing.T) {
	relu := act(arbench.ReLU)
	tests := []struct {
		name string
		net  *arbench.Network
		want bool
	}{
		{"3x3", netOf([]int{16, 8, 8}, convOf(16, 3, 1, 1), relu, arbench.Flatten{}), true},
		{"5x5", netOf([]int{16, 8, 8}, convOf(32, 5, 1, 2), relu, arbench.Flatten{}), true},
		{"7x7", netOf([]int{16, 8, 8}, convOf(16, 7, 1, 3), relu, arbench.Flatten{}), false},
		{"few channels", netOf([]int{3, 8, 8}, convOf(16, 3, 1, 1), relu, arbench.Flatten{}), false},
		{"many channels", netOf([]int{16, 4, 4}, convOf(513, 3, 1, 1), relu, arbench.Flatten{}), false},
		{"stride", netOf([]int{16, 8, 8}, convOf(16, 3, 2, 1), relu, arbench.Flatten{}), false},
		{"dilation", netOf([]int{16, 8, 8}, arbench.Conv{Out: 16, Kernel: sq(3), Stride: sq(1), Pad: sq(2),
			Dilation: sq(2)}, relu, arbench.Flatten{}), false},
		{"small image", netOf([]int{16, 2, 2}, convOf(16, 3, 1, 1), relu, arbench.Flatten{}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, numerics := range []string{"winograd", "direct"} {
				m := openWith(t, numerics, arbench.ModelSpec{Network: tt.net})
				_, got := m.plan.linears[0].mapping.(winograd)
				if want := tt.want && numerics == "winograd"; got != want {
					t.Errorf("numerics %s: by Winograd's algorithm: %v, want %v", numerics, got, want)
				}
			}
		})
	}
}

// openWith opens a model of some numerics or fails the test.
func openWith(t testing.TB, numerics string, spec arbench.ModelSpec) *Model {
	t.Helper()
	m, err := (&Backend{Numerics: numerics}).Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*Model)
}

func TestOpenRefusesUnknownNumerics(t *testing.T) {
	net := netOf([]int{1, 2, 2}, arbench.Flatten{}, arbench.Dense{Out: 2})
	_, err := (&Backend{Numerics: "fft"}).Open(t.Context(), arbench.ModelSpec{Network: net})
	if want := `numerics is "fft", want "winograd" or "direct"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// On a whole net of smooth units the two algorithms differ by roundings alone: each layer adds less
// than kernel.WinogradError, and errors of layers grow as the root of their number. The activation is
// smooth because a ReLU near zero turns a rounding into a whole derivative.
func TestWinogradAgreesWithDirect(t *testing.T) {
	for _, tt := range []struct {
		name  string
		arch  arbench.Architecture
		input []int
	}{
		{"residual", &arch.ResNet{Depth: 8, Width: 16, Shortcut: "B"}, []int{3, 16, 16}},
		{"cnn", &arch.CNN{Channels: []int{16, 32}, Kernel: 5, Hidden: []int{32}, Activation: arbench.SiLU},
			[]int{1, 28, 28}},
	} {
		net, err := tt.arch.Network(tt.input, 10)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range net.Layers {
			if _, ok := l.Op.(arbench.Activation); ok {
				net.Layers[i].Op = act(arbench.SiLU)
			}
		}
		c := newTrial(t, net, 12, arbench.KeyedRand(60, tt.name))
		for _, m := range modes[:2] {
			t.Run(tt.name+"/"+m.name, func(t *testing.T) {
				call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Mode: m.mode,
					Want: arbench.DX | arbench.DParams}
				spec := arbench.ModelSpec{Network: net, Weights: c.params, Threads: 2}
				direct, fast := openWith(t, "direct", spec), openWith(t, "winograd", spec)
				want, got := run(t, direct, call), run(t, fast, call)
				near(t, "logits", want.Logits.Data, got.Logits.Data, winogradTolerance)
				near(t, "dx", want.DX[0].Data, got.DX[0].Data, winogradTolerance)
				of := paramsOf(t, fast)
				for name, p := range paramsOf(t, direct) {
					if m.mode != arbench.Frozen && strings.HasSuffix(name, ".bias") {
						continue // in a batch the mean takes it out: zero but for rounding
					}
					near(t, name, p.Grad.Data, of[name].Grad.Data, winogradTolerance)
				}
			})
		}
	}
}

// winogradTolerance is five times the bound of one layer.
const winogradTolerance = 1e-4
