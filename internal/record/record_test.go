package record

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

func net() *arbench.Network {
	n := &arbench.Network{Input: []int{1, 2, 3}}
	n.Add("flatten", arbench.Flatten{})
	n.Add("fc1", arbench.Dense{Out: 4, Bias: true})
	n.Add("bn1", arbench.BatchNorm{Eps: 1e-5, Momentum: 0.1})
	n.Add("fc2", arbench.Dense{Out: 3})
	return n
}

func params(t testing.TB, n *arbench.Network) []arbench.Param {
	ps, err := n.Init(7)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func outcome() *arbench.Outcome {
	z := arbench.Tensor{Shape: []int{2, 3}, Data: []float32{1, -2, 3, 0, float32(math.Inf(1)), 5}}
	return &arbench.Outcome{
		Split: arbench.Test, ID: []int{4, 9}, Y: []int{2, 0}, Logits: z,
		Distance: []float64{0.1, 0}, Forward: []int{3, 1}, Backward: []int{2, 0},
		First: []int{2, 0}, Stage: []int{1, -1},
		Stages: []arbench.StageOutcome{
			{Name: "weak \"one\"", Passes: arbench.Passes{Forward: 3, Backward: 2}}, {Name: "strong"},
		},
	}
}

var exact = cmpopts.EquateNaNs()

func TestParamsRoundTrip(t *testing.T) {
	n := net()
	want := params(t, n)
	b, err := EncodeParams(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeParams(b, n)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	again, _ := EncodeParams(got)
	if string(again) != string(b) {
		t.Error("the same parameters give other bytes: a digest would change")
	}
}

func TestDecodeParamsNamesWhatDoesNotFit(t *testing.T) {
	n := net()
	ps := params(t, n)
	for name, tc := range map[string]struct {
		ps   []arbench.Param
		want string
	}{
		"missing":    {ps[1:], `parameter "fc1.weight" has shape [], want [4 6]`},
		"unexpected": {append([]arbench.Param{{Name: "x", Value: arbench.NewTensor(1)}}, ps...), `array "x" is not a parameter of this net`},
		"shape": {
			append([]arbench.Param{{Name: "fc1.weight", Value: arbench.NewTensor(6, 4)}}, ps[1:]...),
			`parameter "fc1.weight" has shape [6 4], want [4 6]`,
		},
	} {
		b, err := EncodeParams(tc.ps)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeParams(b, n); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got error %v, want %s", name, err, tc.want)
		}
	}
}

func TestCheckpointRoundTrip(t *testing.T) {
	n := net()
	ps := params(t, n)
	want := &train.Checkpoint{
		State: arbench.State{
			Params: ps, Steps: 12,
			Moments: []arbench.Param{ // in the backend's order
				{Name: "fc1.weight.momentum", Value: arbench.NewTensor(4, 6)},
				{Name: "fc1.bias.momentum", Value: arbench.NewTensor(4)},
			},
		},
		Best: ps, BestAccuracy: 61.5,
		Epochs: []arbench.EpochResult{{Epoch: 1, Rate: 0.1, Loss: 2.3, Accuracy: 50, Clean: 70, Validation: math.NaN()}},
		Passes: arbench.Passes{Forward: 10, Backward: 9}, Seconds: 1.5, Compiling: 0.5,
	}
	for _, best := range [][]arbench.Param{ps, nil} {
		want.Best = best
		b, err := EncodeCheckpoint(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeCheckpoint(b, n)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, exact); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
}

func TestTrainingRoundTrip(t *testing.T) {
	want := Training{
		Digest: "d", Best: "b", Seconds: 2, Compiling: 0.25, Passes: arbench.Passes{Forward: 5},
		Epochs: []arbench.EpochResult{{Epoch: 1, Loss: math.Inf(1), Validation: math.NaN()}},
	}
	b, err := EncodeTraining(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeTraining(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, exact); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// A record of before there was a clean accuracy has none.
func TestOldTrainingsAreRead(t *testing.T) {
	got, err := DecodeTraining([]byte(`{"Digest":"d","BestAccuracy":0,"Epochs":[` +
		`{"Epoch":1,"Rate":0.1,"Loss":2.5,"Accuracy":50,"Validation":"NaN"}],"Passes":{"Forward":5},"Seconds":2}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Training{
		Digest: "d", Seconds: 2, Passes: arbench.Passes{Forward: 5},
		Epochs: []arbench.EpochResult{
			{Epoch: 1, Rate: 0.1, Loss: 2.5, Accuracy: 50, Clean: math.NaN(), Validation: math.NaN()},
		},
	}
	if d := cmp.Diff(want, got, exact); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestOutcomeAndPartRoundTrip(t *testing.T) {
	want := outcome()
	b, err := EncodeOutcome(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeOutcome(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	part := Part{Outcome: want, Candidates: arbench.NewTensor(2, 1, 2, 3), Stage: 1, Done: 2, Seconds: 3, Compiling: 1}
	if b, err = EncodePart(part); err != nil {
		t.Fatal(err)
	}
	back, err := DecodePart(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(part, back); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestQuantitiesRoundTrip(t *testing.T) {
	want := []arbench.Quantity{
		{Name: "a", Split: arbench.Test, Detail: "x", Unit: "%", Value: 1.25, Lo: math.Inf(-1), Hi: math.NaN(), N: 3},
		{Name: "b", Better: -1, Warnings: []string{"w"}},
	}
	b, err := EncodeQuantities(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeQuantities(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, exact); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// FuzzDecodeOutcome feeds the decoders bytes that are no record: they answer with an error, or with
// an outcome that survives a round trip.
func FuzzDecodeOutcome(f *testing.F) {
	b, err := EncodeOutcome(outcome())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	b, _ = EncodePart(Part{Outcome: outcome(), Candidates: arbench.NewTensor(2, 1, 2, 3)})
	f.Add(b)
	b, _ = EncodeParams(params(f, net()))
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		DecodePart(b)
		DecodeParams(b, net())
		DecodeArrays(b)
		DecodeCandidates(b)
		DecodeCheckpoint(b, net())
		o, err := DecodeOutcome(b)
		if err != nil {
			return
		}
		again, err := EncodeOutcome(o)
		if err != nil {
			t.Fatal(err)
		}
		o2, err := DecodeOutcome(again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(o, o2, exact, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	})
}
