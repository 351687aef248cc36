package plan_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
)

// base is a suite with a standard model, two adversarially trained ones, two attacks and a probe.
const base = `
schema = 1
name = "base"
dataset.use = "data"
recipe.arch.use = "net"
[models.standard]
[models.at]
vary = { "regularizers.at.eps" = ["4/255", "8/255"] }
regularizers.at = { use = "adv", attack = { use = "ball", steps = 7 } }
[threats.linf]
norm = "linf"
eps = "8/255"
[attacks.short]
use = "box"
[attacks.long]
use = "ball"
[probes.shape]
use = "look"
`

func try(text string, o plan.Options, set ...string) (*plan.Plan, error) {
	s, err := suite.Parse("test.toml", []byte(text), set)
	if err != nil {
		return nil, fmt.Errorf("no suite: %w", err)
	}
	return plan.New(context.Background(), s, o)
}

func planned(t *testing.T, text string, o plan.Options, set ...string) *plan.Plan {
	t.Helper()
	p, err := try(text, o, set...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func diff(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("mismatch (-want +got):\n%s", d)
	}
}

// models returns "name seed < twin" of each model.
func models(p *plan.Plan) []string {
	var out []string
	for _, m := range p.Models {
		s := fmt.Sprint(m.Name, " ", m.Seed)
		if m.Twin != nil {
			s += fmt.Sprint(" < ", m.Twin.Name, " ", m.Twin.Seed)
		}
		out = append(out, s)
	}
	return out
}

// cells returns what each cell asks, and of how many examples.
func cells(p *plan.Plan) []string {
	var out []string
	for _, c := range p.Cells {
		out = append(out, strings.Join(strings.Fields(fmt.Sprint(c.Cell.Model, " ", c.Seed, " ", c.Kind, " ",
			c.Split, " ", c.Cell.Attack, c.Cell.Probe, " ", c.Cell.Threat, " ", len(c.Examples))), " "))
	}
	return out
}

func TestCellsComeModelByModel(t *testing.T) {
	p := planned(t, base, plan.Options{})
	diff(t, []string{"standard 0", "at/4-255 0 < standard 0", "at/8-255 0 < standard 0"}, models(p))
	var want []string
	for _, m := range []string{"standard", "at/4-255", "at/8-255"} {
		for _, q := range []string{
			"clean test 12", "clean train 12", "attack test short linf 12", "attack test long linf 12",
			"probe test shape 12",
		} {
			want = append(want, m+" 0 "+q)
		}
	}
	diff(t, want, cells(p))
	last := p.Models[2]
	diff(t, []any{8.0 / 255, arbench.Linf, 40, 0, "last"},
		[]any{last.Strength, last.Norm, len(last.Train), len(last.Validation), last.Checkpoint})
	if attack := p.Cells[2]; attack.Budget.Eps != 8.0/255 || attack.Model != p.Models[0] || attack.Checkpoint != "last" {
		t.Errorf("cell %+v", attack.Cell)
	}
}

func TestTwins(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string // of [models]; the recipe names the net
		want []string
	}{
		{"found, whatever its place and name",
			"[models.b]\nregularizers.r.use = 'term'\n[models.other]\nepochs = 1\n[models.a]",
			[]string{"a 0", "b 0 < a 0", "other 0"}},
		{"found for each seed", "seeds = [1, 2]\n[models.b]\nregularizers.r.use = 'term'\nseeds = [1, 2]\n[models.a]\nseeds = [2, 1]",
			[]string{"a 1", "b 1 < a 1", "a 2", "b 2 < a 2"}},
		{"added for a seed that the twin lacks", "[models.a]\n[models.b]\nregularizers.r.use = 'term'\nseeds = [0, 1]",
			[]string{"a 0", "b 0 < a 0", "a 1", "b 1 < a 1"}},
		{"added once for several", "[models.b]\nregularizers.r.use = 'term'\n[models.c]\nregularizers.r.use = 'adv'\nseeds = [0, 1]",
			[]string{"b/twin 0", "b 0 < b/twin 0", "c 0 < b/twin 0", "b/twin 1", "c 1 < b/twin 1"}},
		{"another recipe is another twin", "[models.a]\n[models.b]\nepochs = 1\nregularizers.r.use = 'term'",
			[]string{"a 0", "b/twin 0", "b 0 < b/twin 0"}},
		{"a taken name", "[models.b]\nregularizers.r.use = 'term'\n[models.'b/twin']\nepochs = 1",
			[]string{"b/twin/twin 0", "b 0 < b/twin/twin 0", "b/twin 0"}},
		{"named", "[models.b]\nregularizers.r.use = 'term'\ntwin = 'c'\n[models.c]\nregularizers.r.use = 'adv'\n[models.a]",
			[]string{"a 0", "c 0 < a 0", "b 0 < c 0"}},
		{"none without regularizers", "[models.a]\n[models.b]\nepochs = 1", []string{"a 0", "b 0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.TrimPrefix(tt.text, "seeds = [1, 2]\n")
			p := planned(t, "schema = 1\ndataset.use = 'data'\nrecipe.arch.use = 'net'\n"+text, plan.Options{})
			diff(t, tt.want, models(p))
		})
	}
}

