package plan_test

import (
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
)

// sized is a suite whose standard net is trained on all of 40 examples, a smaller one on 20 of them,
// adversarially too.
const sized = base + `
[models.small]
arch.hidden = 3
train = 20
[models.small-at]
arch.hidden = 3
train = 20
regularizers.at = { use = "adv", eps = "8/255" }
`

func TestAModelIsTrainedOnItsNumberOfExamples(t *testing.T) {
	p := planned(t, sized, plan.Options{}, "dataset.train=30")
	got := map[string]int{}
	train := map[string][]int{}
	for _, m := range p.Models {
		got[m.Name], train[m.Name] = len(m.Train), m.Train
	}
	diff(t, map[string]int{"standard": 30, "at/4-255": 30, "at/8-255": 30, "small": 20, "small-at": 20}, got)
	for _, id := range train["small"] {
		if !slices.Contains(train["standard"], id) {
			t.Errorf("example %d is in the smaller subset alone", id)
		}
	}
	diff(t, train["small"], train["small-at"])
	var twins []string
	for _, m := range p.Models {
		if m.Twin != nil {
			twins = append(twins, m.Name+" < "+m.Twin.Name)
		}
	}
	diff(t, []string{"at/4-255 < standard", "at/8-255 < standard", "small-at < small"}, twins)
}

// What a model is asked about training examples it is asked about those that it was trained on.
func TestTrainingExamplesAreThoseOfTheModel(t *testing.T) {
	p := planned(t, sized, plan.Options{}, "evaluate.e={splits=['train'],examples=16}", "probes.shape.split=train")
	for _, c := range p.Cells {
		if c.Split != arbench.Train {
			continue
		}
		for _, id := range c.Examples {
			if !slices.Contains(c.Model.Train, id) {
				t.Errorf("%s %s of %s has example %d, which it was not trained on",
					c.Kind, c.Split, c.Model.Name, id)
			}
		}
	}
}

// A model is the same whether the dataset or the model says how many examples it is trained on.
func TestOnlyTheNumberOfExamplesCounts(t *testing.T) {
	all := planned(t, sized, plan.Options{}, "dataset.train=20")
	one := planned(t, sized, plan.Options{}, "dataset.train=30", "models.standard.train=20")
	other := planned(t, sized, plan.Options{}, "dataset.train=30")
	diff(t, all.Models[0].ID, one.Models[0].ID)
	if one.Models[0].ID == other.Models[0].ID {
		t.Error("20 and 30 examples make the same model")
	}
}

func TestTwinOfAnotherSizeIsNoted(t *testing.T) {
	p := planned(t, sized, plan.Options{}, "models.small-at.twin=standard")
	diff(t, []string{`models.small-at.twin: "standard" is trained on 40 examples, "small-at" on 20: ` +
		"the number of examples makes a difference too"}, p.Notes)
}
