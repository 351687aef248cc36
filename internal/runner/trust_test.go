package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/attacks/noise"
	_ "github.com/arbench/arbench/attacks/square"
	"github.com/arbench/arbench/internal/runner"
)

func init() {
	arbench.Attacks.Register("test-idle", func() arbench.Attack { return &idle{} })
	arbench.Attacks.Register("test-narrow", func() arbench.Attack { return &narrow{Steps: 10} })
}

// checkedText is suiteText with an attack that does nothing and one of steps far too small, with dear checks.
const checkedText = suiteText + `
[attacks.still]
use = "test-idle"

[attacks.slow]
use = "pgd"
step_size = 1e-5
random_start = false

[trust]
level = "quick"
examples = 200
`

// verdicts returns the verdict on the number of each attack on the model at, and the names of the checks
// that speak against it.
func verdicts(r *arbench.Results) map[string][]string {
	out := map[string][]string{}
	for _, c := range r.Cells {
		if c.Cell.Kind != arbench.AttackCell || c.Cell.Model != "at" {
			continue
		}
		out[c.Cell.Attack] = []string{string(c.Trust())}
		for _, f := range c.Findings {
			if (f.Trust == arbench.Suspect || f.Trust == arbench.Invalid) && !slices.Contains(out[c.Cell.Attack], f.Check) {
				out[c.Cell.Attack] = append(out[c.Cell.Attack], f.Check)
			}
		}
	}
	return out
}

// PGD finds the worst point of a linear model (the closed form of TestAccuracyUnderPGDEqualsTheClosedForm),
// so that nothing can speak against its number. Of an attack that does nothing Square and noise tell it; of one whose
// steps are too small one step of the right length does, too, and its loss, which is still on its way.
func TestNumbersAreJudged(t *testing.T) {
	p := planned(t, checkedText, "seeds.train=[0]", "dataset.tests=1000")
	st := opened(t, t.TempDir())
	r := run(t, st, p, runner.Options{})
	want := map[string][]string{
		"pgd": {"trusted"}, "still": {"invalid", "black box", "random noise"},
		"slow": {"invalid", "single step", "large eps", "black box", "random noise", "converged loss", "undefended twin"},
	}
	if diff := cmp.Diff(want, verdicts(r)); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if len(r.Cells) != len(p.Cells) || len(p.Checks) == 0 || r.PlannedCells != len(p.Cells) {
		t.Errorf("%d results of %d cells and %d checks: checks are no results", len(r.Cells), len(p.Cells), len(p.Checks))
	}
	for _, c := range r.Cells {
		for _, q := range c.Quantities {
			if q.Trust != c.Trust() || q.Trust == "" {
				t.Errorf("%+v: %s is %q, its cell %q", c.Cell, q.Name, q.Trust, c.Trust())
			}
		}
	}
	for name, made := range dear(r, "pgd") {
		if !made {
			t.Errorf("the dear check %q of pgd was not made", name)
		}
	}
	if n, found, err := runner.Verify(t.Context(), st, p, runner.Options{}); n != len(p.All()) || len(found) > 0 || err != nil {
		t.Errorf("answered again: %d of %d cells, %v, %v", n, len(p.All()), found, err)
	}
}

// dear returns of each dear check that applies to an attack of many steps on the model at whether it was
// made.
func dear(r *arbench.Results, attack string) map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{
		"eps 0", "single step", "more steps", "steps that harm", "large eps", "black box", "random noise", "zero gradients",
		"finite differences", "loss surface", "converged loss", "repeated passes", "undefended twin", "batches",
	} {
		out[name] = false
	}
	for _, c := range r.Cells {
		if c.Cell.Model != "at" || c.Cell.Attack != attack {
			continue
		}
		for _, f := range c.Findings {
			if _, ok := out[f.Check]; ok && f.Evidence.N > 0 {
				out[f.Check] = true
			}
		}
	}
	return out
}

