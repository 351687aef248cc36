package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
)

// checks returns what each cell of a check asks of the twin, of how many examples, and about how many
// numbers.
func checks(p *plan.Plan) []string {
	var out []string
	for _, c := range p.Checks {
		if c.Cell.Model == "standard" {
			out = append(out, fmt.Sprintf("%s %s on %d, about %d", c.Kind, c.Check, len(c.Examples), len(c.About)))
		}
	}
	return out
}

// TestChecksAreCellsBesideThoseOfTheSuite asks what this program can: it has none of the attacks that
// checks put beside the suite's own, so that those with other options are left, and the probe, which the
// numbers of both attacks share. The attack "short" takes no steps.
func TestChecksAreCellsBesideThoseOfTheSuite(t *testing.T) {
	want := []string{
		"attack eps 0 on 16, about 1", "probe model on 100, about 2",
		"attack eps 0 on 16, about 1", "attack large eps on 100, about 1", "attack more steps on 100, about 1",
		"probe converged loss on 100, about 1",
	}
	p := planned(t, base, plan.Options{}, "trust.level=quick", "dataset.test=120")
	diff(t, want, checks(p))
	if len(p.Checks) != 3*len(want) || len(p.All()) != len(p.Cells)+len(p.Checks) {
		t.Errorf("%d cells and %d checks of 3 models are %d", len(p.Cells), len(p.Checks), len(p.All()))
	}
	diff(t, 0, len(planned(t, base, plan.Options{}, "dataset.test=120").Checks))
}

// TestChecksGoWithTheirNumbers leaves out a model and an attack, and asks of a subset.
func TestChecksGoWithTheirNumbers(t *testing.T) {
	set := []string{"trust.level=quick", "trust.examples=9", "dataset.test=120"}
	p := planned(t, base, plan.Options{Models: []string{"standard"}, Attacks: []string{"long"}}, set...)
	diff(t, []string{
		"probe model on 9, about 2", "attack eps 0 on 9, about 1", "attack large eps on 9, about 1", "attack more steps on 9, about 1",
		"probe converged loss on 9, about 1",
	}, checks(p))
	if len(p.Checks) != 5 {
		t.Errorf("%d checks of one model", len(p.Checks))
	}
	p = planned(t, base, plan.Options{Limit: 5}, set...)
	for _, c := range p.Checks {
		if len(c.Examples) > 5 {
			t.Errorf("%s: %d examples beyond the limit", c.Check, len(c.Examples))
		}
	}
}

// TestChecksAskOfExamplesThatTheirNumberRestsOn has a number on some of the test examples.
func TestChecksAskOfExamplesThatTheirNumberRestsOn(t *testing.T) {
	p := planned(t, base+"[evaluate.main]\nexamples = 30\n", plan.Options{}, "trust.level=full", "trust.examples=20", "dataset.test=120")
	for _, c := range p.Checks {
		for _, a := range c.About {
			in := map[int]bool{}
			for _, id := range a.Examples {
				in[id] = true
			}
			for _, id := range c.Examples {
				if !in[id] {
					t.Fatalf("%s asks of example %d, which %s was not put to", c.Check, id, a.Cell.Attack)
				}
			}
		}
		if c.Kind == arbench.AttackCell && c.Check != "eps 0" && len(c.Examples) != 20 {
			t.Errorf("%s asks of %d examples", c.Check, len(c.Examples))
		}
	}
}

// TestOnlyConformingVersionsHaveTheName asks under which name others publish an attack.
func TestOnlyConformingVersionsHaveTheName(t *testing.T) {
	for use, want := range map[string]string{
		`{ use = "autoattack", version = "standard" }`: "AutoAttack", `{ use = "autoattack", version = "plus" }`: "AutoAttack",
		`{ use = "autoattack", version = "rand" }`: "", `{ use = "autoattack", version = "custom" }`: "", `{ use = "ball" }`: "",
	} {
		p := planned(t, base, plan.Options{}, "attacks.long="+use)
		for _, c := range p.Cells {
			if c.Attack.Name == "long" && c.Standard() != want || c.Attack.Name != "long" && c.Standard() != "" {
				t.Errorf("%s: %s is called %q, want %q", use, c.Attack.Name, c.Standard(), want)
			}
		}
	}
}

// TestNamesOfAttacksAreTheirs has attacks called AutoAttack that are none.
func TestNamesOfAttacksAreTheirs(t *testing.T) {
	const custom = `{ use = "autoattack", version = "custom" }`
	for _, tt := range []struct{ name, use, want string }{
		{`autoattack`, `{ use = "autoattack", version = "standard" }`, ""},
		{`"Auto-Attack"`, `{ use = "autoattack", version = "plus" }`, ""},
		{`autoattack-custom`, custom, ""},
		{`autoattack`, custom, `attacks.autoattack: the name says AutoAttack, the attack is its version "custom": ` +
			`choose a name such as "autoattack-custom"`},
		{`"robust accuracy (AutoAttack)"`, `{ use = "ball" }`,
			`the name says AutoAttack, the attack is "ball": choose another name`},
	} {
		got := ""
		if _, err := try(base, plan.Options{}, "attacks."+tt.name+"="+tt.use); err != nil {
			got = err.Error()
		}
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s = %s: error %q, want %q", tt.name, tt.use, got, tt.want)
		}
	}
}
