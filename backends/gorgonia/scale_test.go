package gorgonia

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

// A scaleCase is some work and twice as much of it.
type scaleCase struct {
	name        string
	once, twice func()
}

// scaleCases doubles the images of each kind of call and the steps of an attack, on the nets of the
// benchmarks, with one thread.
func scaleCases(t testing.TB) (all []scaleCase) {
	t.Helper()
	const n, attacked = 64, 16
	for _, tt := range benchNets[2:] {
		net, err := tt.arch.Network(tt.input, 10)
		if err != nil {
			t.Fatal(err)
		}
		m := openNet(t, arbench.ModelSpec{Network: net, Batch: 2 * n, Threads: 1})
		x := newTrial(t, net, 2*n, arbench.KeyedRand(1, "bench")).x
		for _, call := range []struct {
			name string
			arbench.Call
		}{
			{"forward", arbench.Call{}}, {"input gradient", arbench.Call{Want: arbench.DX}},
			{"training", arbench.Call{Want: arbench.DParams, Mode: arbench.BatchUpdate}},
		} {
			pass := func(n int) func() {
				c := call.Call
				c.X, c.Losses = x.Rows(0, n), []arbench.Loss{crossEntropy(n, 10)}
				return func() { run(t, m, c) }
			}
			all = append(all, scaleCase{"images/" + tt.name + "/" + call.name, pass(n), pass(2 * n)})
		}
		few := x.Rows(0, attacked)
		all = append(all, scaleCase{"steps/" + tt.name, attack(t, m, few, 10), attack(t, m, few, 20)})
	}
	return all
}

// attack returns PGD with so many steps.
func attack(t testing.TB, m *Model, x arbench.Tensor, steps int) func() {
	a := pgd.New()
	a.Steps, a.RandomStart = steps, false
	b := arbench.Batch{X: x, Y: crossEntropy(x.Len(), 10).Y, ID: make([]int, x.Len())}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.03}
	return func() {
		o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
		if _, err := a.Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: threat}); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkScale is what some work costs and twice as much of it.
func BenchmarkScale(b *testing.B) {
	for _, c := range scaleCases(b) {
		for name, f := range map[string]func(){"once": c.once, "twice": c.twice} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					f()
				}
			})
		}
	}
}