// TestExamples looks at how many examples each kind of cell of the first model gets.
func TestExamples(t *testing.T) {
	for _, tt := range []struct {
		name  string
		set   []string
		limit int
		want  string // clean test, clean train, attack, probe
		notes int
	}{
		{"all", nil, 0, "12 12 12 12", 0},
		{"limit", nil, 5, "5 5 5 5", 0},
		{"fewer of an attack", []string{"evaluate.e.examples=8"}, 0, "12 12 8 12", 0},
		{"limit above", []string{"evaluate.e.examples=8"}, 9, "9 9 8 9", 0},
		{"more than there are", []string{"evaluate.e.examples=13"}, 0, "12 12 12 12", 1},
		{"training examples", []string{"evaluate.e={splits=['train'],examples=20}"}, 0, "12 20 20 12", 0},
		{"all training examples", []string{"evaluate.e.splits=['train']", "dataset.validation=4"}, 0, "12 36 36 12", 0},
		{"few training examples", []string{"dataset.train=6"}, 0, "12 6 12 12", 0},
		{"probe", []string{"probes.shape={use='look',split='train',examples=30}"}, 0, "12 12 12 30", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := planned(t, base, plan.Options{Limit: tt.limit}, tt.set...)
			var n []int
			for _, i := range []int{0, 1, 2, 4} {
				n = append(n, len(p.Cells[i].Examples))
			}
			diff(t, tt.want, strings.Trim(fmt.Sprint(n), "[]"))
			diff(t, tt.notes, len(p.Notes))
		})
	}
}

func TestSubsetsAreBalancedNestedAndDisjoint(t *testing.T) {
	set := []string{"dataset.validation=9", "dataset.train=14", "evaluate.e={splits=['test','train'],examples=8}"}
	p := planned(t, base, plan.Options{}, set...)
	m := p.Models[0]
	count := func(ids []int) [3]int {
		var n [3]int
		for _, id := range ids {
			n[fakeExamples(0).Read(id, nil)]++
		}
		return n
	}
	diff(t, [3]int{3, 3, 3}, count(m.Validation))
	// Of 40, classes 1 and 2 have 10 each, 7 without validation: two classes give 5, one 4.
	if n := count(m.Train); n[0]+n[1]+n[2] != 14 || min(n[0], n[1], n[2]) != 4 {
		t.Errorf("training examples of each class: %v", n)
	}
	within := func(ids, of []int) int {
		n := 0
		for _, id := range ids {
			for _, o := range of {
				if id == o {
					n++
				}
			}
		}
		return n
	}
	if n := within(m.Train, m.Validation); n != 0 {
		t.Errorf("%d examples are both trained on and held out", n)
	}
	for _, c := range p.Cells {
		if c.Kind != arbench.AttackCell || c.Model != m {
			continue
		}
		clean := p.Cells[0]
		if c.Split == arbench.Train {
			clean = p.Cells[1]
			diff(t, 8, within(c.Examples, m.Train))
		}
		diff(t, 8, within(c.Examples, clean.Examples))
	}
	small := planned(t, base, plan.Options{Limit: 3}, set...)
	diff(t, 3, within(small.Cells[2].Examples, p.Cells[2].Examples))
	// The ids of a subset must never move, since stored answers are about them: these were recorded.
	diff(t, []int{0, 3, 5, 6, 7, 9, 10, 11}, p.Cells[2].Examples)
}

