package csv

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// Other people's programs read these columns by name and by place.
func TestHeaderDoesNotChange(t *testing.T) {
	const want = "suite,model,twin,seed,kind,attack,probe,threat,norm,eps,split,quantity,detail,unit," +
		"value,lo,hi,n,better,id,warnings,data,limit,partial,trust,backend,weights"
	if got := strings.Join(Header, ","); got != want {
		t.Errorf("header\n%s, want\n%s", got, want)
	}
}

// results is one model with one attack and all that is awkward in CSV.
func results() *arbench.Results {
	return &arbench.Results{
		Suite: "s", Dataset: "Letters (blurred copy)", CopyOf: "Letters", Limit: 50, Partial: true,
		Models: []arbench.ModelResult{{
			Name: "at, strong", Twin: "std", Seed: 7, ID: "m", Params: 1234567, Examples: 50, Strength: 0.1,
			Norm: arbench.Linf, Backend: "gpu fast", Evaluator: "cpu exact", Seconds: 1.5, Passes: arbench.Passes{Forward: 10, Backward: 9},
			Epochs: []arbench.EpochResult{{Epoch: 1, Rate: 0.1, Loss: 2.5, Accuracy: 50, Clean: 75, Validation: math.NaN()}},
		}},
		Cells: []arbench.Result{{
			Cell: arbench.Cell{
				Kind: arbench.AttackCell, Model: "at, strong", Seed: 7, Split: arbench.Test, Attack: "pgd",
				Threat: "near", Budget: arbench.Threat{Norm: arbench.Linf, Eps: 8.0 / 255},
			},
			ID: "c", Seconds: 0.25, Warnings: []string{"slow"},
			Quantities: []arbench.Quantity{
				{Name: "accuracy", Split: arbench.Test, Unit: "%", Value: 100.0 / 3, Lo: 30, Hi: 40, N: 3,
					Better: 1, Trust: arbench.Suspect, Warnings: []string{`says "no"`, "two\nlines"}},
				{Name: "odd", Detail: "x", Value: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1)},
			},
		}},
		Failures: []arbench.Failure{{Cell: arbench.Cell{Model: "std", Seed: 7}, Error: "broke"}},
	}
}

func TestEveryNumberIsARow(t *testing.T) {
	got := read(t, results())
	got[10] = strings.Replace(got[10], "suspect", "", 1) // of the one number that was judged
	for i := range got[1:] {
		backend := "gpu fast" // trained "at, strong"
		if i >= 9 {
			backend = "cpu exact" // answered
		}
		if i == 14 {
			backend = "" // of a training that failed
		}
		rest, ok := strings.CutSuffix(got[i+1], "|Letters (blurred copy)|50|true||"+backend+"|")
		if !ok {
			t.Errorf("row %d says not on which data it rests, and what is said by which backend: %s", i+1, got[i+1])
		}
		got[i+1] = rest
	}
	model := "s|at, strong|std|7|training||||linf|0.1||"
	cell := "s|at, strong|std|7|attack|pgd||near|linf|0.03137254901960784|test|"
	want := []string{
		strings.Join(Header, "|"),
		model + "parameters|||1234567|1234567|1234567|0|0|m|",
		model + "training-examples|||50|50|50|0|0|m|",
		model + "forward-passes|||10|10|10|0|0|m|",
		model + "backward-passes|||9|9|9|0|0|m|",
		model + "seconds||s|1.5|1.5|1.5|0|0|m|",
		model + "learning-rate|1||0.1|0.1|0.1|0|0|m|",
		model + "training-loss|1||2.5|2.5|2.5|0|0|m|",
		model + "training-accuracy|1|%|50|50|50|0|0|m|",
		model + "clean-training-accuracy|1|%|75|75|75|0|0|m|",
		cell + "accuracy||%|33.333333333333336|30|40|3|1|c|says \"no\"; two\nlines; slow",
		strings.Replace(cell, "|test|", "||", 1) + "odd|x||NaN|-Inf|+Inf|0|0|c|slow",
		cell + "forward-passes|||0|0|0|0|0|c|slow",
		cell + "backward-passes|||0|0|0|0|0|c|slow",
		cell + "seconds||s|0.25|0.25|0.25|0|0|c|slow",
		"s|std||7|training||||||" + "|failure||||||0|0||broke",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The only facts of a machine are in rows of their own.
func TestOnlySecondsTellMachinesApart(t *testing.T) {
	slow := results()
	slow.Models[0].Seconds, slow.Cells[0].Seconds = 99, 77
	seconds := func(row string) bool { return strings.Contains(row, "|seconds|") }
	a, b := slices.DeleteFunc(read(t, results()), seconds), slices.DeleteFunc(read(t, slow), seconds)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("(-fast +slow):\n%s", diff)
	}
}

// read returns the rows of the report, with columns joined by pipes.
func read(t *testing.T, r *arbench.Results) []string {
	t.Helper()
	var b bytes.Buffer
	if err := new(Reporter).Report(&b, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll() // refuses rows of different length
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows {
		out = append(out, strings.Join(row, "|"))
	}
	return out
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReportReturnsTheErrorOfTheWriter(t *testing.T) {
	if err := new(Reporter).Report(full{}, results()); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}

// A model that is trained against nothing has no eps, as it has no norm.
func TestTrainingsWithoutAThreatHaveNoEps(t *testing.T) {
	r := results()
	r.Models[0].Strength, r.Models[0].Norm = 0, ""
	if got, want := read(t, r)[1], "s|at, strong|std|7|training||||||"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want it to begin %s", got, want)
	}
}
