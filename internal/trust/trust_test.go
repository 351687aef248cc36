package trust

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An act is an attack of these tests, which is never run.
type act struct {
	Steps  int    `toml:"steps"`
	Loss   string `toml:"loss"`
	EOT    int    `toml:"eot"`
	access arbench.Access
	least  bool // it looks for the smallest change
	anyEps bool
}

func (a *act) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Access: a.access, MinimumNorm: a.least, AnyEps: a.anyEps}
}
func (*act) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) {
	return arbench.Tensor{}, errors.New("not to be run")
}

var (
	ball  = arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	small = arbench.Threat{Norm: arbench.Linf, Eps: 0.05}
)

// outcome is one of n examples of two classes in turn, of which the model gets those right that right
// holds for; all of them lie at distance d from the image.
func outcome(n int, d float64, right func(i int) bool) *arbench.Outcome {
	o := &arbench.Outcome{Split: arbench.Test, Logits: arbench.NewTensor(n, 2), First: make([]int, n)}
	for i := range n {
		o.ID, o.Y = append(o.ID, 3*i), append(o.Y, i%2)
		o.Distance = append(o.Distance, d)
		side := i % 2
		if !right(i) {
			side = 1 - side
		}
		o.Logits.Row(i)[side] = 3
	}
	return o
}

func all(int) bool                 { return true }
func none(int) bool                { return false }
func below(k int) func(i int) bool { return func(i int) bool { return i < k } }

// attempt is one of an attack with gradients unless steps is 0, that leaves what left holds for.
func attempt(name, use string, steps int, t arbench.Threat, left func(i int) bool) Attempt {
	a := &act{Steps: steps, Loss: "ce", access: arbench.Gradients}
	if steps == 0 {
		a.access = arbench.Scores
	}
	return Attempt{Name: name, Use: use, Attack: a, Threat: t, Outcome: outcome(200, t.Eps, left)}
}

// base is the number of an attack of 20 steps that leaves 60 of 200 examples.
func base() *Case {
	return &Case{
		Clean: outcome(200, 0, all), Attempt: attempt("pgd", "pgd", 20, ball, below(60)),
		Asked: map[string]Attempt{}, Asking: Quick,
	}
}

func with(change func(c *Case)) *Case {
	c := base()
	change(c)
	return c
}

// asked is the case with an answer to a question.
func asked(check string, a Attempt) *Case {
	return with(func(c *Case) { c.Asked[check] = a })
}

// probed is the case with an answer of the probe, k of n examples.
func probed(name string, k, n int) *Case {
	return with(func(c *Case) {
		q := share(k, n)
		q.Name = name
		c.Probed = []arbench.Quantity{q}
	})
}

// cascade is the number of a cascade of gradients and scores, whose second stage broke k of the 60.
func cascade(k int) *Case {
	return with(func(c *Case) {
		c.Stages = []arbench.Stage{
			{Name: "apgd", Attack: &act{access: arbench.Gradients}}, {Name: "square", Attack: &act{access: arbench.Scores}},
		}
		c.Outcome = outcome(200, 0.1, below(60-k))
		c.Outcome.Stage = make([]int, 200)
		for i := range 200 {
			switch {
			case i >= 60:
				c.Outcome.Stage[i] = 1
			case i >= 60-k:
				c.Outcome.Stage[i] = 2
			}
		}
	})
}

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

// verdict returns the worst that the findings of one check make of the number.
func verdict(t *testing.T, c *Case, check string) arbench.Trust {
	t.Helper()
	var r arbench.Result
	for _, f := range Judge(c) {
		if f.Check != check {
			continue
		}
		if f.Evidence.N == 0 {
			t.Fatalf("%s was not made: %s", check, f.Note)
		}
		r.Findings = append(r.Findings, f)
	}
	return r.Trust()
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

// TestSurfaceHasALimit gives the relative change of the margin itself.
func TestSurfaceHasALimit(t *testing.T) {
	for lo, want := range map[float64]arbench.Trust{0.51: arbench.Suspect, 0.5: arbench.Trusted} {
		c := with(func(c *Case) {
			c.Probed = []arbench.Quantity{{Name: marginMoves, Value: 0.6, Lo: lo, Hi: 0.7, N: 100}}
		})
		if got := verdict(t, c, "loss surface"); got != want {
			t.Errorf("lower end %g: %q, want %q", lo, got, want)
		}
	}
}

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

// TestEvidenceHasItsInterval compares with Wilson's limits of 81 of 263 (Newcombe 1998) and with a
// difference that both count equally.
func TestEvidenceHasItsInterval(t *testing.T) {
	round := cmpopts.EquateApprox(0, 6e-3)
	q := share(81, 263)
	if diff := cmp.Diff([]float64{30.80, 25.53, 36.62}, []float64{q.Value, q.Lo, q.Hi}, round); diff != "" {
		t.Errorf("share (-want +got):\n%s", diff)
	}
	d := tally{both: 1, first: 1, second: 7, neither: 12}.difference() // Fagerland et al. 2014
	if diff := cmp.Diff([]float64{-28.57, -50.7, -2.6}, []float64{d.Value, d.Lo, d.Hi}, cmpopts.EquateApprox(0, 0.06)); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
	if math.IsNaN(share(0, 0).Value) || share(0, 0).N != 0 {
		t.Error("of no examples there is a share")
	}
}

// TestComparisonsAreOfTheSameExamples gives a subset in another order.
func TestComparisonsAreOfTheSameExamples(t *testing.T) {
	c := base()
	sub := outcome(100, 0.1, below(60))
	for i := range sub.ID {
		sub.ID[i] = 3 * (199 - i) // examples 199 to 100, of which the attack left none
		sub.Y[i] = (199 - i) % 2
		clear(sub.Logits.Row(i))
		sub.Logits.Row(i)[sub.Y[i]] = 1
	}
	a := attempt("", "pgd", 40, ball, all)
	a.Outcome = sub
	if diff := cmp.Diff(tally{second: 100}, compare(c.left(c.Attempt), c.left(a)), cmp.AllowUnexported(tally{})); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
}
