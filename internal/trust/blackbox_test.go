package trust

import (
	"testing"

	"github.com/arbench/arbench"
)

// TestBlindAttacksDoNotStandAlone: beside a number by noise, or by another model's gradients, the suite has an
// attack by the model's own within the same threat. What a check asked does not count, nor does an attack that has
// no answer.
func TestBlindAttacksDoNotStandAlone(t *testing.T) {
	steps := attempt("pgd", "pgd", 20, ball, below(60))
	far, foreign, unanswered := attempt("pgd", "pgd", 20, small, below(60)), steps, steps
	foreign.Foreign = true
	unanswered.Outcome = nil
	cascades := map[string]Attempt{}
	for name, access := range map[string]arbench.Access{"square": arbench.Scores, "apgd": arbench.Gradients} {
		c := attempt("cascade", "autoattack", 0, ball, below(60))
		c.Stages = []arbench.Stage{{Name: name, Attack: &act{access: access}}}
		cascades[name] = c
	}
	for _, tt := range []struct {
		name   string
		others []Attempt
		want   arbench.Trust
	}{
		{"alone", nil, arbench.Suspect},
		{"another eps", []Attempt{far}, arbench.Suspect},
		{"scores", []Attempt{attempt("square", "square", 0, ball, below(60))}, arbench.Suspect},
		{"a cascade by scores", []Attempt{cascades["square"]}, arbench.Suspect},
		{"another model's gradients", []Attempt{foreign}, arbench.Suspect},
		{"gradients without an answer", []Attempt{unanswered}, arbench.Suspect},
		{"gradients", []Attempt{steps}, arbench.Trusted},
		{"a cascade by gradients", []Attempt{cascades["apgd"]}, arbench.Trusted},
	} {
		c := asked("single step", attempt("check", "fgsm", 1, ball, below(60)))
		c.Attempt, c.Others = attempt("draws", "noise", 0, ball, below(60)), tt.others
		if got := verdict(t, c, "noise alone"); got != tt.want {
			t.Errorf("noise beside %s: %q, want %q", tt.name, got, tt.want)
		}
		c.Attempt = attempt("transferred", "transfer", 0, ball, below(60))
		c.Foreign = true
		if got := verdict(t, c, "transfer"); got != tt.want {
			t.Errorf("transfer beside %s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
