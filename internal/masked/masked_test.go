package masked

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/backends/gorgonia"
)

// open returns a small mlp behind a defence, with random weights.
func open(t *testing.T, name string) *Model {
	t.Helper()
	n := &arbench.Network{Input: []int{1, 2, 3}}
	n.Add("flat", arbench.Flatten{})
	n.Add("fc1", arbench.Dense{Out: 10, Bias: true})
	n.Add("act", arbench.Activation{Function: arbench.ReLU})
	n.Add("fc2", arbench.Dense{Out: 4, Bias: true})
	it, err := arbench.Backends.New("masked")
	if err != nil {
		t.Fatal(err)
	}
	it.(*Backend).Defence = name
	m, err := it.Open(context.Background(), arbench.ModelSpec{Network: n, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*Model)
}

func image(shift float64) arbench.Tensor {
	x := arbench.NewTensor(2, 1, 2, 3)
	for j := range x.Data {
		x.Data[j] = float32(0.11 + 0.07*float64(j) + shift*float64(j%3-1))
	}
	return x
}

// margins returns those of both images, and the derivatives if want says so.
func margins(t *testing.T, m *Model, x arbench.Tensor, want arbench.Want) arbench.Pass {
	t.Helper()
	p, err := m.Run(context.Background(), arbench.Call{
		X: x, Losses: []arbench.Loss{arbench.Margin{Y: []int{1, 2}}}, Want: want,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDerivativesAreExactWhereTheyAreMeantToBe compares with central differences over 1/1024 in one direction.
// The step of a thermometer is 1/200 wide, so that differences over it are coarse. The random defences are
// repeated with the same pass.
func TestDerivativesAreExactWhereTheyAreMeantToBe(t *testing.T) {
	const h = 1. / 1024
	for _, name := range []string{"none", "softmax", "scale", "transform", "k-winners", "dropout", "thermometer"} {
		m := open(t, name)
		at := func(shift float64, want arbench.Want) arbench.Pass {
			m.passes = 5
			return margins(t, m, image(shift), want)
		}
		p, up, down := at(0, arbench.DX), at(h, 0), at(-h, 0)
		for i := range 2 {
			want, got := (up.Values[0][i]-down.Values[0][i])/(2*h), 0.0
			for j, g := range p.DX[0].Row(i) {
				got += float64(g) * float64((6*i+j)%3-1)
			}
			if math.Abs(got-want) > 0.02*math.Abs(want)+2e-3*map[string]float64{"scale": 1000}[name]+2e-4 {
				t.Errorf("%s, image %d: derivative %g, differences %g", name, i, got, want)
			}
		}
	}
}

// Without a defence the own pass through an mlp is that of the backend.
func TestOwnPassIsThatOfTheBackend(t *testing.T) {
	plain, own := open(t, "none"), open(t, "none")
	own.hidden = func(uint64, []float64) {}
	p, q := margins(t, plain, image(0), arbench.DX), margins(t, own, image(0), arbench.DX)
	if diff := cmp.Diff(p, q, cmpopts.EquateApprox(1e-5, 1e-6)); diff != "" {
		t.Errorf("-backend +own:\n%s", diff)
	}
}

// What hides the weakness: derivatives that are 0 or of another function, answers that differ.
func TestDefencesMask(t *testing.T) {
	if p := margins(t, open(t, "quantise"), image(0), arbench.DX); arbench.L1.Of(p.DX[0].Data) != 0 {
		t.Error("the derivative of quantised images is not 0")
	}
	plain, cut := margins(t, open(t, "none"), image(0), arbench.DX), margins(t, open(t, "detached"), image(0), arbench.DX)
	if a, b := arbench.L1.Of(plain.DX[0].Data), arbench.L1.Of(cut.DX[0].Data); b > 0.2*a || b == 0 {
		t.Errorf("a derivative that is cut has size %g, the whole one %g", b, a)
	}
	for name, differs := range map[string]bool{"dropout": true, "transform": true, "k-winners": false, "softmax": false} {
		m := open(t, name)
		a, b := margins(t, m, image(0), 0), margins(t, m, image(0), 0)
		if cmp.Equal(a, b) == differs {
			t.Errorf("%s: two passes differ: want %v", name, differs)
		}
	}
	var large []float32
	for i := range 25 {
		large = append(large, float32(i))
	}
	h := make([]float64, 25)
	for i, v := range large {
		h[i] = float64(v)
	}
	winners(0, h)
	if got := h[19] + h[20]; got != 20 {
		t.Errorf("the winners of 25 begin at %g, want 20", got)
	}
}

// In training there is no defence: the derivative in the parameters is that of the net.
func TestTrainingIsThatOfTheNet(t *testing.T) {
	m := open(t, "quantise")
	call := arbench.Call{
		X: image(0), Losses: []arbench.Loss{arbench.CrossEntropy{Y: []int{1, 2}}}, Mode: arbench.BatchUpdate, Want: arbench.DParams,
	}
	p, err := m.Run(context.Background(), call)
	if err != nil {
		t.Fatal(err)
	}
	q, err := open(t, "none").Run(context.Background(), call)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(q, p); diff != "" {
		t.Errorf("-net +masked:\n%s", diff)
	}
}

func TestUnknownDefencesAreRefused(t *testing.T) {
	if err := (&Backend{Defence: "quantize"}).Validate(); err == nil {
		t.Error("an unknown defence is taken")
	}
}
