package table

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// judgedPair is pair, whose numbers under attack were judged: those of the twin are trusted, those of
// the model have the given verdict.
func judgedPair(t arbench.Trust) *arbench.Results {
	r := pair(70, 12, drop{2, 1, 3})
	r.Trust = "quick"
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Cell.Kind != arbench.AttackCell {
			continue
		}
		f := arbench.Finding{
			Row: 10, Check: "black box", Trust: arbench.Trusted, Compared: "pgd with square", Limit: 0.2,
			Evidence: arbench.Quantity{Unit: "%", Value: 3, Lo: 1.5, Hi: 6, N: 200},
		}
		if c.Cell.Model == "at" {
			f.Trust = t
		}
		c.Findings = []arbench.Finding{f, {Row: 3, Check: "eps 0", Note: "not asked"}}
		for k := range c.Quantities {
			c.Quantities[k].Trust = f.Trust
		}
	}
	return r
}

func TestVerdictsStandBesideNumbers(t *testing.T) {
	for _, c := range []struct {
		verdict arbench.Trust
		want    string
	}{
		{arbench.Trusted, "70.0 % [68.0, 72.0] (n=600)"},
		{"", "70.0 % [68.0, 72.0] (n=600)"},
		{arbench.Suspect, "70.0 % [68.0, 72.0] (n=600, suspect)"},
		{arbench.Invalid, "70.0 % [68.0, 72.0] (n=600, invalid)"},
	} {
		q := quantity(accuracy, "%", 70, 68, 72)
		q.Trust = c.verdict
		if got := pool([]sample{{0, q}}, 0.95).String(); got != c.want {
			t.Errorf("%q: %s, want %s", c.verdict, got, c.want)
		}
	}
	a, b := quantity(accuracy, "%", 70, 68, 72), quantity(accuracy, "%", 60, 58, 62)
	a.Trust, b.Trust = arbench.Suspect, arbench.Invalid
	for name, got := range map[string]arbench.Trust{
		"seeds": pool([]sample{{0, a}, {1, b}}, 0.95).Trust, "difference": difference(a, b).Trust, "ratio": ratio(b, a).Trust,
	} {
		if got != arbench.Invalid {
			t.Errorf("%s: %q, want the worst", name, got)
		}
	}
}

func TestReportSaysWhatSpeaksAgainstNumbers(t *testing.T) {
	r := judgedPair(arbench.Suspect)
	s := find(t, r, "Trust")
	want := [][]string{
		{"All that the suite asks was measured", "holds", "2 trainings, 4 cells"},
		{"Every number under attack is trusted", "does not hold", "1 suspect, 1 trusted"},
		{"Dear checks were made", "holds", `at level "quick"`},
		{"No number has a reason to distrust it", "holds", "–"},
	}
	if d := cmp.Diff(want, texts(s.Parts[0], 0, 1, 2)); d != "" {
		t.Errorf("of the whole (-want +got):\n%s", d)
	}
	want = [][]string{{"at", "accuracy under pgd at linf 0.1", "suspect", "10 black box", "3.00 % [1.50, 6.00] (n=200)", "0.2 %", "pgd with square"}}
	if d := cmp.Diff(want, texts(s.Parts[1], 0, 2, 3, 4, 5, 6, 7)); d != "" {
		t.Errorf("doubts (-want +got):\n%s", d)
	}
	want = [][]string{{"3", "eps 0", "0", "0", "not asked"}, {"10", "black box", "2", "1", "–"}}
	if d := cmp.Diff(want, texts(s.Parts[2], 0, 1, 2, 3, 4)); d != "" {
		t.Errorf("checks (-want +got):\n%s", d)
	}
	if notes := New(r).Notes; !strings.HasPrefix(notes[0].Text, "Of the numbers under attack: 1 suspect, 1 trusted.") {
		t.Errorf("notes %v do not say it", notes)
	}
	if n := New(judgedPair(arbench.Trusted)).Notes; len(n) > 0 && strings.HasPrefix(n[0].Text, "Of the numbers") {
		t.Errorf("of trusted numbers there is a note: %v", n[0])
	}
}

// TestReportCallsNumbersByTheirAttack has a number that may be called robust accuracy, and one that may
// not.
func TestReportCallsNumbersByTheirAttack(t *testing.T) {
	r := judgedPair(arbench.Trusted)
	if got, want := NewHeadline(r).Label, ": at under pgd at linf 0.1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for i := range r.Cells {
		if r.Cells[i].Cell.Kind == arbench.AttackCell {
			r.Cells[i].Standard = "AutoAttack"
		}
	}
	h := NewHeadline(r)
	if want := ": at robust accuracy (AutoAttack) at linf 0.1"; h.Label != want || !h.Quotable {
		t.Errorf("%+v, want %q, to be quoted", h, want)
	}
	if got := texts(find(t, r, "Attacks").Parts[0], 0)[0][0]; got != "pgd: robust accuracy (AutoAttack)" {
		t.Errorf("the attack is called %q", got)
	}
	if NewHeadline(judgedPair(arbench.Suspect)).Quotable {
		t.Error("a suspect number is to be quoted")
	}
}

func TestTrustCountsWhatIsMissingAndDistrusted(t *testing.T) {
	r := judgedPair(arbench.Trusted)
	r.Trust = "off"
	r.PlannedModels, r.PlannedCells = 2, 7
	r.Cells[2].Warnings = []string{"odd"}
	want := [][]string{
		{"does not hold", "3 of 7 cells could not be measured"}, {"holds", "2 numbers"},
		{"not tried", `[trust] level = "off"`}, {"does not hold", "1 reason, in the footnotes"},
	}
	if d := cmp.Diff(want, texts(find(t, r, "Trust").Parts[0], 1, 2)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
