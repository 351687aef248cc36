package trust

import (
	"context"
	"errors"
	"testing"

	"github.com/arbench/arbench"
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
		Asked: map[string]Attempt{}, Probed: map[string]Answer{}, Asking: Quick,
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
func probed(name string, k, n int) *Case { return with(answer(probeQuestion, name, k, n)) }

// answer adds a quantity to the answer of a probe.
func answer(question, name string, k, n int) func(*Case) {
	return func(c *Case) {
		q := share(k, n)
		q.Name = name
		c.Probed[question] = Answer{Quantities: append(c.Probed[question].Quantities, q)}
	}
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
