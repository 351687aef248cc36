package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// Whole sections are kept, as many as fit, and the rest is named.
func TestSummariesAreCutBetweenSections(t *testing.T) {
	report := "The answer.\n\n### First\n\nshort\n\n### Long\n\n" + strings.Repeat("x", 2000) + "\n\n### Last\n\nshort\n"
	if got := string(fit([]byte(report), len(report))); got != report {
		t.Errorf("a report that fits was changed: %q", got)
	}
	const note = "\n**Cut:** the whole report has 2.1 kB, more than fits into a job's summary. "
	for _, c := range []struct {
		most int
		want string
	}{
		{200, "The answer.\n\n### First\n\nshort\n\n### Last\n\nshort\n" + note + "Left out: Long. "},
		{40, "The answer.\n\n### First\n\nshort\n" + note + "Left out: Long, Last. "},
		{0, note + "Left out: the answer, First, Long, Last. "},
	} {
		want := c.want + "The files of the report have everything.\n"
		if diff := cmp.Diff(want, string(fit([]byte(report), c.most))); diff != "" {
			t.Errorf("%d bytes (-want +got):\n%s", c.most, diff)
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
	for range 20 {
		r.Failures = append(r.Failures, arbench.Failure{Cell: cell, Error: "no luck"})
	}
	var b bytes.Buffer
	annotate(&b, r)
	want := "::error title=arbench%3A gate a%3Ab%2Cc failed::50 %25 is less%0Athan 60 %25\n" +
		"::warning title=arbench%3A gate e::cost of m: nobody knows\n" +
		strings.Repeat("::warning title=arbench%3A not measured::training of m (seed 1): no luck\n", 9)
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
