package suite_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/train"
)

func parse(t *testing.T, text string, set ...string) *suite.Suite {
	t.Helper()
	s, err := suite.Parse("test.toml", []byte(text), set)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func diff(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("mismatch (-want +got):\n%s", d)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDefaultsAreFilledIn(t *testing.T) {
	s := parse(t, readFile(t, "testdata/small.toml"))
	backend := suite.Named[arbench.Backend]{Name: "gorgonia", Use: "gorgonia", It: &fakeBackend{}}
	diff(t, &suite.Suite{
		File: "test.toml", Name: "test", Level: 0.95,
		Seeds:   suite.Seeds{Train: []uint64{0}},
		Backend: backend,
		Dataset: suite.Named[arbench.Dataset]{Name: "data", Use: "data", It: &fakeData{Path: "here"}},
		Models: []suite.Model{{
			Name: "a", Backend: backend, Recipe: train.Default(), Seeds: []uint64{0},
			Arch: suite.Named[arbench.Architecture]{
				Name: "net", Use: "net", It: &fakeArch{Hidden: []int{64, 64}, Scale: 1},
			},
		}},
		Evaluations: []suite.Evaluation{{
			Name: "all", Models: []string{"*"}, Attacks: []string{"*"}, Threats: []string{"*"},
			Splits: []arbench.Split{arbench.Test}, Checkpoint: "last", Implicit: true,
		}},
		Trust:    suite.Trust{Level: "off"},
		Measures: []suite.Named[arbench.Measure]{{Name: "count", Use: "count", It: &fakeMeasure{Bins: 15}}},
		Formats:  []string{"markdown"},
	}, s)
}

// TestEveryKeyIsRead reads a suite with all keys that there are.
func TestEveryKeyIsRead(t *testing.T) {
	s := parse(t, readFile(t, "testdata/full.toml"))
	other := func(threads int) suite.Named[arbench.Backend] {
		return suite.Named[arbench.Backend]{Name: "other", Use: "other", It: &fakeBackend{Threads: threads}}
	}
	net := func(scale float64, hidden ...int) suite.Named[arbench.Architecture] {
		return suite.Named[arbench.Architecture]{
			Name: "net", Use: "net", It: &fakeArch{Hidden: hidden, Scale: scale},
		}
	}
	attack := func(name, use string, a *fakeAttack) suite.Named[arbench.Attack] {
		return suite.Named[arbench.Attack]{Name: name, Use: use, It: a}
	}
	inner := func(use string, a *fakeAttack) arbench.Use[arbench.Attack] {
		return arbench.Use[arbench.Attack]{Name: use, It: a}
	}
	first := suite.Named[arbench.Regularizer]{Name: "first", Use: "adv", It: &fakeReg{
		Threat: arbench.Threat{Norm: arbench.L2, Eps: 0.1},
		Attack: inner("steps", &fakeAttack{Steps: 10}),
	}}
	second := func(eps float64) suite.Named[arbench.Regularizer] {
		return suite.Named[arbench.Regularizer]{Name: "second", Use: "adv", It: &fakeReg{
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: eps},
			Attack: inner("stops", &fakeAttack{Steps: 1, RelStep: 0.25}),
		}}
	}
	adam := arbench.NewAdam()
	adam.Decay, adam.Decoupled, adam.DecayOn = 5e-4, true, []arbench.Role{arbench.Weight}
	recipe := train.Recipe{
		Epochs: 3, Batch: 128, Augment: []string{"crop"}, Optimizer: adam,
		Schedule: train.Schedule{Use: "cyclic", Rate: 0.4},
	}
	nesterov := recipe
	nesterov.Optimizer = &arbench.SGD{Momentum: 0.9, Nesterov: true}
	nesterov.Schedule = train.Schedule{Use: "step", Rate: 0.1, At: []int{1, 2}}
	at := func(name string, scale, eps float64) suite.Model {
		return suite.Model{
			Name: name, Twin: "standard", Backend: other(2), Arch: net(scale, 32), Recipe: recipe,
			Regularizers: []suite.Named[arbench.Regularizer]{first, second(eps)}, Seeds: []uint64{3},
		}
	}
	half := 0.5
	diff(t, &suite.Suite{
		File: "test.toml", Name: "full", Title: `All that a suite can say, "quoted"`,
		Seeds: suite.Seeds{Train: []uint64{0, 1}, Attack: 7}, Level: 0.9,
		Backend:    other(2),
		Dataset:    suite.Named[arbench.Dataset]{Name: "data", Use: "data", It: &fakeData{Path: "two lines"}},
		Validation: 20, TrainSize: 100,
		Models: []suite.Model{
			{
				Name: "standard", Backend: other(4), Arch: net(1, 32), Recipe: recipe,
				Normalize:    &arbench.Normalize{Mean: []float64{0.5}, Std: []float64{0.25}},
				Regularizers: []suite.Named[arbench.Regularizer]{first}, Seeds: []uint64{0, 1},
			},
			at("at/1+4-255", 1, 4.0/255), at("at/1+0.5", 1, 0.5),
			at("at/2+4-255", 2, 4.0/255), at("at/2+0.5", 2, 0.5),
			{
				Name: "odd.name", Backend: other(2), Arch: net(1, 64, 64), Recipe: nesterov, TrainSize: 50,
				Regularizers: []suite.Named[arbench.Regularizer]{first}, Seeds: []uint64{0, 1},
			},
		},
		Threats: []suite.Threat{
			{Name: "linf-8", Threat: arbench.Threat{Norm: arbench.Linf, Eps: 8.0 / 255}},
			{Name: "l2", Threat: arbench.Threat{Norm: arbench.L2, Eps: 3}},
		},
		Attacks: []suite.Named[arbench.Attack]{attack("long", "steps", &fakeAttack{
			Steps: 20, Range: [2]float64{0, 1.0 / 3}, Limit: &half, Small: 255,
			Weights: map[string]float64{"a": 2.5, "b": 1}, Source: "standard",
		})},
		Evaluations: []suite.Evaluation{{
			Name: "main", Models: []string{"at/*"}, Attacks: []string{"long"}, Threats: []string{"l*"},
			Examples: 50, Splits: []arbench.Split{arbench.Test, arbench.Train}, Checkpoint: "best",
		}},
		Probes: []suite.Probe{{
			Named: suite.Named[arbench.Probe]{
				Name: "shape", Use: "look", It: &fakeProbe{Layers: []string{"a", "b"}},
			},
			Models: []string{"standard"}, Examples: 10, Split: arbench.Train,
		}},
		Trust: suite.Trust{Level: "full", Examples: 30},
		Measures: []suite.Named[arbench.Measure]{
			{Name: "calibration", Use: "count", It: &fakeMeasure{Bins: 10}},
		},
		Formats: []string{"markdown", "csv"},
		Gates: []arbench.Gate{
			{
				Name: "accurate", Model: "at/*", Attack: "long", Threat: "linf-8", Quantity: "accuracy",
				Split: arbench.Test, Bound: "value", Min: new(40.0), Max: new(100.0),
			},
			{
				Name: "cheap", Model: "standard", Quantity: "cost", Detail: "any", Split: arbench.Train,
				Max: new(2.5),
			},
		},
	}, s)
}

func TestTOMLReadsBackToTheSameSuite(t *testing.T) {
	for _, name := range []string{"testdata/full.toml", "testdata/small.toml"} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, readFile(t, name))
			again := parse(t, s.TOML())
			diff(t, s, again)
			diff(t, s.TOML(), again.TOML())
		})
	}
}

