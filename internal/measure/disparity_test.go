package measure

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// twoClasses returns an outcome whose example i has class i mod 2 and the given logit margin.
func twoClasses(margins ...float32) *arbench.Outcome {
	o := &arbench.Outcome{Split: arbench.Test, Logits: arbench.NewTensor(len(margins), 2)}
	for i, m := range margins {
		o.ID, o.Y = append(o.ID, 10*i), append(o.Y, i%2)
		o.Logits.Row(i)[i%2] = m
	}
	return o
}

// The twin has the examples 0 to 6 right and 7 wrong; the model loses 0, 2 and 4, all of class 0, and
// wins 7, of class 1. By the twin's margin the order is 7 0 | 2 1 | 3 4 | 5 6: the quarters lose
// (0 - 1 + 1)/2, 1/2, 1/2 and 0.
func TestDisparitySaysWhoPays(t *testing.T) {
	twin := twoClasses(1, 3, 2, 4, 5, 6, 7, -1)
	model := twoClasses(-1, 1, -1, 1, -1, 1, 1, 1)
	r := arbench.Record{Test: model, Level: 0.95, Twin: &arbench.Record{Test: twin}}
	got := map[string]float64{}
	for _, q := range (&Disparity{}).Measure(r) {
		got[q.Name+" "+q.Detail] = q.Value
	}
	want := map[string]float64{
		"lost ": 37.5, "won ": 12.5, "class cost class 0": 75, "class cost class 1": -25,
		"margin cost lowest quarter": 0, "margin cost 2nd quarter": 50, "margin cost 3rd quarter": 50,
		"margin cost highest quarter": 0, "margin cost lowest quarter less the others": -100.0 / 3,
	}
	if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// The drop of class 0 is that of Cost on the examples of class 0 alone, interval and all; that of the
// lowest quarter beyond the others has the interval of two independent samples.
func TestDisparityIsPaired(t *testing.T) {
	twin := twoClasses(1, 3, 2, 4, 5, 6, 7, -1)
	model := twoClasses(-1, 1, -1, 1, -1, 1, 1, 1)
	qs := (&Disparity{}).Measure(arbench.Record{Test: model, Level: 0.9, Twin: &arbench.Record{Test: twin}})
	i := pairedDifference(table{both: 1, first: 3}, 0.9)
	want := arbench.Quantity{
		Name: "class cost", Detail: "class 0", Split: arbench.Test, Unit: "points", N: 4, Better: -1,
		Value: 75, Lo: 100 * i.lo, Hi: 100 * i.hi,
	}
	if d := cmp.Diff(want, find(t, qs, "class cost", "class 0")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	low := pairedDifference(table{first: 1, second: 1}, 0.9)
	rest := pairedDifference(table{both: 4, first: 2}, 0.9)
	d := 0 - 1.0/3
	up := (low.hi)*(low.hi) + (1.0/3-rest.lo)*(1.0/3-rest.lo)
	got := find(t, qs, "margin cost", "lowest quarter less the others")
	if hi := got.Hi/100 - d; got.N != 8 || cmp.Diff(up, hi*hi, cmpopts.EquateApprox(1e-12, 0)) != "" {
		t.Errorf("%+v reaches %v above its value, want the square root of %v", got, hi, up)
	}
}

func TestDisparityWantsTheSameTestExamples(t *testing.T) {
	o, other := twoClasses(1, 2, 3, 4), twoClasses(1, 2, 3, 4)
	other.ID[3]++
	for name, r := range map[string]arbench.Record{
		"no twin":        {Test: o},
		"other examples": {Test: o, Twin: &arbench.Record{Test: other}},
		"training only":  {Train: &arbench.Outcome{Split: arbench.Train, ID: o.ID, Y: o.Y, Logits: o.Logits}, Twin: &arbench.Record{Test: o}},
		"under attack":   {Test: o, Attacked: o, Twin: &arbench.Record{Test: o}},
	} {
		if qs := (&Disparity{}).Measure(r); len(qs) > 0 {
			t.Errorf("%s: got %+v, want nothing", name, qs)
		}
	}
	three := twoClasses(1, 2, 3)
	qs := (&Disparity{}).Measure(arbench.Record{Test: three, Level: 0.95, Twin: &arbench.Record{Test: three}})
	for _, q := range qs {
		if q.Name == "margin cost" {
			t.Errorf("three examples have a quarter: %+v", q)
		}
	}
}