func TestOnlyKeepsTwinsAndSources(t *testing.T) {
	for _, tt := range []struct {
		name    string
		o       plan.Options
		set     []string
		models  []string
		cells   int
		partial bool
	}{
		{"everything", plan.Options{Models: []string{"*"}}, nil, []string{"standard", "at/4-255", "at/8-255"}, 15, false},
		{"a model and its twin", plan.Options{Models: []string{"at/8*"}}, nil, []string{"standard", "at/8-255"}, 10, true},
		{"a twin", plan.Options{Models: []string{"standard"}}, nil, []string{"standard"}, 5, true},
		{"an attack", plan.Options{Attacks: []string{"long"}}, nil, []string{"standard", "at/4-255", "at/8-255"}, 12, true},
		{"a source, without cells", plan.Options{Models: []string{"standard"}}, []string{"attacks.long.source=at/4-255"},
			[]string{"standard", "at/4-255"}, 5, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := planned(t, base, tt.o, tt.set...)
			var names []string
			for _, m := range p.Models {
				names = append(names, m.Name)
			}
			diff(t, tt.models, names)
			diff(t, []any{tt.cells, tt.partial}, []any{len(p.Cells), p.Partial})
		})
	}
}

// TestImplicitEvaluationTakesWhatFits has an attack that cannot bound one of two threats, and a
// model that gives no gradients.
func TestImplicitEvaluationTakesWhatFits(t *testing.T) {
	p := planned(t, base+"[threats.l2]\nnorm = 'l2'\neps = 1\n[threats.l1]\nnorm = 'l1'\neps = 1\n"+
		"[models.oracle]\nbackend.use = 'scores'\nepochs = 0\n", plan.Options{})
	var got []string
	for _, c := range p.Cells {
		if c.Kind == arbench.AttackCell && (c.Model.Name == "standard" || c.Model.Name == "oracle") {
			got = append(got, strings.Join([]string{c.Model.Name, c.Attack.Name, c.Threat.Name}, " "))
		}
	}
	diff(t, []string{"standard short linf", "standard long linf", "standard long l2"}, got)
	diff(t, []string{"threats.l1: no attack is asked about it"}, p.Notes)
}

// TestReferencesHaveTheSeedOfTheirModel has an attack that transfers from another model.
func TestReferencesHaveTheSeedOfTheirModel(t *testing.T) {
	p := planned(t, base, plan.Options{}, "seeds.train=[3,4]", `models."at/4-255".seeds=[5,4]`,
		"attacks.long.source=standard", "attacks.long.inner={use='ball',source='at/4-255'}")
	for _, c := range p.Cells {
		if c.Cell.Attack == "long" && c.Model.Name == "at/8-255" {
			other := map[uint64]uint64{3: 5, 4: 4}[c.Seed] // the first where there is none of seed 3
			diff(t, []uint64{c.Seed, other}, []uint64{c.Refs["standard"].Seed, c.Refs["at/4-255"].Seed})
		}
	}
}

// TestCheckpointIsThatOfTheEvaluation has a twin of a model that an evaluation names, and a model
// that none names.
func TestCheckpointIsThatOfTheEvaluation(t *testing.T) {
	p := planned(t, base+"[models.apart]\nepochs = 1\n", plan.Options{},
		"dataset.validation=4", "evaluate.e={models=['at/*'],checkpoint='best'}")
	var got []string
	for _, m := range p.Models {
		got = append(got, m.Name+" "+m.Checkpoint)
	}
	diff(t, []string{"standard best", "at/4-255 best", "at/8-255 best", "apart last"}, got)
	for _, c := range p.Cells {
		diff(t, c.Model.Checkpoint, c.Checkpoint)
	}
}
