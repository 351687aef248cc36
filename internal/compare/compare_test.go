package compare

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// side returns a result of a model for each seed, whose clean accuracy on 100 test examples is value,
// with the interval [lo, hi].
func side(name, weights string, seeds []uint64, value, lo, hi float64) Side {
	r := &arbench.Results{Suite: "s", Dataset: "data", Digest: "d", Level: 0.95}
	for _, s := range seeds {
		r.Models = append(r.Models, arbench.ModelResult{Name: "m", Seed: s, Digest: weights})
		r.Cells = append(r.Cells, arbench.Result{
			Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "m", Seed: s, Split: arbench.Test}, ID: weights,
			Quantities: []arbench.Quantity{{
				Name: "accuracy", Split: arbench.Test, Unit: "%", Value: value, Lo: lo, Hi: hi, N: 100,
			}},
		})
	}
	return Side{name, r}
}

// Without a store the difference is that of independent numbers: its interval reaches √(4² + 3²) below,
// by the lower end of B and the upper end of A, and √(3² + 4²) above.
func TestMatchWithoutOutcomesIsUnpaired(t *testing.T) {
	m, err := Match(nil, side("old", "w", []uint64{0}, 90, 86, 93), side("new", "v", []uint64{7}, 80, 76, 83))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := m.CSV(&out); err != nil {
		t.Fatal(err)
	}
	want := "model,kind,attack,threat,split,a,a_lo,a_hi,b,b_lo,b_hi,difference,lo,hi,n,seeds,paired\n" +
		"m,clean,,,test,90,86,93,80,76,83,-10,-15,-5,100,1,false\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	notes := []string{
		"training seeds differ, [0] against [7]: matched in order",
		"1 of 1 differences are unpaired: no store that was named holds the outcomes of both",
	}
	if diff := cmp.Diff(notes, m.notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	out.Reset()
	if err := m.Text(&out); err != nil || !strings.Contains(out.String(), "0 of 1 training have the same weights") {
		t.Errorf("error %v, text:\n%s", err, &out)
	}
}

// Seeds that are in both go together, and one answer to one question differs by nothing.
func TestMatchOfTheSameAnswers(t *testing.T) {
	m, err := Match(nil, side("old", "w", []uint64{0, 1, 2}, 90, 86, 93), side("new", "w", []uint64{2, 1, 5}, 90, 86, 93))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.summary(), "No difference: all 2 trainings and 2 answers that are in both are the same."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := m.rows[0].difference; len(m.rows) != 1 || d.Value != 0 || d.Seeds != 2 || !m.rows[0].paired {
		t.Errorf("rows %+v", m.rows)
	}
}

func TestMatchOfNothingInBothIsAnError(t *testing.T) {
	a, b := side("old", "w", []uint64{0}, 90, 86, 93), side("new", "w", []uint64{0}, 90, 86, 93)
	b.Models[0].Name, b.Cells[0].Cell.Model = "other", "other"
	_, err := Match(nil, a, b)
	if want := "old and new have no accuracy of the same model and question"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// The clean cell of the test split has the accuracies of both splits, and seconds of its own alone.
func TestBenchstatHasTheSecondsOfEachSplit(t *testing.T) {
	a := side("old", "w", []uint64{3}, 90, 86, 93)
	train := arbench.Quantity{Name: "accuracy", Split: arbench.Train, Unit: "%", Value: 99, Lo: 98, Hi: 100, N: 50}
	a.Cells[0].Quantities, a.Cells[0].Seconds = append(a.Cells[0].Quantities, train), 2
	m := &Comparison{a: a, b: side("new", "v", []uint64{3}, 80, 76, 83)}
	m.b.Cells = nil
	for _, c := range []struct {
		seconds []float64 // of cells of the training split of seeds 4, 3
		want    string
	}{
		{nil, "99 accuracy-%\n"},
		{[]float64{7}, "99 accuracy-%\n"},
		{[]float64{7, 0.5}, "99 accuracy-% 0.5 sec/op\n"},
	} {
		m.a.Cells = a.Cells[:1:1]
		for i, s := range c.seconds {
			cell := arbench.Cell{Kind: arbench.CleanCell, Model: "m", Seed: uint64(4 - i), Split: arbench.Train}
			m.a.Cells = append(m.a.Cells, arbench.Result{Cell: cell, Seconds: s})
		}
		var out bytes.Buffer
		if err := m.Benchstat(&out); err != nil {
			t.Fatal(err)
		}
		want := "Unit accuracy-% better=higher\nUnit sec/op better=lower\n\nresult: old\n" +
			"BenchmarkAccuracy/model=m/attack=clean/split=test 1 90 accuracy-% 2 sec/op\n" +
			"BenchmarkAccuracy/model=m/attack=clean/split=train 1 " + c.want + "\nresult: new\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