// TestSetChangesOneKey gives overrides of every form and looks at what they change.
func TestSetChangesOneKey(t *testing.T) {
	model := func(s *suite.Suite, name string) suite.Model {
		for _, m := range s.Models {
			if m.Name == name {
				return m
			}
		}
		return suite.Model{}
	}
	eps := func(m suite.Model) float64 { return m.Regularizers[1].It.(*fakeReg).Eps }
	for _, tt := range []struct {
		set  string
		got  func(s *suite.Suite) any
		want any
	}{
		{"recipe.epochs=7", func(s *suite.Suite) any { return s.Models[0].Recipe.Epochs }, 7},
		{" recipe . epochs = 7 ", func(s *suite.Suite) any { return s.Models[0].Recipe.Epochs }, 7},
		{"backend.use=gorgonia", func(s *suite.Suite) any { return s.Backend.Use }, "gorgonia"},
		{`models."odd.name".epochs=7`, func(s *suite.Suite) any { return model(s, "odd.name").Recipe.Epochs }, 7},
		{`models.'odd.name'.clip=1`, func(s *suite.Suite) any { return model(s, "odd.name").Recipe.Clip }, 1.0},
		{"threats.l2.eps=8/255", func(s *suite.Suite) any { return s.Threats[1].Eps }, 8.0 / 255},
		{`threats.l2.eps="8/255"`, func(s *suite.Suite) any { return s.Threats[1].Eps }, 8.0 / 255},
		{"seeds.train=[5, 6]", func(s *suite.Suite) any { return s.Seeds.Train }, []uint64{5, 6}},
		{"models.at.vary={twin=[\"odd.name\"]}", func(s *suite.Suite) any { return s.Models[1].Name }, "at/odd.name"},
		// A model that a vary makes, alone, and the one that they are made of.
		{`models."at/1+0.5".epochs=7`, func(s *suite.Suite) any { return model(s, "at/1+0.5").Recipe.Epochs }, 7},
		{`models."at/1+0.5".epochs=7`, func(s *suite.Suite) any { return model(s, "at/2+0.5").Recipe.Epochs }, 3},
		{`models."at/1+0.5".regularizers.second.eps=0.3`, func(s *suite.Suite) any { return eps(model(s, "at/1+0.5")) }, 0.3},
		{"models.at.epochs=7", func(s *suite.Suite) any { return model(s, "at/2+0.5").Recipe.Epochs }, 7},
		{"attacks.long={use=\"stops\"}", func(s *suite.Suite) any { return s.Attacks[0].It }, &fakeAttack{Steps: 1}},
		{"report.formats=[\"csv\"]", func(s *suite.Suite) any { return s.Formats }, []string{"csv"}},
		{"title=a bare word = and more", func(s *suite.Suite) any { return s.Title }, "a bare word = and more"},
	} {
		t.Run(tt.set, func(t *testing.T) {
			diff(t, tt.want, tt.got(parse(t, readFile(t, "testdata/full.toml"), tt.set)))
		})
	}
}

// TestTableWithUseReplacesInherited looks at a plugin's table in [recipe] and in a model.
func TestTableWithUseReplacesInherited(t *testing.T) {
	s := parse(t, `
schema = 1
dataset.use = "data"
[recipe]
arch = { use = "net", hidden = [8], scale = 2 }
[models.inherits]
[models.merges]
arch = { scale = 3 }
[models.replaces]
arch = { use = "net", norm = true }
[models.empties]
arch = { hidden = [] }
`)
	var got []arbench.Architecture
	for _, m := range s.Models {
		got = append(got, m.Arch.It)
	}
	diff(t, []arbench.Architecture{
		&fakeArch{Hidden: []int{8}, Scale: 2},
		&fakeArch{Hidden: []int{8}, Scale: 3},
		&fakeArch{Hidden: []int{64, 64}, Scale: 1, Norm: true},
		&fakeArch{Scale: 2},
	}, got)
}
