package suite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/train"
)

func TestAModelWithWeightsTakesNoPartOfTheRecipeButTheNet(t *testing.T) {
	s := parse(t, `schema = 1
dataset.use = "data"
seeds.train = [3, 4]
[recipe]
arch.use = "net"
normalize = { mean = [0.5], std = [0.25] }
epochs = 7
seeds = [1, 2]
regularizers.r.use = "adv"
[models.mine]
weights = "mine.safetensors"
[models.other]
weights = "mine.safetensors"
arch = { use = "net", hidden = [3] }
twin = "mine"
backend.use = "other"
`)
	mine, other := s.Models[0], s.Models[1]
	diff(t, suite.Model{
		Name: "mine", Weights: "mine.safetensors", Backend: s.Backend, Seeds: []uint64{3},
		Arch:      suite.Named[arbench.Architecture]{Name: "net", Use: "net", It: &fakeArch{Hidden: []int{64, 64}, Scale: 1}},
		Normalize: &arbench.Normalize{Mean: []float64{0.5}, Std: []float64{0.25}},
	}, mine)
	diff(t, []any{"mine", "other", []int{3}, train.Recipe{}},
		[]any{other.Twin, other.Backend.Use, other.Arch.It.(*fakeArch).Hidden, other.Recipe})
	again := parse(t, s.TOML())
	diff(t, s, again)
}

func TestWeightsAreFoundBesideTheSuite(t *testing.T) {
	root := t.TempDir()
	for _, tt := range []struct{ file, weights, want string }{
		{"test.toml", "a/w.safetensors", "a/w.safetensors"},
		{"suites/test.toml", "../w.safetensors", "w.safetensors"},
		{"suites/test.toml", filepath.Join(root, "w"), filepath.Join(root, "w")},
	} {
		text := strings.Replace(head, "models.a.arch.use", "models.a.weights = '"+tt.weights+"'\nmodels.a.arch.use", 1)
		s, err := suite.Parse(tt.file, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, filepath.FromSlash(tt.want), s.Models[0].Weights)
	}
}

func TestMistakesOfWeightsAreNamed(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a training", head + "[models.b]\narch.use = 'net'\nweights = 'w'\nepochs = 3\nseeds = [1]\nepoch = 3\n" +
			"regularizers.r.use = 'adv'\ntrain = 5",
			`test.toml:8: models.b.epochs: makes no sense with weights: the model is given, it is not trained
test.toml:9: models.b.seeds: makes no sense with weights: the model is given, it is not trained
test.toml:10: models.b.epoch: unknown key "epoch", did you mean "epochs"?
test.toml:11: models.b.regularizers: makes no sense with weights: the model is given, it is not trained
test.toml:12: models.b.train: makes no sense with weights: the model is given, it is not trained`},
		{"an evaluator", head + "[models.b]\narch.use = 'net'\nweights = 'w'\nevaluator.use = 'other'",
			`test.toml:8: models.b.evaluator: makes no sense with weights: the model is not trained, its backend is what evaluates it`},
		{"an evaluator in the recipe", head + "[recipe]\nevaluator.use = 'other'",
			`test.toml:6: recipe.evaluator: evaluator belongs to one model, not to the recipe of all`},
		{"an evaluator of no kind", head + "[models.b]\narch.use = 'net'\nevaluator = {}",
			`test.toml:7: models.b.evaluator: the key "use" is missing: it names the plugin`},
		{"in the recipe", head + "[recipe]\nweights = 'w'",
			`test.toml:6: recipe.weights: weights belongs to one model, not to the recipe of all`},
		{"a number of examples in the recipe", head + "[recipe]\ntrain = 5",
			`test.toml:6: recipe.train: train belongs to one model, not to the recipe of all`},
		{"a negative number of examples", head + "[models.b]\narch.use = 'net'\ntrain = -1",
			`test.toml:7: models.b.train: must not be negative`},
		{"no file", head + "[models.b]\narch.use = 'net'\nweights = ''",
			`test.toml:7: models.b.weights: want the name of a safetensors file`},
		{"misspelt", head + "[models.b]\narch.use = 'net'\nweight = 'w'",
			`test.toml:7: models.b.weight: unknown key "weight", did you mean "weights"?`},
		{"no net", head + "[models.b]\nweights = 'w'",
			`test.toml:5: models.b: arch is missing: such as arch = { use = "mlp" }, here or in [recipe]`},
	} {
		mistaken(t, tt.name, tt.text, tt.want)
	}
}
