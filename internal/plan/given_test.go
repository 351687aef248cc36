package plan_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
)

// initial returns the parameters that the net of base starts from.
func initial(t *testing.T, seed uint64) []arbench.Param {
	t.Helper()
	n, err := (&fakeNet{}).Network([]int{1, 2, 2}, 3)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := n.Init(seed)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// saved writes parameters to a file and returns its path and their digest.
func saved(t *testing.T, name string, ps []arbench.Param) (path, digest string) {
	t.Helper()
	b, err := record.EncodeParams(ps)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path, record.Digest(b)
}

// asks returns base with a model "mine" of the given weights in place of the others.
func asks(path, extra string) string {
	before, after, _ := strings.Cut(base, "[models.standard]")
	_, after, _ = strings.Cut(after, "[threats")
	return before + "[models.mine]\nweights = '" + path + "'\n" + extra + "[threats" + after
}

// TestCellsOfGivenWeightsAreThoseOfATrainingThatEndsWithThem compares with the standard model of
// base, which is the same net with the same backend and data.
func TestCellsOfGivenWeightsAreThoseOfATrainingThatEndsWithThem(t *testing.T) {
	path, digest := saved(t, "mine.safetensors", initial(t, 1))
	trained := planned(t, base, plan.Options{}, "seeds.train=[7]")
	given := planned(t, asks(path, ""), plan.Options{}, "seeds.train=[7,8]")
	if got := given.Models[0]; len(given.Models) != 1 || !got.Given() || got.Digest != digest {
		t.Fatalf("%d models, the first %+v, want one of digest %s", len(given.Models), got, digest)
	}
	var want, got []string
	for i, c := range given.Cells {
		want, got = append(want, trained.Cells[i].ID(digest)), append(got, c.ID(digest))
	}
	if len(want) != 5 {
		t.Fatalf("%d cells, want 5", len(want))
	}
	diff(t, want, got)
	diff(t, 0, given.Models[0].Passes())
}

func TestIdentityOfAGivenModelIsThatOfItsWeights(t *testing.T) {
	id := func(path, extra string, set ...string) string {
		return planned(t, asks(path, extra), plan.Options{}, set...).Models[0].ID
	}
	path, _ := saved(t, "mine.safetensors", initial(t, 1))
	copied, _ := saved(t, "copy.safetensors", initial(t, 1))
	others, _ := saved(t, "mine.safetensors", initial(t, 2))
	want := id(path, "")
	for _, tt := range []struct {
		name string
		got  string
		same bool
	}{
		{"another file", id(copied, ""), true},
		{"another recipe", id(path, "", "recipe.epochs=3", "seeds.train=[5]"), true},
		{"other data", id(path, "", "dataset.test=16"), true},
		{"other weights", id(others, ""), false},
		{"another normalization", id(path, "normalize={mean=[0.5],std=[1]}\n"), false},
		{"another backend", id(path, "backend.use='second'\n"), false},
	} {
		if same := tt.got == want; same != tt.same {
			t.Errorf("%s: same identity %v, want %v", tt.name, same, tt.same)
		}
	}
}

func TestWeightsThatDoNotFitAreNamed(t *testing.T) {
	ps := initial(t, 1)
	prefixed := initial(t, 1)
	for i := range prefixed {
		prefixed[i].Name = "module." + prefixed[i].Name
	}
	with := func(p ...arbench.Param) []arbench.Param { return append(ps[:0:0], append(p, ps...)...) }
	pickle := filepath.Join(t.TempDir(), "net.pt")
	if err := os.WriteFile(pickle, []byte("PK\x03\x04 and what torch.save writes"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		ps   []arbench.Param // nil means the file at path
		path string
		want []string
	}{
		{"all at once", with(
			arbench.Param{Name: "fc.weigth", Value: arbench.NewTensor(3, 4)},
			arbench.Param{Name: "conv9.weight", Value: arbench.NewTensor(2)},
			arbench.Param{Name: "running", Value: arbench.NewTensor(2)},
			arbench.Param{Name: "fc.bias", Value: arbench.NewTensor(4)},
		)[:4], "", []string{
			`parameter "fc.weight" is missing, is the file's "fc.weigth" meant?`,
			`parameter "fc.bias" has shape [4], want [3]`,
			`array "conv9.weight" is no parameter of this net`,
			`array "running" is no parameter of this net`,
		}},
		{"parallel", prefixed, "", []string{
			`parameter "fc.weight" is missing, is the file's "module.fc.weight" meant?`,
			`parameter "fc.bias" is missing, is the file's "module.fc.bias" meant?`,
		}},
		{"one too many", with(arbench.Param{Name: "fc2.bias", Value: arbench.NewTensor(3)}), "", []string{
			`array "fc2.bias" is no parameter of this net, is "fc.bias" meant?`,
		}},
		{"nothing", ps[:0:0], "", []string{
			`parameter "fc.weight" is missing`, `parameter "fc.bias" is missing`,
		}},
		{"no file", nil, "nowhere.safetensors", []string{"nowhere.safetensors: no such file"}},
		{"a pickle", nil, pickle, []string{
			pickle + ": not a safetensors file", `safetensors.torch.save_file(net.state_dict(), path)`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.path
			if tt.ps != nil {
				path, _ = saved(t, "mine.safetensors", tt.ps)
			}
			_, err := try(asks(path, ""), plan.Options{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error\n%v\nlacks %q", err, want)
				}
			}
			lines := strings.Split(err.Error(), "\n")
			if tt.ps != nil && len(lines) != len(tt.want) {
				t.Errorf("%d mistakes, want %d:\n%v", len(lines), len(tt.want), err)
			}
			for _, line := range lines {
				if !strings.HasPrefix(line, "test.toml: models.mine.weights: ") {
					t.Errorf("%q does not say where it is", line)
				}
			}
		})
	}
}

func TestReadWeightsNoticesOthers(t *testing.T) {
	path, _ := saved(t, "mine.safetensors", initial(t, 1))
	m := planned(t, asks(path, ""), plan.Options{}).Models[0]
	ps, err := m.ReadWeights()
	if err != nil {
		t.Fatal(err)
	}
	diff(t, initial(t, 1), ps)
	others, _ := saved(t, "mine.safetensors", initial(t, 2))
	if err := os.Rename(others, path); err != nil {
		t.Fatal(err)
	}
	if _, err := m.ReadWeights(); err == nil || !strings.Contains(err.Error(), "others than a moment ago") {
		t.Errorf("error %v", err)
	}
}

// A given model has no seeds: it is the twin of every training that names it.
func TestAGivenModelIsATwinOfEverySeed(t *testing.T) {
	path, _ := saved(t, "mine.safetensors", initial(t, 1))
	p := planned(t, asks(path, "twin='first'\n[models.at]\ntwin = 'mine'\nregularizers.r.use = 'adv'\n[models.first]\n"),
		plan.Options{}, "seeds.train=[4,5]")
	diff(t, []string{"first 4", "mine 4 < first 4", "at 4 < mine 4", "at 5 < mine 4", "first 5"}, models(p))
}

func TestDescribeSaysWhichModelsAreGiven(t *testing.T) {
	path, _ := saved(t, "mine.safetensors", initial(t, 1))
	p := planned(t, asks(path, ""), plan.Options{}, "evaluate.e.checkpoint=best", "dataset.validation=4")
	var b strings.Builder
	if err := p.Describe(&b); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^mine +0 +[0-9a-f]{12} +given +4 +0 +0$`).MatchString(b.String()) ||
		!strings.Contains(b.String(), "\n0 trainings, 5 cells") {
		t.Error(b.String())
	}
}
