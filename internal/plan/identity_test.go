package plan_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
)

// ids returns the identities of the last model of p, and of its attack "long" and its probe for
// some weights.
func ids(p *plan.Plan) (model, attack, probe string) {
	for _, c := range p.Cells {
		if c.Model != p.Models[len(p.Models)-1] {
			continue
		}
		switch {
		case c.Kind == arbench.ProbeCell:
			probe = c.ID("weights")
		case c.Kind == arbench.AttackCell && c.Attack.Name == p.Suite.Attacks[1].Name:
			attack = c.ID("weights")
		}
		model = c.Model.ID
	}
	return model, attack, probe
}

// TestIdentitiesStay has identities that were recorded. A change of them makes every store worthless:
// it must be meant, and then goes with a change of the constant version.
func TestIdentitiesStay(t *testing.T) {
	p := planned(t, base, plan.Options{})
	model, attack, probe := ids(p)
	diff(t, []string{
		"73876566a4d056f98cc6d6bb662ea5c9eedf25b2753a9e374924c642613e4a2b",
		"795e68818ce6d8896b8997fd06ec992f86c20b8e45590eaa4b544007f28c253d",
		"8e1deb186e8d117b8fa0b1ee559d09398988ad75b846fa1592102a9c053c62ae",
		"58d3994aaaf122af3a6d2d27b0f0fed825b56939a3af686f851259aea3c13dc9",
	}, []string{model, p.Cells[0].ID("weights"), attack, probe})
}

// TestIdentities changes one thing of base and says which identities change with it: of the model
// (m), of its attack (a), of its probe (p).
func TestIdentities(t *testing.T) {
	for _, tt := range []struct {
		change string // of the text, "old -> new", or overrides
		want   string
	}{
		// Names and what only says how to show or to run things.
		{`name = "base" -> name = "other"`, ""},
		{`name = "base" -> title = "x"`, ""},
		{`[models.at] -> [models.robust]`, ""},
		{`regularizers.at = -> regularizers.adversarial =`, "same"},
		{`[attacks.long] -> [attacks.pgd-10]`, ""},
		{`[threats.linf] -> [threats.eight]`, ""},
		{`[probes.shape] -> [probes.spectrum]`, ""},
		{"backend.threads=4", ""},
		{"attacks.long.rows=4", ""},
		{"attacks.short.steps=4", ""},
		{"models.standard.seeds=[0,1]", ""},
		{"report.formats=['markdown']", ""},

		// What the training depends on.
		{"dataset.test=16", "map"}, // changes the digest of the data
		{"dataset.validation=4", "m"},
		{"dataset.train=20", "m"},
		{"[models.at] -> [models.at]\ntrain = 20", "m"},
		{"recipe.arch.hidden=3", "map"},
		{"recipe.normalize={mean=[0.5],std=[1]}", "map"},
		{"recipe.epochs=3", "m"},
		{"recipe.batch=3", "m"},
		{"recipe.clip=3", "m"},
		{"recipe.augment=['flip']", "m"},
		{"recipe.schedule={rate=0.5}", "m"},
		{"recipe.schedule={use='cosine'}", "m"},
		{"recipe.optimizer.decay=0.5", "m"},
		{"recipe.optimizer={use='adam'}", "m"},
		{"seeds.train=[5]", "m"},
		{"backend.numerics=other", "map"},
		{"backend.use=second", "map"},
		{`models.at.vary={"regularizers.at.eps"=["9/255"]}`, "m"},
		{"models.at.regularizers.at.norm=l2", "m"},
		{"models.at.regularizers.at.attack.steps=8", "m"},
		{"models.at.regularizers.at.attack.use=box", "m"},
		{"models.at.regularizers.at.attack.rows=8", ""},
		{"models.at.regularizers.more.use=term", "m"},

		// What an answer depends on.
		{"seeds.attack=5", "ap"},
		{"level=0.9", "p"},
		{"threats.linf.eps=0.5", "a"},
		{"threats.linf.norm=l2 & attacks.short.use=ball", "a"},
		{"evaluate.e.examples=5", "a"},
		{"probes.shape={use='look',examples=5}", "p"},
		{"probes.shape={use='look',split='train'}", "p"},
		{"probes.shape={use='look',layers=['fc']}", "p"},
		{"attacks.long.steps=5", "a"},
		{"attacks.long.source=standard", "a"},
		{"models.at.evaluator={use='second'}", "ap"},
		{"models.at.evaluator={use='gorgonia',numerics='other'}", "ap"},
		{"models.at.evaluator={use='gorgonia',threads=9}", ""},
	} {
		t.Run(tt.change, func(t *testing.T) {
			text, set := base, strings.Split(tt.change, " & ")
			if old, changed, ok := strings.Cut(tt.change, " -> "); ok {
				text, set = strings.Replace(base, old, changed, 1), nil
			}
			if tt.want == "same" { // the vary names the regularizer too
				text = strings.Replace(text, "regularizers.at.eps", "regularizers.adversarial.eps", 1)
			}
			p := planned(t, text, plan.Options{}, set...)
			m, a, pr := ids(planned(t, base, plan.Options{}))
			m2, a2, pr2 := ids(p)
			got := ""
			for i, differ := range []bool{m != m2, a != a2, pr != pr2} {
				if differ {
					got += "map"[i : i+1]
				}
			}
			diff(t, strings.TrimPrefix(tt.want, "same"), got)
		})
	}
}