// TestChecksComeFromTheStore has shards that answer a part each, and a report without an answer.
func TestChecksComeFromTheStore(t *testing.T) {
	p := planned(t, checkedText, "dataset.tests=300", "trust.examples=50")
	whole, parts := opened(t, t.TempDir()), opened(t, t.TempDir())
	want := run(t, whole, p, runner.Options{})
	n := 0
	for i := 1; i <= 3; i++ {
		part := runner.Shard(p, i, 3)
		n += len(part.All())
		run(t, parts, part, runner.Options{})
	}
	got, err := runner.Collect(parts, p)
	if err != nil {
		t.Fatal(err)
	}
	if n != len(p.All()) {
		t.Errorf("shards have %d of %d cells", n, len(p.All()))
	}
	for i := range want.Cells {
		if diff := cmp.Diff(want.Cells[i].Findings, got.Cells[i].Findings); diff != "" {
			t.Errorf("%+v (-whole +shards):\n%s", want.Cells[i].Cell, diff)
		}
	}
	if gone, err := runner.Forget(t.Context(), parts, p); err != nil || gone != len(p.All()) {
		t.Errorf("forgot %d of %d answers, %v", gone, len(p.All()), err)
	}
}

// narrow is an attack of steps that fails beyond an eps which no threat of the suite has.
type narrow struct {
	idle
	Steps int `toml:"steps"`
}

func (narrow) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	if t.Eps > 0.1 {
		return arbench.Tensor{}, errors.New("too far")
	}
	return t.X.Clone(), nil
}

// A check that cannot be made costs no answer of the suite: its finding, and the failures, say why.
func TestAFailingCheckCostsNoNumber(t *testing.T) {
	p := planned(t, suiteText+"\n[attacks.narrow]\nuse = \"test-narrow\"\n[trust]\nlevel = \"quick\"\n",
		"seeds.train=[0]", "dataset.tests=300")
	st := opened(t, t.TempDir())
	failures, err := runner.Run(t.Context(), st, p, runner.Options{})
	if err != nil || len(failures) != 2 { // within the largest eps, of both models
		t.Fatalf("%v, %v, want two failures", failures, err)
	}
	r, err := runner.Collect(st, p)
	if err != nil {
		t.Fatal(err)
	}
	const reason = "attack check \"large eps\" of narrow within near: too far"
	if len(r.Cells) != len(p.Cells) || len(r.Failures) != 2 || r.Failures[0].Error != reason {
		t.Errorf("%d of %d cells, failures %v", len(r.Cells), len(p.Cells), r.Failures)
	}
	if got, want := r.Unmeasured(), fmt.Sprintf("2 of %d checks could not be measured", len(p.Checks)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range r.Cells {
		for _, f := range c.Findings {
			if f.Check == "large eps" && c.Cell.Attack == "narrow" && f.Note != reason {
				t.Errorf("the finding says %q", f.Note)
			}
		}
	}
}

// Checks that were not asked, or have no answer yet, say so; what is stored anyway is looked at.
func TestNumbersAreJudgedByWhatIsThere(t *testing.T) {
	off := planned(t, checkedText, "seeds.train=[0]", "dataset.tests=300", "trust.level=off")
	st := opened(t, t.TempDir())
	r := run(t, st, off, runner.Options{})
	if got := verdicts(r)["pgd"]; !cmp.Equal(got, []string{"trusted"}) {
		t.Errorf("at level off: %v", got)
	}
	later := planned(t, checkedText, "seeds.train=[0]", "dataset.tests=300")
	r, err := runner.Collect(st, later)
	if err != nil || len(r.Failures) > 0 {
		t.Fatalf("%v, %v: checks without an answer are no failures of the suite", r.Failures, err)
	}
	if got, want := r.Unmeasured(), fmt.Sprintf("%d of %[1]d checks could not be measured", len(later.Checks)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range r.Cells {
		for _, f := range c.Findings {
			if f.Check == "large eps" && c.Cell.Attack == "pgd" && f.Note != "not measured yet: arbench run makes it" {
				t.Errorf("%q is the reason", f.Note)
			}
		}
	}
}
