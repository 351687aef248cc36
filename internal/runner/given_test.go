package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nlpodyssey/safetensors"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/suite"
)

// givenText is a suite of softmax regression with given weights, which is asked what suiteText asks.
func givenText(path string) string {
	before, after, _ := strings.Cut(suiteText, "[models.standard]")
	_, after, _ = strings.Cut(after, "[threats")
	return before + fmt.Sprintf("[models.mine]\nweights = %q\n[threats", path) + after
}

// foreign writes weights as another program would: with other metadata and a counter beside them.
func foreign(t *testing.T, ps []arbench.Param) string {
	t.Helper()
	b, err := record.EncodeParams(ps)
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatal(err)
	}
	arrays := map[string]safetensors.TensorView{}
	for _, v := range file.Tensors() {
		arrays[v.Name] = v.TensorView
	}
	count, err := safetensors.NewTensorView(safetensors.I64, []uint64{1}, make([]byte, 8))
	if err != nil {
		t.Fatal(err)
	}
	arrays["bn.num_batches_tracked"] = count
	if b, err = safetensors.Serialize(arrays, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mine.safetensors")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGivenWeightsHaveTheAnswersOfTheirTraining gives the weights of a training, of either
// checkpoint, back to the store with its answers, and to an empty one.
func TestGivenWeightsHaveTheAnswersOfTheirTraining(t *testing.T) {
	for _, checkpoint := range suite.Checkpoints {
		t.Run(checkpoint, func(t *testing.T) {
			set := []string{
				"dataset.tests=200", "dataset.validation=50", "seeds.train=[0]",
				fmt.Sprintf("evaluate.e={checkpoint=%q}", checkpoint),
			}
			st, trained := opened(t, t.TempDir()), planned(t, suiteText, set...)
			want := run(t, st, trained, runner.Options{})
			ps, err := runner.Weights(st, trained.Models[0], checkpoint)
			if err != nil {
				t.Fatal(err)
			}
			given := planned(t, givenText(foreign(t, ps)), set...)
			if kept, made := ran(t, st, given); kept != 3 || made != 0 {
				t.Errorf("on the store of the training: %d kept, %d made, want 3 and 0", kept, made)
			}
			st = opened(t, t.TempDir())
			if kept, made := ran(t, st, given); kept != 0 || made != 3 {
				t.Errorf("on an empty store: %d kept, %d made, want 0 and 3", kept, made)
			}
			got := run(t, st, given, runner.Options{})
			for i := range got.Cells {
				got.Cells[i].Cell.Model = "standard"
			}
			if d := cmp.Diff(want.Cells[:3], got.Cells, cmpopts.IgnoreFields(arbench.Result{}, "Seconds"),
				cmpopts.EquateNaNs()); d != "" || len(got.Failures) > 0 || len(got.Models) != 1 ||
				!strings.Contains(fmt.Sprint(got.Models[0].Warnings), "were given") {
				t.Errorf("models %v, failures %v (-trained +given):\n%s", got.Models, got.Failures, d)
			}
			if n, err := runner.Forget(t.Context(), st, given); n != 3 || err != nil {
				t.Errorf("forgot %d, %v, want 3", n, err)
			}
			if kept, made := ran(t, st, given); kept != 0 || made != 3 {
				t.Errorf("after that: %d kept, %d made, want 0 and 3", kept, made)
			}
		})
	}
}

// A lost file costs the cells of its model, and the report says why.
func TestWeightsThatAreLostFailTheirCells(t *testing.T) {
	st, trained := opened(t, t.TempDir()), planned(t, suiteText, "dataset.tests=200", "seeds.train=[0]", "recipe.epochs=0")
	run(t, st, trained, runner.Options{})
	ps, err := runner.Weights(st, trained.Models[0], "last")
	if err != nil {
		t.Fatal(err)
	}
	path := foreign(t, ps)
	given := planned(t, givenText(path), "dataset.tests=200")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	st = opened(t, t.TempDir())
	failures, err := runner.Run(t.Context(), st, given, runner.Options{})
	if err != nil || len(failures) != 3 || !strings.Contains(failures[0].Error, path) {
		t.Fatalf("%v, %v, want 3 failures that name %s", failures, err, path)
	}
	r, err := runner.Collect(st, given)
	if err != nil || len(r.Failures) != 3 || !strings.Contains(r.Failures[0].Error, path) {
		t.Errorf("%v, %v", r.Failures, err)
	}
}
