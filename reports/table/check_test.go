package table

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// An attempt is one attack at one eps on the model at: what it left, ± 2, and the gradients that it
// spent on each of 600 examples.
type attempt struct {
	attack    string
	eps, left float64
	gradients int
}

// attempts returns pair with these attacks in the place of its own.
func attempts(as ...attempt) *arbench.Results {
	r := pair(70, 12, drop{2, 1, 3})
	r.Cells = r.Cells[:2]
	for _, a := range as {
		c := answer(arbench.AttackCell, "at", 0, quantity(accuracy, "%", a.left, a.left-2, a.left+2))
		c.Cell.Attack, c.Cell.Budget.Eps = a.attack, a.eps
		c.Cell.Threat = c.Cell.Budget.String()
		c.Passes.Backward = 600 * a.gradients
		r.Cells = append(r.Cells, c)
	}
	return r
}

// TestOneAnswerIsNoEvidence: that accuracy does not rise with eps says nothing where it is read from one
// answer.
func TestOneAnswerIsNoEvidence(t *testing.T) {
	r := attempts(attempt{"deepfool", 0.1, 50, 20}, attempt{"deepfool", 0.2, 30, 20}, attempt{"pgd", 0.1, 52, 20},
		attempt{"pgd", 0.2, 32, 20})
	for i := range r.Cells {
		if r.Cells[i].Cell.Attack == "deepfool" {
			r.Cells[i].ID = "one answer"
		}
	}
	got := texts(find(t, r, "Checks").Parts[0], 1, 2)
	if d := cmp.Diff([]string{"holds", "1 comparison"}, got[1]); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestChecksFindWhatSpeaksAgainstAnAttack(t *testing.T) {
	const one, twoAttacks, black = "the suite has one eps", "no two attacks spend different numbers of gradients",
		"every attack takes gradients, or none does"
	for _, c := range []struct {
		name string
		r    *arbench.Results
		want [][]string // of the three checks that compare
	}{
		{"one attack", attempts(attempt{"pgd", 0.1, 50, 20}),
			[][]string{{"not tried", one}, {"not tried", twoAttacks}, {"not tried", black}}},
		{"as it should be", attempts(attempt{"pgd", 0.1, 50, 20}, attempt{"pgd", 0.2, 30, 20},
			attempt{"fgsm", 0.1, 55, 1}, attempt{"fgsm", 0.2, 40, 1}, attempt{"square", 0.1, 52, 0}),
			[][]string{{"holds", "2 comparisons"}, {"holds", "2 comparisons"}, {"holds", "2 comparisons"}}},
		{"a rise with eps", attempts(attempt{"pgd", 0.1, 50, 20}, attempt{"pgd", 0.2, 54.5, 20}),
			[][]string{{"does not hold", "1 of 1 comparison: pgd leaves at (seed 0) 50.0 % at linf 0.1 and 54.5 % at linf 0.2"},
				{"not tried", twoAttacks}, {"not tried", black}}},
		{"a rise that may be chance", attempts(attempt{"pgd", 0.1, 50, 20}, attempt{"pgd", 0.2, 53.5, 20}),
			[][]string{{"holds", "1 comparison"}, {"not tried", twoAttacks}, {"not tried", black}}},
		{"one step leaves less", attempts(attempt{"pgd", 0.1, 50, 20}, attempt{"fgsm", 0.1, 45, 1}),
			[][]string{{"not tried", one},
				{"does not hold", "1 of 1 comparison: pgd leaves at (seed 0) 50.0 % at linf 0.1, fgsm leaves 45.0 %"},
				{"not tried", black}}},
		{"no gradients leave less", attempts(attempt{"pgd", 0.1, 50, 20}, attempt{"square", 0.1, 45, 0}),
			[][]string{{"not tried", one}, {"not tried", twoAttacks},
				{"does not hold", "1 of 1 comparison: pgd leaves at (seed 0) 50.0 % at linf 0.1, square leaves 45.0 %"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := texts(find(t, c.r, "Checks").Parts[0], 1, 2)
			if d := cmp.Diff(c.want, got[1:4]); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func TestChecksCountWhatIsMissingAndDistrusted(t *testing.T) {
	r := attempts(attempt{"pgd", 0.1, 50, 20})
	rows := func() [][]string { return texts(find(t, r, "Checks").Parts[0], 1, 2) }
	got := rows()
	want := [][]string{{"holds", "2 trainings, 3 cells"}, {"holds", "–"}}
	if d := cmp.Diff(want, [][]string{got[0], got[4]}); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	r.PlannedModels, r.PlannedCells = 2, 5
	r.Cells[2].Warnings = []string{"odd"}
	got = rows()
	want = [][]string{
		{"does not hold", "2 of 5 cells could not be measured"}, {"does not hold", "1 reason, in the footnotes"},
	}
	if d := cmp.Diff(want, [][]string{got[0], got[4]}); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestCurvesAreThoseThatThereAre(t *testing.T) {
	epochs := func(validation ...float64) []arbench.EpochResult {
		out := []arbench.EpochResult{{Loss: 2}, {Loss: 1}, {Loss: 0.5}}
		for i := range out {
			out[i].Epoch, out[i].Clean, out[i].Validation = i+1, float64(50+20*i), validation[i]
		}
		return out
	}
	nan := func() []float64 { z := 0.0; return []float64{z / z, z / z, z / z} }()
	r := pair(70, 12, drop{2, 1, 3})
	r.Models[0].Epochs, r.Models[1].Epochs = epochs(nan...), epochs(nan...)
	p := find(t, r, "Training").Parts[0]
	if d := cmp.Diff([][]string{
		{"std", "3", "█▃▁", "2.00", "0.500", "▁▅█", "50.0 %", "90.0 %"},
		{"at", "3", "█▃▁", "2.00", "0.500", "▁▅█", "50.0 %", "90.0 %"},
	}, texts(p, 0, 2, 3, 4, 5, 6, 7, 8)); d != "" || len(p.Columns) != 9 {
		t.Errorf("%d columns without validation, want 9; -want +got\n%s", len(p.Columns), d)
	}
	r.Models[1].Epochs = epochs(60, 70, 65)
	p = find(t, r, "Training").Parts[0]
	if d := cmp.Diff([][]string{{"–", "–", "–", "–"}, {"▁█▅", "60.0 %", "65.0 %", "70.0 % (epoch 2)"}},
		texts(p, 9, 10, 11, 12)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
