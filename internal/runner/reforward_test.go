package runner_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
)

// again returns what became of the candidates of the attack on the model "at".
func again(t *testing.T, st *store.Store, p *plan.Plan) runner.Reforward {
	t.Helper()
	all, err := runner.Reforwards(t.Context(), st, p, runner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Cell.Model == "at" {
			return a
		}
	}
	t.Fatal("no candidates")
	return runner.Reforward{}
}

// TestCandidatesAreLookedAtAgain changes stored candidates, and a stored outcome, in ways that are known.
// Of the gaussians all pixels are far from 0 and 1.
func TestCandidatesAreLookedAtAgain(t *testing.T) {
	p := planned(t, suiteText, "seeds.train=[0]", "dataset.tests=400")
	st := opened(t, t.TempDir())
	if all, err := runner.Reforwards(t.Context(), st, p, runner.Options{}); len(all) > 0 || err != nil {
		t.Errorf("of an empty store: %v, %v", all, err)
	}
	run(t, st, p, runner.Options{})
	before := held(t, st)
	var cell *plan.Cell
	for _, c := range p.Cells {
		if c.Kind == arbench.AttackCell && c.Model.Name == "at" {
			cell = c
		}
	}
	ids, x, err := runner.Candidates(st, cell)
	if err != nil {
		t.Fatal(err)
	}
	good := again(t, st, p)
	if good.Candidates != len(ids) || len(ids) < 40 || len(good.Wrong) > 0 {
		t.Fatalf("%+v of %d candidates, want all of them to hold", good, len(ids))
	}
	// Rounding moves a pixel by 1/510 at most, a tenth of eps: most candidates survive it.
	if good.Survive < len(ids)*3/4 || good.Survive > len(ids) {
		t.Errorf("%d of %d survive 8 bits", good.Survive, len(ids))
	}
	if diff := cmp.Diff(before, held(t, st)); diff != "" {
		t.Errorf("the store was changed (-before +after):\n%s", diff)
	}
	id := cell.ID(digest(t, st, cell.Model))
	put := func(ids []int, x arbench.Tensor) {
		b, err := record.EncodeCandidates(ids, x)
		if err == nil {
			err = st.Put(id, "candidates", b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	images := arbench.ReadBatch(p.Data.Test, cell.Model.Network.Input, ids)
	// an image that the model gets right as it is, so that its candidate is one no more
	clean, err := runner.Outcome(st, cleanOf(p, "at"))
	if err != nil {
		t.Fatal(err)
	}
	right := -1
	for i, id := range ids {
		if clean.Correct(id) {
			right = i
		}
	}
	n := len(ids)
	for _, tt := range []struct {
		name   string
		change func(x arbench.Tensor)
		want   []string
	}{
		{"a NaN", func(x arbench.Tensor) { x.Row(right)[3] = float32(math.NaN()) },
			[]string{"1 of N candidates hold a NaN or an infinity", "1 of N candidates are classified right"}},
		{"the image itself", func(x arbench.Tensor) { copy(x.Row(right), images.X.Row(right)) },
			[]string{"1 of N candidates are not as far from their images as the outcome says", "1 of N candidates are classified right"}},
		{"too far", func(x arbench.Tensor) {
			x.Row(0)[0] = images.X.Row(0)[0] + 0.021 - 0.042*float32(images.Y[0]) // towards the other class
		}, []string{"1 of N candidates lie outside linf 0.02", "1 of N candidates are not as far from their images as the outcome says"}},
		{"outside the box", func(x arbench.Tensor) { x.Row(0)[0] = 1.1 - 1.2*float32(images.Y[0]) },
			[]string{"1 of N candidates leave [0, 1]", "1 of N candidates lie outside linf 0.02",
				"1 of N candidates are not as far from their images as the outcome says"}},
	} {
		bad := x.Clone()
		tt.change(bad)
		put(ids, bad)
		for i := range tt.want {
			tt.want[i] = strings.Replace(tt.want[i], "N", fmt.Sprint(n), 1)
		}
		if diff := cmp.Diff(tt.want, again(t, st, p).Wrong); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	put(ids, x)
	half, err := runner.Outcome(st, cell)
	if err != nil {
		t.Fatal(err)
	}
	for i := range half.Distance {
		half.Distance[i] /= 2
	}
	b, err := record.EncodeOutcome(half)
	if err == nil {
		err = st.Put(id, "outcome", b)
	}
	want := []string{fmt.Sprintf("%d of %d candidates are not as far from their images as the outcome says", n, n)}
	if diff := cmp.Diff(want, again(t, st, p).Wrong); diff != "" || err != nil {
		t.Errorf("distances of an outcome (-want +got):\n%s%v", diff, err)
	}
	put(ids[1:], x.Rows(1, n))
	if got := again(t, st, p); len(got.Wrong) != 1 || got.Candidates != 0 {
		t.Errorf("a candidate is missing: %+v", got)
	}
}

// TestCandidatesOutsideDoNotCount: of the smallest changes of an attack that is asked once for three eps, those
// within an eps are as many as its accuracy lacks, and no more survive 8 bits.
func TestCandidatesOutsideDoNotCount(t *testing.T) {
	const n = 400
	text := suiteText + `
[attacks.extra]
use = "test-nearest-once"
[threats.less]
norm = "linf"
eps = 0.005
[threats.none]
norm = "linf"
eps = 0.0
`
	p, st := planned(t, text, "dataset.tests=400", "seeds.train=[0]"), opened(t, t.TempDir())
	want := map[string]int{}
	for _, c := range run(t, st, p, runner.Options{}).Cells {
		for _, q := range c.Quantities {
			if c.Cell.Attack == "extra" && c.Cell.Model == "at" && q.Name == "accuracy" {
				want[c.Cell.Threat] = n - int(math.Round(q.Value*n/100))
			}
		}
	}
	if len(want) != 3 || want["none"] >= want["less"] || want["less"] >= want["near"] || want["near"] == n {
		t.Fatalf("%v broken: the test needs some more with each eps", want)
	}
	all, err := runner.Reforwards(t.Context(), st, p, runner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, a := range all {
		if a.Cell.Attack != "extra" || a.Cell.Model != "at" {
			continue
		}
		got[a.Cell.Threat] = a.Candidates
		if a.Survive > a.Candidates || len(a.Wrong) > 0 {
			t.Errorf("%s: %d of %d survive 8 bits, %v", a.Cell.Threat, a.Survive, a.Candidates, a.Wrong)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates (-broken +looked at):\n%s", diff)
	}
}

// cleanOf returns the cell of a model's test examples as they are.
func cleanOf(p *plan.Plan, model string) *plan.Cell {
	for _, c := range p.Cells {
		if c.Kind == arbench.CleanCell && c.Model.Name == model && c.Split == arbench.Test {
			return c
		}
	}
	return nil
}
