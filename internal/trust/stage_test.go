package trust

import (
	"testing"

	"github.com/arbench/arbench"
)

// TestFewExamplesAreNoCollapse: a model that is right is not shown to be no better than a guess.
func TestFewExamplesAreNoCollapse(t *testing.T) {
	for n := 1; n < 20; n++ {
		for _, f := range Judge(&Case{Clean: outcome(n, 0, all)}) {
			if f.Check == "collapse" && (f.Trust == arbench.Invalid || (f.Evidence.N == 0) != (n == 1)) {
				t.Errorf("%d examples, all right: %+v", n, f)
			}
		}
	}
}

// TestCascadesByTheirStages: one of gradients alone is judged as any attack by them is, and by the losses
// that its stages climb.
func TestCascadesByTheirStages(t *testing.T) {
	square := attempt("square", "square", 0, ball, below(50)) // of 60 that are left, at least 9.3 %, of 200 2.7 %
	mixed := with(func(c *Case) { c.Stages, c.Others = cascade(9).Stages, []Attempt{square} })
	if got := verdict(t, mixed, "black box"); got != arbench.Trusted {
		t.Errorf("with a stage by scores: %q, want trusted", got)
	}
	alone := with(func(c *Case) { c.Stages, c.Others = cascade(9).Stages[:1], []Attempt{square} })
	if got := verdict(t, alone, "black box"); got != arbench.Suspect {
		t.Errorf("of gradients alone: %q, want suspect", got)
	}
	for loss, want := range map[string]arbench.Trust{"ce": arbench.Invalid, "dlr": arbench.Trusted, "": arbench.Trusted} {
		c := probed(zeroCE, 190, 200)
		answer(probeQuestion, zeroMargin, 0, 200)(c)
		c.Stages = []arbench.Stage{{Attack: &act{Loss: loss, access: arbench.Gradients}}, {Attack: &act{Loss: "ce", access: arbench.Scores}}}
		if got := verdict(t, c, "mostly zero gradients"); got != want {
			t.Errorf("loss %q: %q, want %q", loss, got, want)
		}
	}
}

// TestRandomModelsNeedAverages has an attack that averages excuse passes that differ.
func TestRandomModelsNeedAverages(t *testing.T) {
	c := probed(passesDiffer, 200, 200)
	if got := verdict(t, c, "repeated passes"); got != arbench.Invalid {
		t.Errorf("%q, want invalid", got)
	}
	for i := range c.Outcome.First {
		c.Outcome.First[i] = 1
	}
	for _, name := range []string{wrongSlope, batchesDiffer} {
		answer(probeQuestion, name, 200, 200)(c)
	}
	c.Attack.(*act).EOT = 20
	for _, f := range Judge(c) {
		if f.Trust == arbench.Invalid {
			t.Errorf("with averages: %+v", f)
		}
	}
	c.Probed[probeQuestion].Quantities[0].Value = 0
	if got := verdict(t, c, "batches"); got != arbench.Invalid {
		t.Errorf("of a model that draws nothing: %q, want invalid", got)
	}
}
