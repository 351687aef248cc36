package measure

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// TestCurve has five examples: one that is wrong as it is, three that break at distances of 0.1, 0.2 and
// 0.3, and one that nothing broke.
func TestCurve(t *testing.T) {
	attacked := outcome(arbench.Test, false, false, false, false, true)
	attacked.Distance = []float64{0, 0.1, 0.2, 0.3, 0.05}
	r := arbench.Record{
		Test: outcome(arbench.Test, false, true, true, true, true), Attacked: attacked, AnyEps: true, Level: 0.95,
		Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.2},
	}
	c := &Curve{At: []float64{0.25, 0.5, 1, 1.25, 1.5, 6}}
	got := map[string]float64{}
	for _, q := range c.Measure(r) {
		if q.Name != "accuracy within" || q.N != 5 || q.Unit != "%" || !(q.Lo < q.Value && q.Value < q.Hi) {
			t.Errorf("%+v", q)
		}
		got[q.Detail] = q.Value
	}
	// Beyond 1, the range of a pixel, there is no Linf.
	want := map[string]float64{"linf 0.05": 80, "linf 0.1": 60, "linf 0.2": 40, "linf 0.25": 40, "linf 0.3": 20}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	r.Threat.Norm = arbench.L2
	if q := find(t, c.Measure(r), "accuracy within", "l2 1.2"); q.Value != 20 {
		t.Errorf("in L2 at 1.2: %v, want 20", q.Value)
	}
	r.Threat.Eps = 0
	if qs := c.Measure(r); len(qs) != 0 {
		t.Errorf("multiples of 0: %v", qs)
	}
	r.Threat.Eps, r.AnyEps = 0.2, false
	if qs := c.Measure(r); len(qs) != 0 {
		t.Errorf("an attack within eps says nothing of others, but: %v", qs)
	}
}

// TestCurveEndsWhereTheImageDoes: black and white images of 4 pixels are 4 apart in L1 and L0, 2 in L2 and 1 in Linf.
func TestCurveEndsWhereTheImageDoes(t *testing.T) {
	for norm, want := range map[arbench.Norm][]string{
		arbench.L0: {"l0 1", "l0 2", "l0 4"}, arbench.L1: {"l1 1", "l1 2", "l1 4"},
		arbench.L2: {"l2 1", "l2 2"}, arbench.Linf: {"linf 1"},
	} {
		attacked := outcome(arbench.Test, false, true)
		attacked.Distance = []float64{1, 0}
		var got []string
		for _, q := range (&Curve{At: []float64{1, 2, 4, 5, 6}}).Measure(arbench.Record{
			Test: outcome(arbench.Test, true, true), Attacked: attacked, AnyEps: true, Level: 0.95,
			Threat: arbench.Threat{Norm: norm, Eps: 1}, Shape: []int{1, 2, 2},
		}) {
			got = append(got, q.Detail)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got:\n%s", norm, d)
		}
	}
}

func TestCurveValidate(t *testing.T) {
	if err := (&Curve{At: []float64{1, 0}}).Validate(); err == nil || !strings.Contains(err.Error(), "at 0 must be positive") {
		t.Errorf("Validate = %v", err)
	}
}
