package gorgonia

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// After passes of all kinds and a step, the first pass of each kind has the bits of a model that was
// opened with the new weights: what is derived from weights (panels, frequencies, folded layers, the
// input gradient's, those that leave out zeros) is derived again.
func TestPassesFollowTheStep(t *testing.T) {
	for name, net := range smallNets() {
		c := newTrial(t, net, 6, arbench.KeyedRand(70, name))
		for kind, loss := range map[string]arbench.Loss{
			"blocks": linearLoss(c.coef), "sweeps": crossEntropy(6, net.Classes()), // of derivatives in the images
		} {
			t.Run(name+"/"+kind, func(t *testing.T) { checkStep(t, c, loss) })
		}
	}
}

// allCalls are one call for each kind of graph and way back.
func allCalls(c trial, loss arbench.Loss) []arbench.Call {
	calls := []arbench.Call{
		{Mode: arbench.Frozen}, {Mode: arbench.Frozen, Want: arbench.DX},
		{Mode: arbench.Frozen, Want: arbench.DX | arbench.DParams}, {Mode: arbench.Frozen, Want: arbench.DParams},
		{Mode: arbench.BatchStats}, {Mode: arbench.BatchStats, Want: arbench.DX},
		{Mode: arbench.BatchStats, Want: arbench.DParams},
	}
	for i := range calls {
		calls[i].X, calls[i].Losses = c.x, []arbench.Loss{loss}
	}
	return calls
}

// checkStep makes all passes, a step, and then one of the passes, for each of them.
func checkStep(t *testing.T, c trial, loss arbench.Loss) {
	calls, m := allCalls(c, loss), c.model(t, 2)
	var before []arbench.Pass
	for i, call := range calls {
		before = before[:0]
		for _, other := range calls {
			before = append(before, run(t, m, other))
		}
		m.ClearGrad()
		run(t, m, arbench.Call{X: c.x, Losses: call.Losses, Want: arbench.DParams, Mode: arbench.BatchUpdate})
		if err := m.Step(t.Context(), &arbench.SGD{}, 0.05); err != nil {
			t.Fatal(err)
		}
		ps, err := m.Params(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fresh := openNet(t, arbench.ModelSpec{Network: c.net, Weights: ps, Threads: 1})
		want, got := run(t, fresh, call), run(t, m, call)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("call %d after a step (-new model +this one):\n%.2000s", i, diff)
		}
		if call.Want&arbench.DParams != 0 {
			if diff := cmp.Diff(paramsOf(t, fresh), paramsOf(t, m)); diff != "" {
				t.Errorf("derivatives of call %d after a step (-new model +this one):\n%.2000s", i, diff)
			}
		}
		if m.trains() && cmp.Equal(before[i], got) {
			t.Errorf("the step changed nothing of call %d", i)
		}
	}
}
