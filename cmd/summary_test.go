package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// A summary that an earlier step has nearly filled takes as much of the report as there is room for.
func TestSummariesAreCutToTheRoomThatIsLeft(t *testing.T) {
	r := &arbench.Results{Suite: "s"}
	for range 100 {
		r.Failures = append(r.Failures, arbench.Failure{Cell: arbench.Cell{Model: "m"}, Error: "no luck"})
	}
	for _, c := range []struct {
		before  int
		cut     bool
		section bool
	}{
		{0, false, true}, {cutSummary - 2000, true, true}, {cutSummary + 5, true, false},
	} {
		path := filepath.Join(t.TempDir(), "summary.md")
		if err := os.WriteFile(path, bytes.Repeat([]byte("x"), c.before), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := appendSummary(path, r); err != nil {
			t.Fatal(err)
		}
		all, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := string(all[c.before:])
		if strings.Contains(got, "Note:** Cut: ") != c.cut || strings.Contains(got, "### Failures") != c.section ||
			len(all) > cutSummary && c.section {
			t.Errorf("after %d bytes, %d in all:\n%s", c.before, len(all), got)
		}
	}
}

// The escapes are those of the toolkit's escapeData and escapeProperty (actions/toolkit, command.ts).
func TestAnnotationsAreEscaped(t *testing.T) {
	cell := arbench.Cell{Model: "m", Seed: 1}
	r := &arbench.Results{
		Gates: []arbench.GateResult{
			{Gate: arbench.Gate{Name: "a:b,c"}, Verdict: arbench.GateFailed, Reason: "50 % is less\nthan 60 %"},
			{Gate: arbench.Gate{Name: "d"}, Verdict: arbench.GatePassed},
			{
				Gate:    arbench.Gate{Name: "e", Model: "m", Quantity: "cost"},
				Verdict: arbench.GateUnmeasured, Reason: "nobody knows",
			},
		},
	}
	r.Cells = []arbench.Result{{Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "m", Seed: 1, Split: arbench.Test},
		Findings: []arbench.Finding{
			{Check: "a", Trust: arbench.Trusted},
			{Check: "batches", Trust: arbench.Invalid, Compared: "of 16", Evidence: arbench.Quantity{Unit: "%", Value: 50, Lo: 25, Hi: 75, N: 16}},
		},
	}}
	for range 20 {
		r.Failures = append(r.Failures, arbench.Failure{Cell: cell, Error: "no luck"})
	}
	var b bytes.Buffer
	annotate(&b, r)
	want := "::error title=arbench%3A gate a%3Ab%2Cc failed::50 %25 is less%0Athan 60 %25\n" +
		"::warning title=arbench%3A gate e::cost of m: nobody knows\n" +
		"::warning title=arbench%3A invalid number::m (seed 1), clean, test is invalid: batches: 50 %25 [25, 75], limit 0: of 16\n" +
		strings.Repeat("::warning title=arbench%3A not measured::training of m (seed 1): no luck\n", 8)
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
