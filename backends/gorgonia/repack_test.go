package gorgonia

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// After a step every pass has the bits of a model that was opened with the new weights: what is
// derived from weights (panels, frequencies, folded layers, the input gradient's) is derived again.
func TestPassesFollowTheStep(t *testing.T) {
	calls := []arbench.Call{
		{Mode: arbench.Frozen}, {Mode: arbench.Frozen, Want: arbench.DX},
		{Mode: arbench.Frozen, Want: arbench.DX | arbench.DParams}, {Mode: arbench.BatchStats},
		{Mode: arbench.BatchStats, Want: arbench.DX}, {Mode: arbench.BatchStats, Want: arbench.DParams},
	}
	for name, net := range smallNets() {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 6, arbench.KeyedRand(70, name))
			m := c.model(t, 2)
			all := func(m *Model) (passes []arbench.Pass) {
				for _, call := range calls {
					call.X, call.Losses = c.x, []arbench.Loss{linearLoss(c.coef)}
					passes = append(passes, run(t, m, call))
				}
				return passes
			}
			before := all(m)
			for range 2 {
				run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DParams,
					Mode: arbench.BatchUpdate})
				if err := m.Step(t.Context(), &arbench.SGD{}, 0.05); err != nil {
					t.Fatal(err)
				}
			}
			ps, err := m.Params(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, want := all(m), all(openNet(t, arbench.ModelSpec{Network: net, Weights: ps, Threads: 1}))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("passes after two steps (-new model +this one):\n%.2000s", diff)
			}
			if m.trains() && cmp.Equal(before, got) {
				t.Error("the steps changed nothing")
			}
		})
	}
}
