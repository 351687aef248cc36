package trust

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// TestDearChecksSayThatTheyWereNotAsked looks at what is not known.
func TestDearChecksSayThatTheyWereNotAsked(t *testing.T) {
	c := base()
	c.Asking = Off
	made := map[string]bool{}
	for _, f := range Judge(c) {
		made[f.Check] = f.Evidence.N > 0
		if f.Evidence.N == 0 && f.Note == "" {
			t.Errorf("%s was not made, and does not say why", f.Check)
		}
	}
	for _, k := range checks {
		if k.find != nil && k.cost != Off && made[k.name] {
			t.Errorf("%s was made without an answer", k.name)
		}
	}
	if !made["candidates"] || !made["silent success"] || !made["collapse"] {
		t.Errorf("cheap checks were not made: %v", made)
	}
}

// TestNothingToJudgeIsNoVerdict lacks the answers that checks compare.
func TestNothingToJudgeIsNoVerdict(t *testing.T) {
	for _, change := range []func(c *Case){
		func(c *Case) { c.Clean = nil }, func(c *Case) { c.Outcome, c.Missing = nil, "not measured" },
		func(c *Case) { c.Clean, c.Outcome = outcome(0, 0, all), outcome(0, 0.1, all) },
	} {
		for _, f := range Judge(with(change)) {
			if f.Trust != "" || f.Evidence.N > 0 || f.Note == "" {
				t.Errorf("%+v, want no evidence and the reason", f)
			}
		}
	}
}

// TestImagesAsTheyAreAreChecked judges the accuracy without an attack.
func TestImagesAsTheyAreAreChecked(t *testing.T) {
	c := probed(passesDiffer, 3, 100)
	c.Attempt = Attempt{}
	var got []string
	for _, f := range Judge(c) {
		got = append(got, f.Check)
	}
	if diff := cmp.Diff([]string{"repeated passes", "examples", "batches", "collapse"}, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if got := verdict(t, c, "repeated passes"); got != arbench.Invalid {
		t.Errorf("%q, want invalid", got)
	}
}
