package measure

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// find returns the quantity of that name and detail, of the test split if it has one.
func find(t *testing.T, qs []arbench.Quantity, name, detail string) arbench.Quantity {
	t.Helper()
	for _, q := range qs {
		if q.Name == name && q.Detail == detail && q.Split != arbench.Train {
			return q
		}
	}
	t.Fatalf("no %q with detail %q", name, detail)
	return arbench.Quantity{}
}

// outcome returns one of two classes: right[i] says whether example i of class 0 gets it.
func outcome(s arbench.Split, right ...bool) *arbench.Outcome {
	o := &arbench.Outcome{Split: s, Logits: arbench.NewTensor(len(right), 2)}
	for i, ok := range right {
		o.ID, o.Y = append(o.ID, i), append(o.Y, 0)
		if o.Logits.Row(i)[0] = -1; ok {
			o.Logits.Row(i)[0] = 1
		}
	}
	return o
}

func TestWrongExamplesCountAsErrorsUnderAttack(t *testing.T) {
	clean := outcome(arbench.Test, true, true, false, true)
	attacked := outcome(arbench.Test, true, false, true, true) // the attack mended example 2
	attacked.Distance = []float64{0.1, 0.1, 0.1, 0.1}
	attacked.Forward, attacked.Backward = []int{1, 2, 3, 6}, []int{0, 2, 2, 4}
	r := arbench.Record{
		Test: clean, Attacked: attacked, Level: 0.95,
		Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1},
	}
	if got := find(t, (&Accuracy{}).Measure(r), "accuracy", ""); got.Value != 50 || got.N != 4 {
		t.Errorf("accuracy %v of %d, want 50 of 4", got.Value, got.N)
	}
	qs := (&Attack{}).Measure(r)
	want := map[string]float64{
		"boundary error":  25,                // example 1
		"loss rise":       0,                 // +1 of example 1 and -1 of example 2
		"KL gap":          math.Tanh(.5) / 2, // tanh(1/2) from logits (1, 0) to (-1, 0), of 2 in 4
		"forward passes":  3,
		"backward passes": 2,
	}
	got := map[string]float64{}
	for name := range want {
		got[name] = find(t, qs, name, "").Value
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d := find(t, qs, "distance", "median"); d.Value != 0.1 || d.N != 1 {
		t.Errorf("distance %v of %d, want 0.1 of the one broken", d.Value, d.N)
	}
}

func TestCandidatesOutsideTheThreatDoNotCount(t *testing.T) {
	attacked := outcome(arbench.Test, false, false, false)
	attacked.Distance = []float64{0.3, 0.7, 0.5000001} // the last within rounding
	r := arbench.Record{
		Test: outcome(arbench.Test, true, true, true), Attacked: attacked, Level: 0.95,
		Threat: arbench.Threat{Norm: arbench.L2, Eps: 0.5},
	}
	got := find(t, (&Accuracy{}).Measure(r), "accuracy", "").Value
	if diff := cmp.Diff(100.0/3, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("accuracy (-want +got):\n%s", diff)
	}
	if got := find(t, (&Attack{}).Measure(r), "distance", "median"); got.N != 3 || got.Value < 0.5 {
		t.Errorf("median distance %v of %d, want that of all three at any eps", got.Value, got.N)
	}
}

func TestAttackedTrainingExamplesAreComparedWithTheirOwnSplit(t *testing.T) {
	r := arbench.Record{
		Test: outcome(arbench.Test, false, false), Train: outcome(arbench.Train, true, true),
		Attacked: outcome(arbench.Train, true, false), Level: 0.95,
	}
	got := (&Accuracy{}).Measure(r)
	if len(got) != 1 || got[0].Split != arbench.Train || got[0].Value != 50 {
		t.Errorf("got %+v, want an accuracy of 50 on the training split", got)
	}
}

