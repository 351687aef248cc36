package measure

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// TestCascadeCountsEachImageOnce: of five images one is wrong as it is, the first stage breaks one, the
// third two, and one is left; 8 and 4 passes of the first stage are 1.6 and 0.8 for each.
func TestCascadeCountsEachImageOnce(t *testing.T) {
	attacked := outcome(arbench.Test, false, false, false, false, true)
	attacked.Distance = []float64{0, 0.1, 0.1, 0.1, 0.1}
	attacked.Stage = []int{-1, 1, 3, 3, 0}
	attacked.Stages = []arbench.StageOutcome{
		{Name: "a", Passes: arbench.Passes{Forward: 8, Backward: 4}}, {Name: "b"},
		{Name: "c", Passes: arbench.Passes{Forward: 30}},
	}
	r := arbench.Record{
		Test: outcome(arbench.Test, false, true, true, true, true), Attacked: attacked, Level: 0.95,
		Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1},
	}
	got := map[string]float64{}
	for _, q := range (&Cascade{}).Measure(r) {
		got[q.Name+", "+q.Detail] = q.Value
		if q.N != 5 || !(q.Lo <= q.Value && q.Value <= q.Hi) {
			t.Errorf("%+v", q)
		}
	}
	want := map[string]float64{
		"left after stage, as they are": 80,
		"left after stage, a":           60, "broken by stage, a": 20, "stage forward passes, a": 1.6, "stage backward passes, a": 0.8,
		"left after stage, b": 60, "broken by stage, b": 0, "stage forward passes, b": 0, "stage backward passes, b": 0,
		"left after stage, c": 20, "broken by stage, c": 40, "stage forward passes, c": 6, "stage backward passes, c": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if acc := find(t, (&Accuracy{}).Measure(r), "accuracy", ""); acc.Value != want["left after stage, c"] {
		t.Errorf("accuracy %v, but %v are left after the last stage", acc.Value, want["left after stage, c"])
	}
	attacked.Stages = nil
	if qs := (&Cascade{}).Measure(r); len(qs) > 0 {
		t.Errorf("an attack without stages has %v", qs)
	}
}
