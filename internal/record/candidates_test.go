package record

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

func TestCandidatesRoundTrip(t *testing.T) {
	for _, want := range []arbench.Tensor{
		{Shape: []int{2, 1, 1, 2}, Data: []float32{0, 0.5, 0.25, 1}},
		{Shape: []int{0, 1, 1, 2}, Data: []float32{}},
	} {
		ids := []int{7, 3}[:want.Len()]
		b, err := EncodeCandidates(ids, want)
		if err != nil {
			t.Fatal(err)
		}
		gotIDs, got, err := DecodeCandidates(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]any{ids, want}, []any{gotIDs, got}); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
	b, err := EncodeCandidates([]int{1}, arbench.NewTensor(2, 1, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := DecodeCandidates(b); err == nil || !strings.Contains(err.Error(), "2 candidates of 1 examples") {
		t.Errorf("error %v", err)
	}
}

// TestExportedFilesHoldWhatTheySay reads what is written for other programs.
func TestExportedFilesHoldWhatTheySay(t *testing.T) {
	info := map[string]string{"format": "pt", "model": "m"}
	ps := params(t, net())
	b, err := EncodeModel(ps, info)
	if err != nil {
		t.Fatal(err)
	}
	said, err := Info(b)
	if err != nil {
		t.Fatal(err)
	}
	f, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.getParams("", net())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]any{info, ps}, []any{said, got}); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	x := arbench.NewTensor(2, 1, 1, 2)
	x0 := x.Clone()
	x.Data[1], x0.Data[2] = 1, 0.5
	want := Trial{ID: []int{4, 9}, Y: []int{1, 0}, X0: x0, X: x, Logits: arbench.NewTensor(2, 3)}
	if b, err = EncodeTrial(want, info); err != nil {
		t.Fatal(err)
	}
	if f, err = read(b); err != nil {
		t.Fatal(err)
	}
	trial := Trial{f.getInts("id"), f.getInts("y"), f.getTensor("x0"), f.getTensor("x"), f.getTensor("logits")}
	if d := cmp.Diff([]any{info, want, 5}, []any{f.info, trial, len(f.arrays)}); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
