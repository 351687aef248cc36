package trust

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// TestChecksFire gives each check a case that it speaks against and one that it does not, with the
// verdict on both.
func TestChecksFire(t *testing.T) {
	other := func(a Attempt) *Case { return with(func(c *Case) { c.Others = []Attempt{a} }) }
	step := func(left int) *Case { // of a number under one step, where pgd leaves 60
		return with(func(c *Case) {
			c.Others = []Attempt{c.Attempt}
			c.Attempt = attempt("fgsm", "fgsm", 1, ball, below(left))
			c.Model.Strength = 0.1
		})
	}
	grey := arbench.Threat{Norm: arbench.Linf, Eps: 0.5}
	mark := func(c *Case, k int) *Case {
		for i := range k {
			c.Outcome.First[i] = 7
		}
		return c
	}
	tests := []struct {
		check         string
		against, fine *Case
		want          arbench.Trust
	}{
		{"eps 0", asked("eps 0", attempt("", "", 20, arbench.Threat{Norm: arbench.Linf}, below(199))),
			asked("eps 0", attempt("", "", 20, arbench.Threat{Norm: arbench.Linf}, all)), arbench.Invalid},
		{"candidates", with(func(c *Case) { c.Outcome.Distance[199] = 0.101 }), base(), arbench.Invalid},
		{"single step", asked("single step", attempt("", "fgsm", 1, ball, below(45))),
			asked("single step", attempt("", "fgsm", 1, ball, below(90))), arbench.Invalid},
		{"more steps", asked("more steps", attempt("", "pgd", 40, ball, below(40))),
			asked("more steps", attempt("", "pgd", 40, ball, below(58))), arbench.Suspect},
		{"steps that harm", asked("more steps", attempt("", "pgd", 40, ball, below(80))),
			asked("more steps", attempt("", "pgd", 40, ball, below(58))), arbench.Invalid},
		{"rising with eps", other(attempt("pgd", "pgd", 20, small, below(45))),
			other(attempt("pgd", "pgd", 20, small, below(120))), arbench.Invalid},
		{"large eps", asked("large eps", attempt("", "pgd", 20, grey, below(120))),
			asked("large eps", attempt("", "pgd", 20, grey, below(100))), arbench.Invalid}, // a guess gets 100
		{"black box", other(attempt("square", "square", 0, ball, below(50))),
			other(attempt("square", "square", 0, ball, below(150))), arbench.Suspect},
		{"black-box stage", cascade(14), cascade(9), arbench.Suspect}, // of 60: at least 14.4 % and 8.1 %
		{"random noise", other(attempt("noise", "noise", 0, ball, below(55))),
			other(attempt("noise", "noise", 0, ball, below(59))), arbench.Invalid}, // at least 3.6 % and 0.3 %
		{"zero gradients", probed(zeroCE, 8, 200), probed(zeroCE, 2, 200), arbench.Suspect},
		{"mostly zero gradients", probed(zeroCE, 40, 200), probed(zeroCE, 2, 200), arbench.Invalid},
		{"finite differences", probed(wrongSlope, 50, 200), probed(wrongSlope, 10, 200), arbench.Invalid},
		{"silent success", mark(base(), 20), mark(base(), 2), arbench.Invalid},
		{"noise alone", with(func(c *Case) { c.Attempt = attempt("draws", "noise", 0, ball, below(60)) }), base(), arbench.Suspect},
		{"converged loss", with(answer("converged loss", unfinished, 40, 60)),
			with(answer("converged loss", unfinished, 30, 60)), arbench.Suspect}, // at least 54 and 38 %
		{"transfer", with(func(c *Case) { c.Foreign = true }), base(), arbench.Suspect},
		{"repeated passes", probed(passesDiffer, 1, 200), probed(passesDiffer, 0, 200), arbench.Invalid},
		{"batches", probed(batchesDiffer, 1, 16), probed(batchesDiffer, 0, 16), arbench.Invalid},
		{"probabilities", with(func(c *Case) {
			for i := range c.Clean.Logits.Data {
				c.Clean.Logits.Data[i] /= 3
			}
		}), base(), arbench.Invalid},
		{"undefended twin", with(func(c *Case) { c.Twin = asked("large eps", attempt("", "pgd", 20, grey, below(120))) }),
			with(func(c *Case) { c.Twin = asked("large eps", attempt("", "pgd", 20, grey, below(100))) }), arbench.Invalid},
		{"collapse", with(func(c *Case) { c.Clean = outcome(200, 0, func(i int) bool { return i%2 == 0 }) }), // all of class 0
			base(), arbench.Invalid},
		{"collapse", with(func(c *Case) { c.Clean = outcome(200, 0, below(90)) }),
			with(func(c *Case) { c.Clean = outcome(200, 0, below(110)) }), arbench.Invalid},
		{"catastrophic overfitting", step(150), step(80), arbench.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.check, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, verdict(t, tt.against, tt.check)); diff != "" {
				t.Errorf("of what it is against (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(arbench.Trusted, verdict(t, tt.fine, tt.check)); diff != "" {
				t.Errorf("of what is fine (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotesDoNotJudge gives each note a case that it remarks on and one that it does not.
func TestNotesDoNotJudge(t *testing.T) {
	strong := attempt("apgd", "apgd", 100, ball, below(20))
	equal := attempt("apgd", "apgd", 100, ball, below(60))
	wide := func(n int) *Case {
		return &Case{Clean: outcome(n, 0, all), Attempt: Attempt{
			Attack: &act{access: arbench.Gradients}, Threat: ball, Outcome: outcome(n, 0.1, none),
		}}
	}
	both := func(c *Case) {
		labels := attempt("noise", "noise", 0, ball, all)
		labels.Attack.(*act).access = arbench.Labels
		c.Others = []Attempt{labels, attempt("square", "square", 0, ball, all)}
	}
	for _, tt := range []struct {
		check     string
		yes, none *Case
	}{
		{"more restarts", asked("more restarts", strong), asked("more restarts", equal)},
		{"kinds of attacks", base(), with(both)},
		{"examples", wide(999), wide(1000)},
		{"gap to the strongest", with(func(c *Case) { c.Others = []Attempt{strong} }),
			with(func(c *Case) { c.Others = []Attempt{equal} })},
		{"gap to the strongest", asked("single step", attempt("check", "fgsm", 1, ball, below(20))),
			asked("single step", attempt("check", "fgsm", 1, ball, below(90)))},
		{"one norm", base(), with(func(c *Case) {
			c.Others = []Attempt{attempt("pgd", "pgd", 20, arbench.Threat{Norm: arbench.L2, Eps: 1}, all)}
		})},
	} {
		for _, f := range Judge(tt.yes) {
			if f.Check == tt.check && (f.Trust != "" || f.Note == "" || f.Evidence.N == 0) {
				t.Errorf("%s: %+v, want a note and no verdict", tt.check, f)
			}
		}
		for _, f := range Judge(tt.none) {
			if f.Check == tt.check && (f.Trust != "" || f.Note != "" || f.Evidence.N == 0) {
				t.Errorf("%s: %+v, want no note", tt.check, f)
			}
		}
	}
}

// TestDifferencesOfCoarseFactorsDoNotJudge has derivatives that disagree with finite differences, which says nothing
// where the backend rounds factors; those that agree say something all the same.
func TestDifferencesOfCoarseFactorsDoNotJudge(t *testing.T) {
	for _, tt := range []struct {
		bits, wrong int
		want        arbench.Trust
		note        string
	}{
		{0, 190, arbench.Invalid, ""},
		{8, 190, "", "not judged: the backend rounds factors to 8 bits, which moves logits as the differences do: " +
			"confirm the number with factors of float32"},
		{8, 10, arbench.Trusted, ""},
	} {
		c := probed(wrongSlope, tt.wrong, 200)
		c.FactorBits = tt.bits
		for _, f := range Judge(c) {
			if f.Check == "finite differences" && (f.Trust != tt.want || f.Note != tt.note || f.Evidence.N != 200) {
				t.Errorf("%d bits, %d wrong: %+v, want %q and %q", tt.bits, tt.wrong, f, tt.want, tt.note)
			}
		}
	}
}

// TestSurfaceHasALimit gives the relative change of the margin itself.
func TestSurfaceHasALimit(t *testing.T) {
	for lo, want := range map[float64]arbench.Trust{0.51: arbench.Suspect, 0.5: arbench.Trusted} {
		c := with(func(c *Case) {
			c.Probed[probeQuestion] = Answer{Quantities: []arbench.Quantity{{Name: marginMoves, Value: 0.6, Lo: lo, Hi: 0.7, N: 100}}}
		})
		if got := verdict(t, c, "loss surface"); got != want {
			t.Errorf("lower end %g: %q, want %q", lo, got, want)
		}
	}
}
