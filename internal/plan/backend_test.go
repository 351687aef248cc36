package plan_test

import (
	"fmt"
	"testing"

	"github.com/arbench/arbench/internal/plan"
)

const twoBackends = `schema = 1
dataset.use = 'data'
recipe.arch.use = 'net'
seeds.train = [1, 2]
[models.a]
[models.other]
backend.use = 'second'
[models.again]
evaluator.use = 'second'
[models.same]
evaluator = { use = 'gorgonia', threads = 3 }
[models.longer]
epochs = 50
backend.use = 'second'
[models.r]
regularizers.r.use = 'term'
[models.r-again]
regularizers.r.use = 'term'
evaluator.use = 'second'
`

// TestCrossChecksAreOfModelsThatDifferInTheirBackend: of one seed and recipe, trained or evaluated by
// another arithmetic; threads are none.
func TestCrossChecksAreOfModelsThatDifferInTheirBackend(t *testing.T) {
	p := planned(t, twoBackends, plan.Options{}, "seeds.train=[1]")
	diff(t, []string{
		"a 1 other 1", "a 1 again 1", "other 1 again 1", "other 1 same 1", "again 1 same 1", "r 1 r-again 1",
	}, crossChecks(p))
	p = planned(t, twoBackends+"[models.third]\nevaluator = { use = 'gorgonia', numerics = 'third' }", plan.Options{
		Models: []string{"a", "other", "third"}}, "seeds.train=[1]")
	diff(t, []string{"a 1 other 1", "a 1 third 1"}, crossChecks(p)) // other and third differ in both
	p = planned(t, twoBackends, plan.Options{Models: []string{"a", "again", "longer"}})
	diff(t, []string{"a 1 again 1", "a 2 again 2"}, crossChecks(p))
	p = planned(t, twoBackends, plan.Options{}, "seeds.train=[1]", "dataset.validation=4", "attacks.x={use='box'}", "threats.t={norm='linf',eps=0.1}",
		"evaluate={l={models=['a','other','r*','same','longer']},b={models=['again'],checkpoint='best'}}",
		"models.r.twin=a", "models.r-again.twin=a")
	diff(t, []string{"a 1 other 1", "other 1 same 1", "r 1 r-again 1"}, crossChecks(p)) // not of other weights
}

func crossChecks(p *plan.Plan) []string {
	var out []string
	for _, pair := range p.CrossChecks() {
		a, b := pair[0], pair[1]
		out = append(out, fmt.Sprint(a.Name, " ", a.Seed, " ", b.Name, " ", b.Seed))
	}
	return out
}

// TestAnEvaluatorChangesNoTraining: models that differ in it are one training, asked twice.
func TestAnEvaluatorChangesNoTraining(t *testing.T) {
	p := planned(t, twoBackends, plan.Options{}, "seeds.train=[1]")
	by := map[string]*plan.Model{}
	for _, m := range p.Models {
		by[m.Name] = m
	}
	cell := func(name string) string {
		for _, c := range p.Cells {
			if c.Model == by[name] {
				return c.ID("weights")
			}
		}
		return ""
	}
	diff(t, []bool{true, false, true, false}, []bool{
		by["a"].ID == by["again"].ID, by["a"].ID == by["other"].ID,
		cell("again") == cell("other"), cell("again") == cell("a"),
	})
	diff(t, []string{"models.same.evaluator: computes as the backend does, and changes no answer"}, p.Notes)
	diff(t, []bool{true, false}, []bool{by["a"].SameEvaluator(by["same"]), by["a"].SameEvaluator(by["again"])})
}

// TestTwinsHaveTheSameEvaluator: else a comparison would be one of backends too.
func TestTwinsHaveTheSameEvaluator(t *testing.T) {
	p := planned(t, twoBackends, plan.Options{}, "seeds.train=[1]")
	diff(t, []string{
		"a 1", "other 1", "again 1", "same 1", "longer 1", "r 1 < a 1", "r-again 1 < again 1",
	}, models(p))
	p = planned(t, "schema = 1\ndataset.use = 'data'\nrecipe.arch.use = 'net'\n[models.a]\n[models.r]\n"+
		"regularizers.r.use = 'term'\nevaluator.use = 'second'", plan.Options{})
	diff(t, []string{"a 0", "r/twin 0", "r 0 < r/twin 0"}, models(p))
	if twin := p.Models[1]; twin.Evaluator().Use != "second" || twin.ID != p.Models[0].ID {
		t.Errorf("the twin is evaluated by %s, want second; its training is %s, that of a %s", twin.Evaluator().Use, twin.ID, p.Models[0].ID)
	}
}

// TestWhatIsTransferredDependsOnTheEvaluatorOfItsSource: its derivatives are what the attack sees.
func TestWhatIsTransferredDependsOnTheEvaluatorOfItsSource(t *testing.T) {
	_, before, _ := ids(planned(t, base, plan.Options{}, "attacks.long.source=standard"))
	_, same, _ := ids(planned(t, base, plan.Options{}, "attacks.long.source=standard", "models.standard.evaluator={use='gorgonia',threads=2}"))
	_, after, _ := ids(planned(t, base, plan.Options{}, "attacks.long.source=standard", "models.standard.evaluator={use='second'}"))
	diff(t, []bool{true, false}, []bool{before == same, before == after})
}
