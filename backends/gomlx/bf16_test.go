//go:build gomlx

package gomlx

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arbench/arbench"
)

// bf16 returns the backend with factors of bfloat16.
func bf16(b *Backend) *Backend {
	other := *b
	other.Precision = bf16Precision
	return &other
}

// Factors are rounded to 8 bits, forward and back, and their products summed in float32. The images are 1 + 2⁻⁹,
// which rounds to 1, in half of the channels and 1 in the others. With weights 1 there and -1 here nothing is
// left; with weights 1 + 2⁻⁹ there are 300 times 1, where a sum in bfloat16 would stay at 256. Derivatives are
// the sums of these weights. Float32 keeps the 2⁻⁹.
func TestBF16RoundsFactorsAndNoSums(t *testing.T) {
	const n, e = 300, 1. / 512
	for name, ops := range map[string][]arbench.Op{
		"dense": {arbench.Flatten{}, arbench.Dense{Out: 2}},
		"conv":  {arbench.Conv{Out: 2, Kernel: sq(1), Stride: sq(1)}, arbench.Flatten{}},
	} {
		t.Run(name, func(t *testing.T) {
			onEachEngine(t, func(t *testing.T, b *Backend) {
				net := netOf([]int{n, 1, 1}, ops...)
				ps, err := net.Init(1)
				if err != nil {
					t.Fatal(err)
				}
				x, w := arbench.NewTensor(1, n, 1, 1), ps[0].Value.Data
				for i := range n {
					x.Data[i], w[i], w[n+i] = 1, -1, 1+e
					if i < n/2 {
						x.Data[i], w[i] = 1+e, 1
					}
				}
				call := arbench.Call{X: x, Losses: []arbench.Loss{arbench.LossFunc(sum)}, Want: arbench.DX}
				for want, b := range map[[4]float64]*Backend{
					{0, n, 2, 0}: bf16(b),
					{n / 2 * e, n/2*(1+e)*(1+e) + n/2*(1+e), 2 + e, e}: b,
				} {
					p := run(t, openNet(t, b, arbench.ModelSpec{Network: net, Weights: ps}), call)
					got := []float64{float64(p.Logits.Data[0]), float64(p.Logits.Data[1]), float64(p.DX[0].Data[0]), float64(p.DX[0].Data[n-1])}
					if d := cmp.Diff(want[:], got, cmpopts.EquateApprox(1e-5, 1e-6)); d != "" {
						t.Errorf("precision %q: -want +got\n%s", b.Precision, d)
					}
				}
			})
		})
	}
}

// Logits and derivatives are those of float32 but for what 8 bits leave: each product is off by at most 2⁻⁸
// of its terms, some layers deep. The nets are without ReLU and maxima, whose derivatives jump.
func TestBF16IsNearFloat32(t *testing.T) {
	for _, name := range []string{"dense norm", "average pool", "groups", "dilated", "transformer"} {
		t.Run(name, func(t *testing.T) {
			onEachEngine(t, func(t *testing.T, b *Backend) {
				net := smallNets()[name]
				x, y := images(net, 6)
				call := arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}},
					Want: arbench.DX | arbench.DParams, Mode: arbench.BatchUpdate}
				spec := arbench.ModelSpec{Network: net, Seed: 6}
				exact, narrow := openNet(t, withRows(b, 6), spec), openNet(t, bf16(withRows(b, 6)), spec)
				want, got := run(t, exact, call), run(t, narrow, call)
				offBy8Bits(t, "logits", want.Logits.Data, got.Logits.Data)
				offBy8Bits(t, "derivative in the images", want.DX[0].Data, got.DX[0].Data)
				ps := paramsOf(t, narrow)
				for name, p := range paramsOf(t, exact) {
					if p.Role == arbench.Weight {
						offBy8Bits(t, "derivative of "+name, p.Grad.Data, ps[name].Grad.Data)
					}
				}
			})
		})
	}
}

// offBy8Bits fails the test where got is as near to want as float32 is, or farther than a few roundings to 8 bits.
func offBy8Bits(t *testing.T, what string, want, got []float32) {
	t.Helper()
	if d := distance(want, got); !(d > 1e-5 && d < 8./256) {
		t.Errorf("%s: greatest difference %.3g of the greatest value, want from 1e-5 to %.3g", what, d, 8./256)
	}
}
