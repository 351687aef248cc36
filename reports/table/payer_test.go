package table

import (
	"fmt"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// texts returns the cells of the first columns of a part's rows.
func texts(p Part, columns ...int) [][]string {
	var out [][]string
	for _, row := range p.Rows {
		var cells []string
		for _, c := range columns {
			cells = append(cells, row[c].Text)
		}
		out = append(out, cells)
	}
	return out
}

// find returns the section of that title.
func find(t *testing.T, r *arbench.Results, title string) Section {
	t.Helper()
	for _, s := range New(r).Sections {
		if s.Title == title {
			return s
		}
	}
	t.Fatalf("there is no section %q", title)
	return Section{}
}

// payer returns pair with a quantity of the model's clean cell for each detail and value, ± 1.
func payer(name string, details []string, values ...float64) *arbench.Results {
	r := pair(70, 12, drop{2, 1, 3})
	for i, d := range details {
		q := quantity(name, points, values[i], values[i]-1, values[i]+1)
		q.Detail = d
		r.Cells[1].Quantities = append(r.Cells[1].Quantities, q)
	}
	return r
}

func TestDropsAreMarkedWhereTheyAreClear(t *testing.T) {
	r := payer(marginCost, []string{"lowest quarter", "2nd quarter", "highest quarter"}, 2, 0.5, -1.5)
	q := quantity(lost, "%", 3, 2, 4)
	r.Cells[1].Quantities = append(r.Cells[1].Quantities, q)
	want := [][]string{
		{"lost", "3.0 % [2.0, 4.0]"},
		{"drop, lowest quarter", "2.0 points [1.0, 3.0] ▲"},
		{"drop, 2nd quarter", "0.5 points [-0.5, 1.5]"},
		{"drop, highest quarter", "-1.5 points [-2.5, -0.5] ▼"},
	}
	if d := cmp.Diff(want, texts(find(t, r, "Who pays").Parts[0], 0, 3)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestTheClassesThatPayMostComeFirst(t *testing.T) {
	var details []string
	var values []float64
	for i := range 12 {
		details = append(details, fmt.Sprint("class ", i))
		values = append(values, float64(5*i%12)) // 0 5 10 3 8 1 6 11 4 9 2 7
	}
	p := find(t, payer(classCost, details, values...), "Who pays").Parts[0]
	want := [][]string{
		{"drop, class 7"}, {"drop, class 2"}, {"drop, class 9"}, {"drop, class 4"}, {"drop, class 11"},
		{"drop, class 6"}, {"drop, class 1"}, {"drop, class 8"}, {"drop, class 3"}, {"drop, class 10"},
	}
	if d := cmp.Diff(want, texts(p, 0)); d != "" || p.LeftOut != 2 {
		t.Errorf("%d left out, want 2; -want +got\n%s", p.LeftOut, d)
	}
}

func TestSectionsComeInTheirOrder(t *testing.T) {
	r := payer(classCost, []string{"class 0"}, 1)
	r.Command = "arbench run"
	r.Models[0].Epochs = []arbench.EpochResult{{Epoch: 1}}
	r.Cells[0].Quantities = append(r.Cells[0].Quantities, quantity(confidence, "", 0.9, 0.8, 1))
	r.Cells = append(r.Cells, answer(arbench.ProbeCell, "at", 0, quantity("wobble", "", 0.25, 0.2, 0.3)))
	r.Failures = []arbench.Failure{{Error: "no"}}
	for _, name := range []string{"std", "at"} {
		r.Cells = append(r.Cells, answer(arbench.ProbeCell, name, 0, quantity(spread, "", 1, 1, 1), quantity(relative, "", 1, 1, 1)))
	}
	var got []string
	for _, s := range New(r).Sections {
		got = append(got, s.Title)
	}
	want := []string{
		"Cost ledger", "What the cost bought", "Who pays", "Accuracy under each attack",
		"What it regularizes: the outputs", "What it regularizes: the weights", "What it regularizes: the features",
		"Training", "Attacks", "More quantities", "Trust", "Failures", "How to repeat it",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// Bought at linf 0.1: 58 ± √8 points for a drop of 2 [1, 3].
func TestTheLedgerSaysWhatAPointBought(t *testing.T) {
	got := texts(find(t, pair(70, 12, drop{2, 1, 3}), "Cost ledger").Parts[0], 0, 3, 5, 8)
	want := [][]string{
		{"std", "n=600", "–", "–"},
		{"at", "n=600", "2.0 points [1.0, 3.0]", "29.0 [18.4, 60.8]"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	unclear := texts(find(t, pair(70, 12, drop{2, -1, 3}), "Cost ledger").Parts[0], 8)
	if d := cmp.Diff([][]string{{"–"}, {"–"}}, unclear); d != "" {
		t.Errorf("a drop that may be none: -want +got\n%s", d)
	}
}

func TestNumbersSayWhatTheyRestOnOnce(t *testing.T) {
	b := &builder{}
	num := func(n int) Number { return Number{Value: 5, Lo: 4, Hi: 6, Seeds: 2, Least: n, Most: n} }
	for _, c := range []struct {
		numbers []Number
		want    []string
	}{
		{[]Number{num(600), {}, num(600)}, []string{"2 seeds × 600", "5.00 [4.00, 6.00]", "–", "5.00 [4.00, 6.00]"}},
		{[]Number{num(600), num(10)},
			[]string{"–", "5.00 [4.00, 6.00] (2 seeds × 600)", "5.00 [4.00, 6.00] (2 seeds × 10)"}},
		{[]Number{{}, {}}, []string{"–", "–", "–"}},
	} {
		rests, cells := b.shared(c.numbers...)
		got := []string{rests.Text}
		for _, cell := range cells {
			got = append(got, cell.Text)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
}

func TestModelsOfAPartOfTheExamplesAreNoted(t *testing.T) {
	for _, c := range []struct {
		examples, all int
		want          string
	}{
		{20, 50, "Trained on a part of the 50 training examples: at on 20; std on 40."},
		{40, 50, "Trained on a part of the 50 training examples: every model on 40."},
		{50, 50, "Trained on a part of the 50 training examples: std on 40."},
		{0, 0, ""},
	} {
		r := pair(70, 12, drop{2, 1, 3})
		r.Train, r.Models[0].Examples, r.Models[1].Examples = c.all, min(40, c.all), c.examples
		got := New(r).Notes[0].Text
		if c.want == "" {
			c.want = "One training seed: this compares two networks, not two methods."
		}
		if got != c.want {
			t.Errorf("%d of %d: got %q, want %q", c.examples, c.all, got, c.want)
		}
	}
}
