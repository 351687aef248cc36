package table

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// TestCascadeHasARowForEachStage: in the order of the stages, beside the model, and none of a model that
// was not asked.
func TestCascadeHasARowForEachStage(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	staged := func(name, stage string, v float64, unit string) arbench.Quantity {
		q := quantity(name, unit, v, v, v)
		if q.Detail = stage; unit == "%" {
			q.Lo, q.Hi = v-1, v+1
		}
		return q
	}
	r.Cells[3].Quantities = append(r.Cells[3].Quantities,
		staged(leftAfter, "as they are", 88, "%"),
		staged(leftAfter, "weak", 80, "%"), staged(brokenBy, "weak", 8, "%"),
		staged(stageForward, "weak", 102, ""), staged(stageBackward, "weak", 100, ""),
		staged(leftAfter, "strong", 70, "%"), staged(brokenBy, "strong", 10, "%"),
		staged(stageForward, "strong", 4001.5, ""), staged(stageBackward, "strong", 0, ""))
	s := find(t, r, "Cascades")
	want := [][]string{
		{"at", "as they are", "–", "88.0 % [87.0, 89.0] (n=600)", "–", "–"},
		{"at", "weak", "8.0 % [7.0, 9.0]", "80.0 % [79.0, 81.0] (n=600)", "102", "100"},
		{"at", "strong", "10.0 % [9.0, 11.0]", "70.0 % [69.0, 71.0] (n=600)", "4002", "0.00"},
	}
	if d := cmp.Diff(want, texts(s.Parts[0], 0, 1, 2, 3, 4, 5)); d != "" || len(s.Parts) != 1 || s.Parts[0].Title != "pgd at linf 0.1" {
		t.Errorf("%d parts, the first called %q, -want +got\n%s", len(s.Parts), s.Parts[0].Title, d)
	}
	for _, s := range New(r).Sections {
		for _, p := range s.Parts {
			for _, row := range p.Rows {
				if s.Title == "More quantities" && strings.HasPrefix(row[0].Text, leftAfter) {
					t.Errorf("%s shows %v again", s.Title, row)
				}
			}
		}
	}
}
