package table

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// crossed returns results of two models that differ in their backend, with what was found.
func crossed(found ...arbench.CrossCheck) *arbench.Results {
	r := pair(70, 12, drop{2, 1, 3})
	r.Models[0].Backend, r.Models[1].Backend, r.Models[1].Evaluator = "cpu exact", "cpu exact", "gpu fast"
	for i := range found {
		found[i].Cell.Model, found[i].Other = "std", "at"
	}
	r.CrossChecks = found
	return r
}

func TestCrossChecksAreRows(t *testing.T) {
	clean := answer(arbench.CleanCell, "std", 0).Cell
	attacked := answer(arbench.AttackCell, "std", 0).Cell
	r := crossed(
		arbench.CrossCheck{
			Cell: clean, SameWeights: true, N: 600, Accuracy: 90, OtherAccuracy: 90, Classes: 1,
			Difference: quantity("difference", points, 0, -0.5, 0.5),
			Logits:     arbench.LogitChange{N: 6000, Greatest: 2.5e-6, Range: 25},
		},
		arbench.CrossCheck{
			Cell: attacked, N: 600, Accuracy: 70, OtherAccuracy: 65, Flags: 40, Classes: 50,
			Difference: quantity("difference", points, -5, -7, -3), Beyond: "it is worse",
		},
		arbench.CrossCheck{
			Cell: clean, SameWeights: true, N: 2, Difference: quantity("difference", points, 0, 0, 0), Beyond: "no number",
			Logits: arbench.LogitChange{N: 4, Greatest: math.NaN(), Range: math.NaN()},
		})
	s := find(t, r, "Cross-check of backends")
	want := [][]string{
		{"std", "at", "0", "retrained", "pgd at linf 0.1, test", "70.0 %", "65.0 %", "-5.0 points [-7.0, -3.0]", "40 of 600",
			"50 of 600", "–", "beyond: it is worse"},
		{"std", "at", "0", "the same", "clean, test", "0.0 %", "0.0 %", "0.0 points [0.0, 0.0]", "0 of 2", "0 of 2",
			"NaN (NaN of the range)", "beyond: no number"},
		{"std", "at", "0", "the same", "clean, test", "90.0 %", "90.0 %", "0.0 points [-0.5, 0.5]", "0 of 600", "1 of 600",
			"2.5e-06 (1e-07 of the range)", "within"},
	}
	if d := cmp.Diff(want, texts(s.Parts[0], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	backends := [][]string{{"std", "cpu exact", "cpu exact"}, {"at", "cpu exact", "gpu fast"}}
	if d := cmp.Diff(backends, texts(s.Parts[1], 0, 1, 2)); d != "" {
		t.Errorf("backends: -want +got\n%s", d)
	}
	report := New(r)
	const note = "Two backends disagree beyond tolerance, see Cross-check of backends: std and at."
	if got := report.Notes[0].Text; got != note {
		t.Errorf("the first note is %q, want %q", got, note)
	}
	if want := "suite  · backends cpu exact and gpu fast"; report.Subject != want {
		t.Errorf("subject %q, want %q", report.Subject, want)
	}
}

// TestWithoutCrossChecksThereIsNoSection, nor a note where none is beyond tolerance; the backend of the
// suite stands where models name none.
func TestWithoutCrossChecksThereIsNoSection(t *testing.T) {
	r := crossed()
	r.Backend, r.Numeric = "linear", "float64"
	for i := range r.Models {
		r.Models[i].Backend, r.Models[i].Evaluator = "", ""
	}
	report := New(r)
	for _, s := range report.Sections {
		if s.Title == "Cross-check of backends" {
			t.Errorf("there is a section %v", s)
		}
	}
	if want := "suite  · backend linear float64"; report.Subject != want {
		t.Errorf("subject %q, want %q", report.Subject, want)
	}
	within := crossed(arbench.CrossCheck{N: 600, Difference: quantity("difference", points, 0, -1, 1)})
	if a, b := len(New(crossed()).Notes), len(New(within).Notes); a != b {
		t.Errorf("%d notes, without the comparison %d", b, a)
	}
}
