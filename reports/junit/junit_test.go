package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// read parses what the reporter writes of r.
func read(t *testing.T, r *arbench.Results) suites {
	t.Helper()
	var b bytes.Buffer
	if err := new(Reporter).Report(&b, r); err != nil {
		t.Fatal(err)
	}
	var out suites
	if err := xml.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, &b)
	}
	return out
}

func TestFailuresAreGatesAndErrorsAreUnmeasured(t *testing.T) {
	gate := func(name string, v arbench.Verdict) arbench.GateResult {
		return arbench.GateResult{Gate: arbench.Gate{Name: name, Quantity: "accuracy"}, Verdict: v, Reason: "why " + name}
	}
	doubtful := gate("a", arbench.GatePassed)
	doubtful.Trust = arbench.Suspect
	got := read(t, &arbench.Results{
		Suite: "digits", Dataset: "Letters (copy)", CopyOf: "Letters", Digest: "d", Limit: 10, Partial: true,
		Models: []arbench.ModelResult{{Name: "cnn/0.1", Seed: 3, Seconds: 1.25}, {Name: "mine", Given: true}},
		Cells: []arbench.Result{{Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "mine", Split: arbench.Test}}, {Cell: arbench.Cell{
			Kind: arbench.AttackCell, Model: "cnn/0.1", Seed: 3, Attack: "pgd", Threat: "near", Split: arbench.Test,
		}, Findings: []arbench.Finding{{Check: "eps 0", Trust: arbench.Trusted}, {
			Check: "black box", Trust: arbench.Suspect, Limit: 1, Compared: "of 100 those that it broke",
			Evidence: arbench.Quantity{Value: 8, Lo: 4.125, Hi: 15, Unit: "%", N: 100},
		}}}},
		Failures: []arbench.Failure{{
			Cell:  arbench.Cell{Kind: arbench.ProbeCell, Model: "cnn/0.1", Probe: "spectrum", Split: arbench.Test},
			Error: "layer \"a\" <b> & \x00\nsecond line",
		}},
		Gates: []arbench.GateResult{
			doubtful, gate("b.1", arbench.GateFailed),
			gate("c", arbench.GateUnmeasured), gate("d", arbench.GateSkipped),
		},
	})
	if diff := cmp.Diff(counts{Tests: 9, Failures: 1, Errors: 2, Skipped: 1}, got.counts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := []suite{
		{Name: "digits", counts: counts{Tests: 5, Errors: 1}, Properties: &properties{[]property{
			{"data", "Letters (copy)"}, {"copy of", "Letters"}, {"digest of the data", "d"},
			{"limit", "10"}, {"partial", "true"},
		}}, Cases: []testCase{
			{Class: "digits.cnn/0·1", Name: "training (seed 3)", Seconds: "1.250"},
			{Class: "digits.mine", Name: "weights as given", Seconds: "0.000"},
			{Class: "digits.mine", Name: "clean, test", Seconds: "0.000"},
			{Class: "digits.cnn/0·1", Name: "pgd at near, test (seed 3)", Seconds: "0.000",
				Output: "suspect: black box: 8 % [4.125, 15], limit 1: of 100 those that it broke"},
			{Class: "digits.cnn/0·1", Name: "spectrum, test (seed 0)", Error: &problem{
				Message: "layer \"a\" <b> & \uFFFD", Text: "layer \"a\" <b> & \uFFFD\nsecond line",
			}},
		}},
		{Name: "gates", counts: counts{Tests: 4, Failures: 1, Errors: 1, Skipped: 1}, Cases: []testCase{
			{Class: "gates.a", Name: "accuracy of ", Output: "why a"},
			{Class: "gates.b·1", Name: "accuracy of ", Failure: &problem{Message: "why b.1"}},
			{Class: "gates.c", Name: "accuracy of ", Error: &problem{Message: "why c"}},
			{Class: "gates.d", Name: "accuracy of ", Skipped: &problem{Message: "why d"}},
		}},
	}
	opts := cmp.AllowUnexported(suite{})
	if diff := cmp.Diff(want, got.Suites, opts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWithoutGatesThereIsNoSuiteOfThem(t *testing.T) {
	if got := read(t, &arbench.Results{Suite: "digits"}); len(got.Suites) != 1 {
		t.Errorf("%d suites", len(got.Suites))
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReportReturnsTheErrorOfTheWriter(t *testing.T) {
	if err := new(Reporter).Report(full{}, &arbench.Results{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}
