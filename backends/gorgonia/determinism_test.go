package gorgonia

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// batchNets are nets that share out their work in every way there is.
func batchNets() map[string]*arbench.Network {
	nets := smallNets()
	return map[string]*arbench.Network{
		"residual":      nets["residual"],
		"wide dense":    nets["wide dense"],
		"conv relu":     nets["conv relu"],
		"winograd":      nets["winograd"],
		"groups":        nets["groups"],
		"concat":        nets["concat"],
		"wide branches": nets["wide branches"], // leaves out zeros, in sweeps
		"transformer":   nets["transformer"],
	}
}

// crossEntropy is a loss with labels for n rows and that many classes.
func crossEntropy(n, classes int) arbench.CrossEntropy {
	l := arbench.CrossEntropy{Y: make([]int, n)}
	for i := range l.Y {
		l.Y[i] = i * i % classes
	}
	return l
}

// history is all that three steps of training give.
func history(t *testing.T, c trial, m *Model, mode arbench.Mode, groups []int) (all []any) {
	for range 3 {
		p := run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{crossEntropy(c.x.Len(), c.net.Classes())},
			Want: arbench.DX | arbench.DParams, Mode: mode, Groups: groups})
		all = append(all, p, paramsOf(t, m))
		if err := m.Step(t.Context(), arbench.NewSGD(), 0.05); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []arbench.Loss{linearLoss(c.coef), crossEntropy(c.x.Len(), c.net.Classes())} { // blocks, sweep
		all = append(all, run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{l}, Want: arbench.DX}))
	}
	return append(all, paramsOf(t, m))
}

func TestThreadsChangeNoBit(t *testing.T) {
	for name, net := range batchNets() {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 61, arbench.KeyedRand(4, name))
			for _, mode := range []arbench.Mode{arbench.Frozen, arbench.BatchUpdate} {
				want := history(t, c, c.model(t, 1), mode, []int{40, 21})
				for _, threads := range []int{2, 3, 8} {
					if diff := cmp.Diff(want, history(t, c, c.model(t, threads), mode, []int{40, 21})); diff != "" {
						t.Errorf("mode %d, 1 and %d threads differ (-1 +%d):\n%.2000s", mode, threads, threads, diff)
					}
				}
				share := 0 // another one whenever it is asked for
				m := openNet(t, arbench.ModelSpec{Network: c.net, Weights: c.params, Threads: 3,
					Share: func() int { share = (share + 1) % 5; return share }})
				if diff := cmp.Diff(want, history(t, c, m, mode, []int{40, 21})); diff != "" {
					t.Errorf("mode %d, 1 thread and shares of 3 differ (-1 +shares):\n%.2000s", mode, diff)
				}
			}
		})
	}
}

// In Frozen mode a row's logits, values and derivatives are its own.
func TestFrozenRowsAreIndependent(t *testing.T) {
	for name, net := range batchNets() {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 61, arbench.KeyedRand(5, name))
			m := c.model(t, 2)
			labels := crossEntropy(61, net.Classes()).Y
			of := func(lo, hi int, want arbench.Want, sweep bool) arbench.Pass {
				l := linearLoss(c.coef.Rows(lo, hi))
				if sweep {
					l = arbench.CrossEntropy{Y: labels[lo:hi]}
				}
				return run(t, m, arbench.Call{X: c.x.Rows(lo, hi), Losses: []arbench.Loss{l}, Want: want})
			}
			for i, want := range []arbench.Want{0, arbench.DX, arbench.DX, arbench.DX | arbench.DParams} {
				all := of(0, 61, want, i == 1)
				for _, cut := range [][2]int{{0, 1}, {60, 61}, {7, 29}, {1, 61}} {
					lo, hi := cut[0], cut[1]
					part := of(lo, hi, want, i == 1)
					expect := arbench.Pass{Logits: all.Logits.Rows(lo, hi), Values: [][]float64{all.Values[0][lo:hi]}}
					if want != 0 {
						expect.DX = []arbench.Tensor{all.DX[0].Rows(lo, hi)}
					}
					if diff := cmp.Diff(expect, part); diff != "" {
						t.Errorf("want %d, rows %v (-all +alone):\n%.2000s", want, cut, diff)
					}
				}
			}
		})
	}
}

// Whatever is wanted beside them, the folded graphs give the same logits.
func TestLogitsDoNotDependOnDX(t *testing.T) {
	for name, net := range batchNets() {
		c := newTrial(t, net, 20, arbench.KeyedRand(6, name))
		m := c.model(t, 2)
		call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}}
		alone := run(t, m, call)
		call.Want = arbench.DX
		if diff := cmp.Diff(alone.Logits, run(t, m, call).Logits); diff != "" {
			t.Errorf("%s: logits (-alone +with dx):\n%.2000s", name, diff)
		}
	}
}

func TestRestoreContinuesBitByBit(t *testing.T) {
	net := smallNets()["residual"]
	optimizers := map[string]arbench.Optimizer{
		"sgd":   &arbench.SGD{Momentum: 0.9, Nesterov: true, Decay: 1e-3},
		"plain": &arbench.SGD{},
		"adam":  arbench.NewAdam(),
	}
	for name, o := range optimizers {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 10, arbench.KeyedRand(8, name))
			step := func(m *Model) {
				run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{crossEntropy(10, 3)},
					Want: arbench.DParams, Mode: arbench.BatchUpdate})
				if err := m.Step(t.Context(), o, 0.01); err != nil {
					t.Fatal(err)
				}
			}
			state := func(m *Model) arbench.State {
				s, err := m.Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			m := c.model(t, 2)
			step(m)
			step(m)
			middle := state(m)
			step(m)
			step(m)
			want := state(m)
			other := openNet(t, arbench.ModelSpec{Network: net, Seed: 99, Threads: 1})
			step(other) // what was there before must not matter
			for _, m := range []*Model{m, other} {
				if err := m.Restore(t.Context(), middle); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(middle, state(m)); diff != "" {
					t.Fatalf("state after Restore (-want +got):\n%.2000s", diff)
				}
				step(m)
				step(m)
				if diff := cmp.Diff(want, state(m)); diff != "" {
					t.Errorf("state two steps on (-want +got):\n%.2000s", diff)
				}
			}
		})
	}
}
