package gorgonia

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// hidden is a loss that the backend does not know, so that it must see all rows at once.
func hidden(l arbench.Loss) arbench.Loss {
	return arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) { l.Eval(z, dz, values) })
}

// rowLosses returns a loss of every kind whose rows are independent, for n rows of k classes.
func rowLosses(n, k int) map[string]arbench.Loss {
	r := arbench.KeyedRand(70)
	y, other, p := make([]int, n), make([]int, n), arbench.NewTensor(n, k)
	for i := range n {
		y[i] = r.IntN(k)
		other[i] = (y[i] + 1) % k
		for j := range k {
			p.Row(i)[j] = r.Float32() / float32(k)
		}
	}
	losses := map[string]arbench.Loss{
		"cross-entropy": arbench.CrossEntropy{Y: y}, "soft cross-entropy": arbench.SoftCrossEntropy{P: p},
		"kl": arbench.KL{A: p}, "difference": arbench.LogitDifference{A: y, B: other},
	}
	if k > 1 {
		losses["margin"] = arbench.Margin{Y: y}
	}
	if k > 2 {
		losses["dlr"] = arbench.DLR{Y: y}
	}
	if k > 3 {
		losses["targeted dlr"] = arbench.TargetedDLR{Y: y, T: other}
	}
	return losses
}

// A few rows at a time through all blocks give the same bits as all rows through one block after the
// other, which the tests of derivatives hold to the reference.
func TestSweepsAgreeWithBlocks(t *testing.T) {
	nets := smallNets()
	for i := range 20 {
		nets[fmt.Sprintf("random %d", i)] = randomNet(arbench.KeyedRand(71, i))
	}
	for i := range 5 {
		nets[fmt.Sprintf("wide %d", i)] = randomWideNet(arbench.KeyedRand(78, i), arbench.ReLU)
	}
	for _, name := range slices.Sorted(maps.Keys(nets)) {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, nets[name], 23, arbench.KeyedRand(72, name))
			for _, threads := range []int{1, 2, 3} {
				m := c.model(t, threads)
				l := arbench.Loss(arbench.LogitDifference{A: make([]int, 23), B: make([]int, 23)})
				if c.net.Classes() > 1 {
					l = crossEntropy(23, c.net.Classes())
				}
				call := arbench.Call{X: c.x, Losses: []arbench.Loss{hidden(l)}, Want: arbench.DX}
				want := run(t, m, call)
				call.Losses = []arbench.Loss{l}
				if diff := cmp.Diff(want, run(t, m, call)); diff != "" {
					t.Errorf("%d threads (-blocks +sweep):\n%.2000s", threads, diff)
				}
			}
		})
	}
}

func TestSweepsKnowEveryLossOfRows(t *testing.T) {
	const n = 19
	c := newTrial(t, smallNets()["groups"], n, arbench.KeyedRand(73))
	m := c.model(t, 2)
	var all, wrapped []arbench.Loss
	losses := rowLosses(n, c.net.Classes())
	for _, name := range slices.Sorted(maps.Keys(losses)) {
		if _, ok := rowsOf(losses[name], n, 0, n); !ok {
			t.Errorf("%s does not go row by row", name)
		}
		if _, ok := rowsOf(losses[name], n+1, 0, n); ok {
			t.Errorf("%s is taken for one of %d rows", name, n+1)
		}
		all, wrapped = append(all, losses[name]), append(wrapped, hidden(losses[name]))
	}
	if len(all) != 7 {
		t.Fatalf("%d losses, want 7: the net needs 4 classes", len(all))
	}
	want := run(t, m, arbench.Call{X: c.x, Losses: wrapped, Want: arbench.DX})
	if diff := cmp.Diff(want, run(t, m, arbench.Call{X: c.x, Losses: all, Want: arbench.DX})); diff != "" {
		t.Errorf("pass (-blocks +sweep):\n%.2000s", diff)
	}
}

