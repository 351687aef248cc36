package reports_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/reports/badge"
	_ "github.com/arbench/arbench/reports/csv"
	"github.com/arbench/arbench/reports/json"
	_ "github.com/arbench/arbench/reports/junit"
	_ "github.com/arbench/arbench/reports/markdown"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "rewrite the golden files from what the reporters write now")

// cases are results and the name of their golden files.
func cases() map[string]*arbench.Results {
	limited := sample()
	limited.Limit, limited.Partial = 100, true
	limited.Models, limited.Cells = onlySeed0(limited)

	alone := sample()
	alone.Failures, alone.Gates = nil, alone.Gates[1:]
	alone.Models, alone.Cells = onlySeed0(alone)
	alone.Models, alone.Cells = alone.Models[:1], alone.Cells[:2]

	failed := &arbench.Results{Suite: "digits", Level: 0.95, Failures: []arbench.Failure{{
		Cell: arbench.Cell{Model: "cnn/standard", Seed: 1}, Error: "training: loss is not finite in epoch 3",
	}}}
	return map[string]*arbench.Results{
		"suite": sample(), "limited": limited, "alone": alone, "failed": failed, "backends": backends(),
	}
}

func onlySeed0(r *arbench.Results) (models []arbench.ModelResult, cells []arbench.Result) {
	for _, m := range r.Models {
		if m.Seed == 0 {
			models = append(models, m)
		}
	}
	for _, c := range r.Cells {
		if c.Cell.Seed == 0 {
			cells = append(cells, c)
		}
	}
	return models, cells
}

func TestReportersWriteGoldenFiles(t *testing.T) {
	formats := map[string][]string{ // for programs, a large file shows no more than a small one
		"suite": {"markdown", "badge"}, "limited": {"markdown", "badge"},
		"alone":    {"markdown", "csv", "json", "junit", "badge"},
		"failed":   {"markdown", "csv", "json", "junit", "badge"},
		"backends": {"markdown", "csv"},
	}
	for name, r := range cases() {
		for _, format := range formats[name] {
			t.Run(name+"/"+format, func(t *testing.T) { golden(t, name, render(t, format, r), format) })
		}
	}
}

// golden compares got with a golden file, or with -update rewrites it.
func golden(t *testing.T, name string, got []byte, format string) {
	t.Helper()
	reporter, err := arbench.Reporters.New(format)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+"."+reporter.Info().Extension)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update accepts it):\n%s", file, diff)
	}
}

func render(t *testing.T, format string, r *arbench.Results) []byte {
	t.Helper()
	reporter, err := arbench.Reporters.New(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := reporter.Report(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReportLeavesResultsAlone(t *testing.T) {
	for name, r := range cases() {
		for _, format := range arbench.Reporters.Names() {
			render(t, format, r)
		}
		if diff := cmp.Diff(cases()[name], r, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s changed (-want +got):\n%s", name, diff)
		}
	}
}

// JSON is complete: what is decoded from it makes the same reports.
func TestEveryReportCanBeMadeFromJSON(t *testing.T) {
	for name, r := range cases() {
		decoded, err := json.Decode(bytes.NewReader(render(t, "json", r)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, decoded, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, format := range arbench.Reporters.Names() {
			want, got := string(render(t, format, r)), string(render(t, format, decoded))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s as %s (-results +decoded):\n%s", name, format, diff)
			}
		}
	}
}

// Whatever the numbers are, a report is made of them.
func TestReportersTakeNumbersThatAreNone(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		r := sample()
		for i := range r.Cells {
			for k := range r.Cells[i].Quantities {
				q := &r.Cells[i].Quantities[k]
				q.Value, q.Lo, q.Hi = v, v, v
			}
		}
		for _, format := range arbench.Reporters.Names() {
			if len(render(t, format, r)) == 0 {
				t.Errorf("%s of %v is empty", format, v)
			}
		}
	}
}
