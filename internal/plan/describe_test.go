package plan_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/arbench/arbench/internal/plan"
)

// TestDescribe checks the passes by hand: a training of 40 examples for 10 epochs takes 2 passes of
// each, 2 × (7 + 1) with 7 attack steps; "long" takes 10 steps of 2 passes and one to judge, of 12
// examples for 3 models, and "short", whose steps are not known, one to judge.
func TestDescribe(t *testing.T) {
	p := planned(t, base, plan.Options{}, "probes.shape={use='look',examples=30}")
	var b strings.Builder
	if err := p.Describe(&b); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`[0-9a-f]{12}`).ReplaceAllString(b.String(), "ID----------")
	diff(t, `suite base on fake

model     seed  twin      id            trained on  held out  epochs  passes
standard  0               ID----------  40          0         10      800
at/4-255  0     standard  ID----------  40          0         10      6400
at/8-255  0     standard  ID----------  40          0         10      6400

cells  asks    name   threat             split  examples  passes
3      clean                             test   12        36
3      clean                             train  12        36
3      attack  short  linf (linf 8/255)  test   12        36
3      attack  long   linf (linf 8/255)  test   12        756
3      probe   shape                     test   12        0

3 trainings, 15 cells, about 14464 passes
note: probes.shape: asks for 30 test examples of 12: all of them are used
`, got)
}

// TestPassesOfAProbe has one whose attack takes 2 passes in each of 5 steps, and 6 directions, of 12
// examples.
func TestPassesOfAProbe(t *testing.T) {
	p := planned(t, base, plan.Options{}, "probes.shape={use='feel',attack={use='ball',steps=5}}")
	diff(t, 12*(2*5+6), p.Cells[4].Passes())
}

// TestPassesOfACascade has stages of 3 steps, of 2 passes each, and of 50 queries, and one pass to judge, of
// 12 examples.
func TestPassesOfACascade(t *testing.T) {
	p := planned(t, base, plan.Options{}, "attacks.long={use='cascade'}")
	diff(t, 12*(2*3+50+1), p.Cells[3].Passes())
}

// TestPassesWithinEpsZero are those to judge alone, of 12 examples; the smallest change is looked for at any eps, by
// the steps that the attack "least" has.
func TestPassesWithinEpsZero(t *testing.T) {
	for use, want := range map[string]int{"ball": 12, "cascade": 12, "least": 12 * (2*10 + 1)} {
		p := planned(t, base, plan.Options{}, "attacks.long={use='"+use+"'}", "threats.linf.eps=0")
		diff(t, want, p.Cells[3].Passes())
	}
}

func TestPassesOfOneTrainingOrCellAreCounted(t *testing.T) {
	p := planned(t, base, plan.Options{Models: []string{"standard"}, Attacks: []string{"long"}}, "probes.shape.models=['at/*']")
	p.Cells = p.Cells[:1]
	var b strings.Builder
	if err := p.Describe(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\n1 training, 1 cell, about 812 passes\n"; !strings.Contains(b.String(), want) {
		t.Errorf("want %q in\n%s", want, b.String())
	}
}

// TestEstimates are of plugins that give their own: the attack "dear" 100 passes for each of 3 classes and one more
// in L2, the regularizer "costly" 5 beside the two of a step and those of its attack, for 40 examples and 10 epochs.
func TestEstimates(t *testing.T) {
	p := planned(t, base, plan.Options{}, "attacks.long={use='dear',each=100}", "threats.linf.norm=l2", "attacks.short={use='ball'}",
		`models."at/4-255".regularizers.at={use="costly",attack={use="dear",each=10}}`)
	diff(t, []int{400 * (2 + 5 + 30), 12 * (301 + 1)}, []int{p.Models[1].Passes(), p.Cells[3].Passes()})
}

// TestEstimatesEndBelowOverflow has numbers whose products no int holds.
func TestEstimatesEndBelowOverflow(t *testing.T) {
	const most = 1_000_000_000_000
	p := planned(t, base, plan.Options{}, "attacks.long={use='dear',each=1e300}",
		`models."at/4-255".regularizers.at={use="adv",attack={use="dear",each=1e300}}`,
		"probes.shape={use='feel',attack={use='dear',each=1e300}}")
	diff(t, []int{most, most, most}, []int{p.Models[1].Passes(), p.Cells[3].Passes(), p.Cells[4].Passes()})
	var b strings.Builder
	if err := p.Describe(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "about 1000000000000 passes") {
		t.Error(b.String())
	}
}
