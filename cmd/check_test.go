package cmd

import (
	"slices"
	"testing"

	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/suites"
)

// What this repository publishes is of suites that are there, and of data that are or are named as a
// copy. That the numbers are right takes a run: arbench check.
func TestBenchmarksOfThisRepositoryAreAsked(t *testing.T) {
	all, err := suite.LoadBenchmarks("../benchmarks.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		s, err := suite.Load(b.Suite, suites.FS, nil)
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		for _, g := range b.Numbers {
			model := slices.ContainsFunc(s.Models, func(m suite.Model) bool {
				return suite.Match([]string{g.Model}, m.Name)
			})
			threat := g.Threat == "" || slices.ContainsFunc(s.Threats, func(h suite.Threat) bool {
				return suite.Match([]string{g.Threat}, h.Name)
			})
			if !model || !threat {
				t.Errorf("%s: the suite has no model %q or no threat %q", g.Name, g.Model, g.Threat)
			}
		}
		if b.Name != "digits" { // whose data are in the program
			continue
		}
		p, err := plan.New(t.Context(), s, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Data.Digest != b.Digest {
			t.Errorf("%s: digest %s, the data have %s", b.Name, b.Digest, p.Data.Digest)
		}
		if err := checkNumbers(p, "benchmarks.toml", "suites.digits.numbers.", b.Numbers); err != nil {
			t.Error(err)
		}
	}
}
