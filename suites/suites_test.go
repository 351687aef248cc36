package suites_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	_ "github.com/arbench/arbench/cmd/standard"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/suites"
)

// TestBuiltInSuitesReadBack reads each suite from what it is resolved to.
func TestBuiltInSuitesReadBack(t *testing.T) {
	names := suite.Names(suites.FS)
	if len(names) == 0 {
		t.Fatal("no built-in suites")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s, err := suite.Load(name, suites.FS, nil)
			if err != nil {
				t.Fatal(err)
			}
			if s.Name != name {
				t.Errorf("the suite in %s.toml is called %q", name, s.Name)
			}
			again, err := suite.Parse(s.File, []byte(s.TOML()), nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(s.TOML(), again.TOML()); d != "" {
				t.Errorf("mismatch (-want +got):\n%s", d)
			}
		})
	}
}

// TestDigitsIsPlannedAnywhere plans the suite whose data are inside the program, twice.
func TestDigitsIsPlannedAnywhere(t *testing.T) {
	var ids [2][]string
	for i := range ids {
		s, err := suite.Load("digits", suites.FS, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.New(t.Context(), s, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.Models {
			if m.Strength > 0 && m.Twin == nil {
				t.Errorf("%s has no twin", m.Name)
			}
			ids[i] = append(ids[i], m.ID)
		}
		for _, c := range p.Cells {
			ids[i] = append(ids[i], c.ID("weights"))
		}
		if n := len(s.Models) * len(s.Seeds.Train); len(p.Models) != n {
			t.Errorf("%d trainings, want %d: every twin is in the suite", len(p.Models), n)
		}
	}
	if d := cmp.Diff(ids[0], ids[1]); d != "" {
		t.Errorf("mismatch (-first +second):\n%s", d)
	}
}
