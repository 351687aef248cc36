package table

import (
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// An attempt is one attack at one eps on the model at, and what it left, ± 2.
type attempt struct {
	attack    string
	eps, left float64
}

// attempts returns pair with these attacks in the place of its own.
func attempts(as ...attempt) *arbench.Results {
	r := pair(70, 12, drop{2, 1, 3})
	r.Cells = r.Cells[:2]
	for _, a := range as {
		c := answer(arbench.AttackCell, "at", 0, quantity(accuracy, "%", a.left, a.left-2, a.left+2))
		c.Cell.Attack, c.Cell.Budget.Eps = a.attack, a.eps
		c.Cell.Threat = c.Cell.Budget.String()
		r.Cells = append(r.Cells, c)
	}
	return r
}

// A column that says nothing in any row is left out, one that says something in a row is not.
func TestWithoutEmpty(t *testing.T) {
	row := func(cells ...string) (r []Text) {
		for _, c := range cells {
			r = append(r, plain(c))
		}
		return r
	}
	empty := [][]Text{row("a", "–", "1"), row("b", "–", "2")}
	cols, rows := withoutEmpty([]string{"model", "rests on", "clean"}, empty, 1)
	if d := cmp.Diff([]string{"model", "clean"}, cols) + cmp.Diff([][]Text{row("a", "1"), row("b", "2")}, rows); d != "" {
		t.Error(d)
	}
	some := [][]Text{row("a", "–", "1"), row("b", "64", "2")}
	cols, rows = withoutEmpty([]string{"model", "rests on", "clean"}, some, 1)
	if len(cols) != 3 || len(rows[1]) != 3 {
		t.Errorf("%v %v", cols, rows)
	}
}

// The points of an attack whose one answer holds for every eps come between those of the suite's threats,
// each eps once, and what it spent is said to be spent once.
func TestCurvesHavePointsBetweenThreats(t *testing.T) {
	r := attempts(attempt{"deepfool", 0.1, 50}, attempt{"deepfool", 0.2, 30}, attempt{"pgd", 0.1, 52})
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Cell.Attack != "deepfool" {
			continue
		}
		c.ID = "one answer"
		for _, v := range []float64{0.5, 2} {
			q := quantity(within, "%", 60-v*c.Cell.Budget.Eps, 0, 100)
			q.Detail = arbench.Threat{Norm: c.Cell.Budget.Norm, Eps: v * c.Cell.Budget.Eps}.String()
			c.Quantities = append(c.Quantities, q)
		}
	}
	s := find(t, r, "Accuracy under each attack")
	heads := map[string][]string{}
	for _, p := range s.Parts {
		for _, c := range p.Columns {
			heads[p.Title] = append(heads[p.Title], c.Name)
		}
	}
	want := map[string][]string{
		"Under deepfool, test examples": {"model", "trained against", "rests on", "clean", "linf 0.05", "linf 0.1",
			"linf 0.2", "linf 0.4"},
		"Under pgd, test examples": {"model", "trained against", "rests on", "clean", "linf 0.1"},
	}
	if d := cmp.Diff(want, heads); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if text := find(t, r, "Attacks").Text; !strings.Contains(text, "spent once") {
		t.Errorf("nothing says that one answer is that of two cells: %q", text)
	}
	if text := find(t, attempts(attempt{"pgd", 0.1, 50}), "Attacks").Text; strings.Contains(text, "spent once") {
		t.Errorf("an attack within one eps is said to be of several: %q", text)
	}
}

// An attack in several norms has a curve in each, whose titles tell them apart.
func TestCurvesAreOfOneNorm(t *testing.T) {
	r := attempts(attempt{"pgd", 0.1, 50}, attempt{"pgd", 0.5, 40}, attempt{"fgsm", 0.1, 60})
	for i := range r.Cells {
		if c := &r.Cells[i].Cell; c.Budget.Eps == 0.5 {
			c.Budget.Norm = arbench.L2
			c.Threat = c.Budget.String()
		}
	}
	var titles []string
	for _, p := range find(t, r, "Accuracy under each attack").Parts {
		titles = append(titles, p.Title)
	}
	slices.Sort(titles)
	want := []string{"Under fgsm, test examples", "Under pgd in l2, test examples", "Under pgd in linf, test examples"}
	if d := cmp.Diff(want, titles); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestReadEps(t *testing.T) {
	for s, want := range map[string]float64{"0.3": 0.3, "8/255": 8.0 / 255, "1.5": 1.5} {
		if got, ok := readEps(s); !ok || got != want {
			t.Errorf("readEps(%q) = %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "l2 1", "1/", "1/0", "x/255"} {
		if got, ok := readEps(s); ok {
			t.Errorf("readEps(%q) = %v, want none", s, got)
		}
	}
}
