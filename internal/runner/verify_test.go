package runner_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
)

// TestVerifyFindsWhatIsNotTheSame changes one logit of the stored answer to the attack, of a model
// that was trained and of one with the same weights that are given.
func TestVerifyFindsWhatIsNotTheSame(t *testing.T) {
	small := []string{"dataset.tests=200", "seeds.train=[0]"}
	st, trained := opened(t, t.TempDir()), planned(t, suiteText, small...)
	if n, found, err := runner.Verify(t.Context(), st, trained, runner.Options{}); n != 0 || len(found) > 0 || err != nil {
		t.Errorf("of an empty store: %d, %v, %v", n, found, err)
	}
	run(t, st, trained, runner.Options{})
	ps, err := runner.Weights(st, trained.Models[0], "last")
	if err != nil {
		t.Fatal(err)
	}
	given := planned(t, givenText(foreign(t, ps)), small...)
	before := held(t, st)
	for name, want := range map[string]int{"trained": 6, "given": 3} {
		p := trained
		if name == "given" {
			p = given
		}
		if n, found, err := runner.Verify(t.Context(), st, p, runner.Options{}); n != want || len(found) > 0 || err != nil {
			t.Errorf("%s: %d cells, %v, %v, want %d without a difference", name, n, found, err, want)
		}
	}
	if diff := cmp.Diff(before, held(t, st)); diff != "" {
		t.Errorf("the store was changed (-before +after):\n%s", diff)
	}
	attack := trained.Cells[2]
	o, err := runner.Outcome(st, attack)
	if err != nil {
		t.Fatal(err)
	}
	o.Logits.Data[1]++
	b, err := record.EncodeOutcome(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Put(attack.ID(weightsOf(t, st, trained, attack)), "outcome", b); err != nil {
		t.Fatal(err)
	}
	_, found, err := runner.Verify(t.Context(), st, given, runner.Options{})
	if err != nil || len(found) != 1 || found[0].Cell.Kind != arbench.AttackCell ||
		!strings.HasPrefix(found[0].What, "other logits for 1 of 200 examples") {
		t.Errorf("%v, %v, want one difference, in the attack", found, err)
	}
}