// More rows than all workers hold go in more chunks, with the same memory.
func TestSweepsTakeAnyNumberOfRows(t *testing.T) {
	c := newTrial(t, smallNets()["conv pool"], 3*sweepRows+5, arbench.KeyedRand(74))
	m := c.model(t, 2)
	l := crossEntropy(c.x.Len(), c.net.Classes())
	all := run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{l}, Want: arbench.DX})
	g := m.graphs[purpose{dx: true, sweep: true}]
	if g == nil || g.rows > 2*sweepRows || g.sweep.chunks != 4 {
		t.Fatalf("graphs %v, want one of at most %d rows that made 4 chunks", m.graphs, 2*sweepRows)
	}
	for _, lo := range []int{0, 1, 300, c.x.Len() - 1} {
		one := run(t, m, arbench.Call{X: c.x.Rows(lo, lo+1), Want: arbench.DX,
			Losses: []arbench.Loss{arbench.CrossEntropy{Y: l.Y[lo : lo+1]}}})
		want := arbench.Pass{Logits: all.Logits.Rows(lo, lo+1), Values: [][]float64{all.Values[0][lo : lo+1]},
			DX: []arbench.Tensor{all.DX[0].Rows(lo, lo+1)}}
		if diff := cmp.Diff(want, one); diff != "" {
			t.Errorf("row %d (-among others +alone):\n%.2000s", lo, diff)
		}
	}
}

// 0 times infinity is NaN: products that leave out zeros must not hide it, forward or backward.
func TestSweepsMultiplyZerosByInfinity(t *testing.T) {
	relu := act(arbench.ReLU)
	forward := newTrial(t, netOf([]int{1, 4, 5}, arbench.Flatten{}, arbench.Dense{Out: 112, Bias: true}, relu,
		arbench.Dense{Out: 96}, relu, arbench.Dense{Out: 3}), 6, arbench.KeyedRand(76))
	valueOf(forward.params, "b.bias")[5] = -100 // this unit gives 0
	valueOf(forward.params, "d.weight")[7*112+5] = float32(math.Inf(1))
	backward := newTrial(t, netOf([]int{1, 8, 8}, arbench.Flatten{}, arbench.Dense{Out: 80}, relu,
		arbench.Dense{Out: 3}), 6, arbench.KeyedRand(77))
	valueOf(backward.params, "b.weight")[7*64+5] = float32(math.Inf(-1)) // this one as well
	for _, tt := range []struct {
		c    trial
		want string
	}{
		{forward, `layer "d" gives a NaN or an infinity in row 0`},
		{backward, `the derivative of loss 0 by the output of layer "a" has a NaN or an infinity in row 0`},
	} {
		for _, l := range []arbench.Loss{crossEntropy(6, 3), hidden(crossEntropy(6, 3))} {
			_, err := tt.c.model(t, 1).Run(t.Context(), arbench.Call{X: tt.c.x, Losses: []arbench.Loss{l}, Want: arbench.DX})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		}
	}
}

// valueOf returns the values of a parameter.
func valueOf(ps []arbench.Param, name string) []float32 {
	return ps[slices.IndexFunc(ps, func(p arbench.Param) bool { return p.Name == name })].Value.Data
}

func TestSweepsNameTheRowOfABadDerivative(t *testing.T) {
	c := newTrial(t, smallNets()["conv pool"], 9, arbench.KeyedRand(75))
	p := arbench.NewTensor(9, 3)
	p.Row(4)[1] = float32(math.Inf(1))
	for _, l := range []arbench.Loss{arbench.SoftCrossEntropy{P: p}, hidden(arbench.SoftCrossEntropy{P: p})} {
		_, err := c.model(t, 2).Run(t.Context(), arbench.Call{X: c.x, Losses: []arbench.Loss{l}, Want: arbench.DX})
		if want := "loss 0 has a derivative that is NaN or infinite in row 4"; err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