func TestGainUnderAttackIsPaired(t *testing.T) {
	clean := outcome(arbench.Test, true, true, true, true, true)
	r := arbench.Record{
		Test: clean, Attacked: outcome(arbench.Test, true, true, true, false, false), Level: 0.95,
		Twin: &arbench.Record{Test: clean, Attacked: outcome(arbench.Test, true, false, false, false, true)},
	}
	i := pairedDifference(table{both: 1, first: 2, second: 1, neither: 1}, 0.95)
	want := []arbench.Quantity{{
		Name: "gain", Split: arbench.Test, Unit: "points", N: 5, Better: +1,
		Value: 20, Lo: 100 * i.lo, Hi: 100 * i.hi,
	}}
	if d := cmp.Diff(want, (&Cost{}).Measure(r)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	r.Twin.Attacked = nil
	if qs := (&Cost{}).Measure(r); len(qs) != 0 {
		t.Errorf("got %+v of a twin that was not attacked, want nothing", qs)
	}
}

func TestCostIsPaired(t *testing.T) {
	model := outcome(arbench.Test, true, false, false, false, true)
	twin := outcome(arbench.Test, true, true, true, true, false)
	r := arbench.Record{Test: model, Level: 0.95, Twin: &arbench.Record{Test: twin}}
	qs := (&Cost{}).Measure(r)
	i := pairedDifference(table{both: 1, first: 3, second: 1}, 0.95)
	want := []arbench.Quantity{
		{
			Name: "cost", Split: arbench.Test, Unit: "points", N: 5, Better: -1,
			Value: 40, Lo: 100 * i.lo, Hi: 100 * i.hi,
		},
		{Name: "cost p", Split: arbench.Test, N: 5, Value: 0.625, Lo: 0.625, Hi: 0.625}, // 2·5/16
	}
	if diff := cmp.Diff(want, qs, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMeasuresAreSilentWithoutWhatTheyNeed(t *testing.T) {
	test := outcome(arbench.Test, true, false)
	other := outcome(arbench.Test, true, false)
	other.ID = []int{5, 6}
	tests := []struct {
		name    string
		measure arbench.Measure
		record  arbench.Record
	}{
		{"cost without twin", &Cost{}, arbench.Record{Test: test}},
		{
			"cost with other examples", &Cost{},
			arbench.Record{Test: test, Twin: &arbench.Record{Test: other}},
		},
		{"gap without training examples", &Gap{}, arbench.Record{Test: test}},
		{"attack on a clean record", &Attack{}, arbench.Record{Test: test}},
		{"attack on other examples", &Attack{}, arbench.Record{Test: test, Attacked: other}},
		{"margin under attack", &Margin{}, arbench.Record{Test: test, Attacked: test}},
		{"accuracy of nothing", &Accuracy{}, arbench.Record{Test: &arbench.Outcome{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.record.Level = 0.95
			if got := tt.measure.Measure(tt.record); len(got) != 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Accuracy 3/4 in training and 1/2 in test; each right answer costs ln(1+1/e), each wrong one 1 more.
func TestGapsAreTrainAgainstTest(t *testing.T) {
	r := arbench.Record{
		Test:  outcome(arbench.Test, true, false),
		Train: outcome(arbench.Train, true, true, false, true),
		Level: 0.95,
	}
	qs := (&Gap{}).Measure(r)
	accuracy, loss := find(t, qs, "accuracy gap", ""), find(t, qs, "loss gap", "")
	got := []float64{accuracy.Value, loss.Value, float64(accuracy.N), float64(loss.N)}
	if diff := cmp.Diff([]float64{25, 0.25, 6, 6}, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// science: 14 confidences, ECE .2007857143, MCE .48, mean conf - acc .0092142857, worked by hand.
func TestCalibrationHasItsKnownAnswer(t *testing.T) {
	conf := []float64{
		.05, .31, .34, .34, .52, .61, .66, .67, .8, .91, .93, .99, .999, 1,
	}
	right := []float64{0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1}
	excess := make([]float64, len(conf))
	for i, c := range conf {
		excess[i] = c - right[i]
	}
	s := sample{arbench.Test, 0.95}
	bins := bin(conf, excess, 15)
	got := []float64{
		s.expected(bins).Value, s.greatest(bins).Value, s.mean("overconfidence", "", excess, 0).Value,
	}
	want := []float64{.2007857143, .48, .0092142857}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// By hand: a shift moves every point by 3; {0, 1} to {0, 3} moves half the mass by 2; {0} to
// {-1, 1} moves each half by 1.
func TestMarginDistanceIsTheLeastTransport(t *testing.T) {
	tests := []struct {
		name string
		a, b []float64
		want float64
	}{
		{"equal", []float64{1, 2, 2}, []float64{1, 2, 2}, 0},
		{"shift", []float64{0, 5}, []float64{3, 8}, 3},
		{"half", []float64{0, 1}, []float64{0, 3}, 1},
		{"unequal sizes", []float64{0}, []float64{-1, 1}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := apart("logit", tt.a, tt.b).Value; math.Abs(got-tt.want) > 1e-12 {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestConfidenceIsSplitByCorrectness(t *testing.T) {
	r := arbench.Record{Test: outcome(arbench.Test, true, false, true), Level: 0.95}
	qs := (&Confidence{}).Measure(r)
	high := 1 / (1 + math.Exp(-1)) // softmax of the greater of two logits 1 apart
	want := map[string]float64{"": (2*high + (1 - high)) / 3, "correct": high, "wrong": 1 - high}
	for detail, v := range want {
		got := find(t, qs, "true confidence", detail)
		if math.Abs(got.Value-v) > 1e-6 {
			t.Errorf("true confidence %q is %v, want %v", detail, got.Value, v)
		}
	}
	if w := find(t, qs, "confidence", "wrong"); w.N != 1 || w.Lo != w.Value || w.Hi != w.Value || w.Warnings != nil {
		t.Errorf("one wrong example: %+v, want no interval, which is no reason to distrust it", w)
	}
}

func TestEveryQuantityHasNAndInterval(t *testing.T) {
	o := goldenOutcome(t, "grads_cnn_fashion", "fashion")
	train := *o
	train.Split = arbench.Train
	attacked := *o
	attacked.Forward, attacked.Backward = make([]int, o.Len()), make([]int, o.Len())
	attacked.Distance, attacked.Stage = make([]float64, o.Len()), make([]int, o.Len())
	attacked.Stages = []arbench.StageOutcome{{Name: "only"}}
	clean := arbench.Record{
		Test: o, Train: &train, Level: 0.95, Twin: &arbench.Record{Test: o, Train: &train},
	}
	under := clean
	under.Attacked, under.AnyEps, under.Threat = &attacked, true, arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	for _, name := range arbench.Measures.Names() {
		m, err := arbench.Measures.New(name)
		if err != nil {
			t.Fatal(err)
		}
		qs := append(m.Measure(clean), m.Measure(under)...)
		if len(qs) == 0 || m.Info().Doc == "" {
			t.Errorf("%s gives %d quantities, doc %q", name, len(qs), m.Info().Doc)
		}
		for _, q := range qs {
			if q.N < 1 || !(q.Lo <= q.Value && q.Value <= q.Hi) || math.IsInf(q.Hi-q.Lo, 0) {
				t.Errorf("%s: %+v", name, q)
			}
		}
	}
}

// Student's interval of the mean of two values as far apart as 1/2 and 1 has the half width
// 12.7·0.25 and reaches beyond every range.
func TestIntervalsStayInTheRangeOfTheirQuantity(t *testing.T) {
	o := outcome(arbench.Test, true, true)
	copy(o.Logits.Data, []float32{0, 0, 40, -40})
	r := arbench.Record{Test: o, Level: 0.95}
	for _, c := range []struct {
		measure      arbench.Measure
		name, detail string
		lo, hi       float64
	}{
		{&Confidence{}, "confidence", "", 0, 1},
		{&Confidence{}, "true confidence", "", 0, 1},
		{&Confidence{}, "entropy", "", 0, math.Ln2},
		{&Margin{}, "probability margin", "mean", -1, 1},
		{&Margin{}, "normalized margin", "mean", -math.Sqrt2, math.Sqrt2},
		{&Calibration{Bins: 15}, "Brier", "", 0, 2},
		{&Calibration{Bins: 15}, "overconfidence", "", -1, 1},
	} {
		if q := find(t, c.measure.Measure(r), c.name, c.detail); q.Lo != c.lo || q.Hi != c.hi {
			t.Errorf("%s: [%v, %v], want [%v, %v]", c.name, q.Lo, q.Hi, c.lo, c.hi)
		}
	}
	for _, c := range []struct {
		measure arbench.Measure
		name    string
	}{{&Loss{}, "loss"}, {&Calibration{Bins: 15}, "NLL"}} {
		if q := find(t, c.measure.Measure(r), c.name, ""); q.Lo != 0 || q.Hi < q.Value {
			t.Errorf("%s: %v [%v, %v], want a lower limit of 0", c.name, q.Value, q.Lo, q.Hi)
		}
	}
}
