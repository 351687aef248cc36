//go:build gomlx

package gomlx

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// A row's logits, derivatives and ascent have the same bits whatever batch a suite announces, in whatever
// number of rows a call brings it, and wherever among them it is.
func TestBatchChangesNoBit(t *testing.T) {
	const n = 150
	onEachEngine(t, func(t *testing.T, b *Backend) {
		for _, name := range []string{"dense norm", "conv bn pool", "transformer"} {
			t.Run(name, func(t *testing.T) {
				net := smallNets()[name]
				x, y := images(net, n)
				want := inCalls(t, openNet(t, b, arbench.ModelSpec{Network: net, Seed: 5}), x, y, n)
				for _, size := range []int{1, 7, 64, 65} {
					m := openNet(t, b, arbench.ModelSpec{Network: net, Seed: 5, Batch: size})
					first := min(n, 3*size) // the first calls, which is enough of those of one row
					got := inCalls(t, m, x.Rows(0, first), y[:first], size)
					for k := range got {
						if d := cmp.Diff(want[k].Rows(0, first), got[k]); d != "" {
							t.Errorf("calls of %d rows, array %d: -all at once +so\n%.1000s", size, k, d)
						}
					}
				}
			})
		}
	})
}

// inCalls returns the logits of the images, their derivatives, and where an ascent from them ends, with so many
// rows in each call.
func inCalls(t *testing.T, m *Model, x arbench.Tensor, y []int, size int) [3]arbench.Tensor {
	t.Helper()
	out := [3]arbench.Tensor{arbench.NewTensor(x.Len(), m.Info().Classes), arbench.NewTensor(x.Shape...), x.Clone()}
	for lo := 0; lo < x.Len(); lo += size {
		hi := min(lo+size, x.Len())
		ce := arbench.CrossEntropy{Y: y[lo:hi]}
		p := run(t, m, arbench.Call{X: x.Rows(lo, hi), Losses: []arbench.Loss{ce}, Want: arbench.DX})
		copy(out[0].Rows(lo, hi).Data, p.Logits.Data)
		copy(out[1].Rows(lo, hi).Data, p.DX[0].Data)
		a := arbench.Ascent{X0: x.Rows(lo, hi), X: out[2].Rows(lo, hi), Y: y[lo:hi], Loss: ce, Steps: 2,
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, Size: make([]float64, hi-lo)}
		for i := range a.Size {
			a.Size[i] = 0.03
		}
		if _, ok, err := m.Ascend(t.Context(), a); !ok || err != nil {
			t.Fatalf("ascent of rows %d to %d: got %v, %v", lo, hi-1, ok, err)
		}
	}
	return out
}

// Each loss, those of one's own too, is of its own rows in every execution of a call.
func TestLossesGoByRow(t *testing.T) {
	net := smallNets()["dense"]
	x, y := images(net, 6)
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 4), arbench.ModelSpec{Network: net})
		z := run(t, m, arbench.Call{X: x}).Logits
		lossesAt := func(lo, hi int) map[string]arbench.Loss {
			target, weights := make([]int, hi-lo), arbench.NewTensor(hi-lo, z.Shape[1])
			for i := range target {
				target[i] = (y[lo+i] + 1) % z.Shape[1]
				for k := range weights.Row(i) {
					weights.Row(i)[k] = float32(lo + i + 2*k)
				}
			}
			all := lossesOf(z.Rows(lo, hi), y[lo:hi], target)
			all["one's own"] = arbench.LossFunc(func(_, dz arbench.Tensor, _ []float64) { copy(dz.Data, weights.Data) })
			return all
		}
		for name, loss := range lossesAt(0, 6) {
			all := run(t, m, arbench.Call{X: x, Losses: []arbench.Loss{loss}, Want: arbench.DX}).DX[0]
			for i := range x.Len() {
				alone := lossesAt(i, i+1)[name]
				p := run(t, m, arbench.Call{X: x.Rows(i, i+1), Losses: []arbench.Loss{alone}, Want: arbench.DX})
				if d := cmp.Diff(p.DX[0], all.Rows(i, i+1)); d != "" {
					t.Errorf("%s, row %d (-alone +with others):\n%s", name, i, d)
				}
			}
		}
	})
}

// Rows that fill up an execution are images that the net can take: here zeros are none, for they have no variance.
func TestFilledRowsAreImages(t *testing.T) {
	net := netOf([]int{2, 1, 1}, arbench.LayerNorm{Eps: 1e-100}, arbench.Flatten{}, arbench.Dense{Out: 3})
	x, y := images(net, 3)
	onXLA(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 4), arbench.ModelSpec{Network: net})
		if got := inCalls(t, m, x, y, 3)[2]; cmp.Equal(got, x) {
			t.Error("the ascent stays where it starts")
		}
	})
}
