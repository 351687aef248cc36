package trust

import (
	"testing"

	"github.com/arbench/arbench"
)

// TestSmallestChangesMayLieOutside has an attack that breaks every image, those that count as right outside
// the threat, and passed them on its way.
func TestSmallestChangesMayLieOutside(t *testing.T) {
	c := with(func(c *Case) {
		c.Attack.(*act).least = true
		c.Outcome = outcome(200, 0.05, none)
		for i := range 60 {
			c.Outcome.Distance[i] = 0.3
		}
		for i := range 200 {
			c.Outcome.First[i] = 3
		}
	})
	if got := count(c.left(c.Attempt)); got != 60 {
		t.Errorf("%d are left, want the 60 outside", got)
	}
	var r arbench.Result
	r.Findings = Judge(c)
	if r.Trust() != arbench.Trusted {
		t.Errorf("%+v", r.Findings)
	}
	c.Attack.(*act).least = false
	if got := verdict(t, c, "candidates"); got != arbench.Invalid {
		t.Errorf("of an attack within the threat: %q, want invalid", got)
	}
}

// TestOneAnswerIsNoEvidence: that accuracy does not rise with eps says nothing where it is read from one
// answer, and something where two within one of the eps are.
func TestOneAnswerIsNoEvidence(t *testing.T) {
	for _, anyEps := range []bool{false, true} {
		c := with(func(c *Case) {
			less := attempt("pgd", "pgd", 20, small, below(90))
			for _, a := range []Attempt{c.Attempt, less} {
				a.Attack.(*act).least, a.Attack.(*act).anyEps = true, anyEps
			}
			c.Others = []Attempt{less}
		})
		for _, f := range Judge(c) {
			if f.Check == "rising with eps" && (f.Evidence.N == 0) != anyEps {
				t.Errorf("any eps %v: %+v", anyEps, f)
			}
		}
	}
}