// TestEveryOptionIsInTheIdentity sets each option of the attack in turn.
func TestEveryOptionIsInTheIdentity(t *testing.T) {
	seen := map[string]string{}
	id := func(a *fakeAttack) string {
		s, err := suite.Parse("test.toml", []byte(base), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.Attacks[1].It = a
		p, err := plan.New(t.Context(), s, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, attack, _ := ids(p)
		return attack
	}
	fresh := func() *fakeAttack { return &fakeAttack{norms: []arbench.Norm{arbench.Linf}} }
	seen[id(fresh())] = "nothing"
	for i, o := range suite.Options(fresh()) {
		a := fresh()
		f := suite.Options(a)[i].Value
		switch f.Interface().(type) {
		case int:
			f.SetInt(3)
		case float64:
			f.SetFloat(3)
		case bool:
			f.SetBool(true)
		case string:
			f.SetString("x")
		case arbench.ModelRef:
			f.SetString("standard")
		case []string:
			f.Set(reflect.ValueOf([]string{"x"}))
		case map[string]float64:
			f.Set(reflect.ValueOf(map[string]float64{"x": 0}))
		case *int:
			f.Set(reflect.ValueOf(new(int)))
		case arbench.Use[arbench.Attack]:
			f.Set(reflect.ValueOf(arbench.Use[arbench.Attack]{Name: "ball", It: fresh()}))
		default:
			t.Fatalf("option %s of type %v", o.Key, f.Type())
		}
		got := id(a)
		switch other, taken := seen[got]; {
		case o.Key == "rows" && other != "nothing":
			t.Error("rows, which JSON leaves out, changes the identity")
		case o.Key != "rows" && taken:
			t.Errorf("%s gives the identity of %s", o.Key, other)
		}
		seen[got] = fmt.Sprint("option ", o.Key)
	}
}

// TestReferenceStandsForTheModel renames the model that an attack refers to, and retrains it.
func TestReferenceStandsForTheModel(t *testing.T) {
	id := func(text string, set ...string) string {
		_, attack, _ := ids(planned(t, text, plan.Options{}, set...))
		return attack
	}
	text := base + "[models.source]\nepochs = 1\n[models.last]\n"
	first := id(text, "attacks.long.source=source")
	if id(strings.Replace(text, "source", "renamed", 1), "attacks.long.source=renamed") != first {
		t.Error("the name of the source is in the identity")
	}
	if id(text, "attacks.long.source=source", "models.source.epochs=2") == first {
		t.Error("the training of the source is not in the identity")
	}
}

func TestOneTrainingUnderTwoNamesHasOneID(t *testing.T) {
	p := planned(t, base+"[models.again]\n", plan.Options{})
	if a, b := p.Models[0], p.Models[3]; a.Name == b.Name || a.ID != b.ID {
		t.Errorf("%s has id %s, %s has %s", a.Name, a.ID, b.Name, b.ID)
	}
}

// TestResolvedSuiteHasTheSameIdentities plans the suite that TOML writes.
func TestResolvedSuiteHasTheSameIdentities(t *testing.T) {
	p := planned(t, base, plan.Options{})
	again := planned(t, p.Suite.TOML(), plan.Options{})
	m, a, pr := ids(p)
	m2, a2, pr2 := ids(again)
	diff(t, []string{m, a, pr}, []string{m2, a2, pr2})
}
