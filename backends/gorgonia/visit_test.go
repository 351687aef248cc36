package gorgonia

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// Every layer of every net is that of the float64 reference, in the order of the net.
func TestVisitShowsEveryLayer(t *testing.T) {
	for name, net := range smallNets() {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 3, arbench.KeyedRand(30, name))
			want := c.reference(arbench.Frozen, nil).layers(toFloat64(c.x.Data), 3)
			shapes, err := net.Shapes()
			if err != nil {
				t.Fatal(err)
			}
			var names, seen []string
			for _, l := range net.Layers {
				names = append(names, l.Name)
			}
			backwards := slices.Clone(names)
			slices.Reverse(backwards)
			err = c.model(t, 2).Visit(t.Context(), c.x, backwards, func(layer string, a arbench.Tensor) error {
				i := len(seen)
				seen = append(seen, layer)
				if diff := cmp.Diff(append([]int{3}, shapes[i]...), a.Shape); diff != "" {
					t.Errorf("shape of %s (-want +got):\n%s", layer, diff)
				}
				near(t, layer, want[i+1], a.Data, gradTolerance)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(names, seen); diff != "" {
				t.Errorf("layers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVisitEndsWithError(t *testing.T) {
	c := newTrial(t, smallNets()["dense"], 3, arbench.KeyedRand(31))
	m := c.model(t, 1)
	stop, calls := errors.New("seen enough"), 0
	err := m.Visit(t.Context(), c.x, []string{"a", "b"}, func(string, arbench.Tensor) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("error %v after %d calls, want %v after 1", err, calls, stop)
	}
	err = m.Visit(t.Context(), c.x, []string{"a", "z"}, nil)
	if want := `no layer "z" in this net`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// A NaN or an infinity is named by the layer where it begins, inside a block as well.
func TestBrokenLayerIsNamed(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tests := []struct {
		name, net, param string
		value            float32
		want             string
	}{
		{"weight", "residual", "conv2.weight", nan, `layer "conv2" gives a NaN or an infinity in row 0`},
		{"scale", "residual", "bn3.weight", inf, `layer "bn3" gives`},
		{"last layer", "residual", "fc.bias", nan, `layer "fc" gives`},
		{"dense", "dense", "b.weight", inf, `layer "b" gives`},
		{"variance", "conv bn relu", "b.running_var", -5, `layer "b" gives`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newTrial(t, smallNets()[tt.net], 4, arbench.KeyedRand(32))
			for _, p := range c.params {
				if p.Name == tt.param {
					p.Value.Data[0] = tt.value
				}
			}
			for _, want := range []arbench.Want{0, arbench.DX, arbench.DParams} {
				_, err := c.model(t, 2).Run(t.Context(), arbench.Call{X: c.x,
					Losses: []arbench.Loss{linearLoss(c.coef)}, Want: want})
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("want %d: error %v, want %q", want, err, tt.want)
				}
			}
		})
	}
}

// A NaN that comes into a net is an error of every pass. No ReLU and no pooling loses it, nor a product
// that leaves out zeros; else the masks of derivatives, which are 0 where an activation is NaN, would
// make zeros of it.
func TestNoLayerHidesANaN(t *testing.T) {
	for name, net := range smallNets() {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 3, arbench.KeyedRand(34, name))
			sweeps := allCalls(c, crossEntropy(3, net.Classes()))[:2]
			calls := append(allCalls(c, linearLoss(c.coef)), sweeps...)
			for _, p := range c.params {
				if strings.HasPrefix(p.Name, "dead.") { // nothing reads this layer
					continue
				}
				was := p.Value.Data[0]
				p.Value.Data[0] = float32(math.NaN())
				m := c.model(t, 2)
				for i, call := range calls {
					if p.Role == arbench.Statistic && call.Mode != arbench.Frozen {
						continue // it is not read
					}
					_, err := m.Run(t.Context(), call)
					if err == nil || !strings.Contains(err.Error(), "gives a NaN or an infinity") {
						t.Errorf("%s, call %d: error %v, want one that names a layer", p.Name, i, err)
					}
				}
				p.Value.Data[0] = was
			}
		})
	}
}

// Derivatives overflow where nothing else does: large weights, small activations.
func TestOverflowOfDerivativeIsNamed(t *testing.T) {
	c := newTrial(t, smallNets()["dense"], 2, arbench.KeyedRand(33))
	for _, p := range c.params {
		switch p.Name {
		case "b.weight":
			for i := range p.Value.Data {
				p.Value.Data[i] = 1e20
			}
		case "b.bias", "d.weight":
			for i := range p.Value.Data {
				p.Value.Data[i] = 1e17
			}
		}
	}
	clear(c.x.Data)
	m := c.model(t, 1)
	huge := arbench.NewTensor(2, 3)
	for i := range huge.Data {
		huge.Data[i] = 1e3
	}
	_, err := m.Run(t.Context(), arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(huge)}, Want: arbench.DX})
	want := `the derivative of loss 0 by the output of layer "a" has a NaN or an infinity in row 0`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
