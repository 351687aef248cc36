package runner_test

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/runner"
)

// TestAttacksOnOtherExamplesAreCompared has PGD see 400 images and FGSM 100 of them. On a linear model both
// break whatever can be broken, so on those 100 PGD leaves what FGSM does, whatever it leaves of all.
func TestAttacksOnOtherExamplesAreCompared(t *testing.T) {
	const other = `
[attacks.fgsm]
use = "fgsm"

[evaluate.many]
attacks = ["pgd"]
examples = 400

[evaluate.few]
attacks = ["fgsm"]
examples = 100
`
	p, st := planned(t, suiteText+other, "seeds.train=[0]", "dataset.tests=400"), opened(t, t.TempDir())
	r := run(t, st, p, runner.Options{})
	few := map[string]arbench.Quantity{} // what FGSM leaves, by model
	for _, c := range r.Cells {
		if c.Cell.Attack == "fgsm" {
			few[c.Cell.Model] = c.Quantities[0]
		}
	}
	for _, c := range r.Cells {
		if c.Cell.Kind != arbench.AttackCell {
			if c.Common.N != 0 {
				t.Errorf("%v is compared with attacks: %+v", c.Cell, c.Common)
			}
			continue
		}
		want := few[c.Cell.Model]
		if want.Name != "accuracy" || want.N != 100 || c.Common != (arbench.Common{Accuracy: want.Value, N: want.N}) {
			t.Errorf("%s on %s: %+v in common, FGSM leaves %v", c.Cell.Attack, c.Cell.Model, c.Common, want)
		}
		if all := c.Quantities[0]; c.Cell.Attack == "pgd" && (all.N != 400 || all.Value == want.Value) {
			t.Errorf("pgd leaves %v of all, want it to differ from %v of 100", all.Value, want.Value)
		}
	}

	p = planned(t, suiteText+other, "seeds.train=[0]", "dataset.tests=400", `threats.far={norm="linf",eps=0.03}`,
		`evaluate.many.threats=["near"]`, `evaluate.few.threats=["far"]`)
	for _, c := range run(t, st, p, runner.Options{}).Cells {
		if c.Common.N != 0 {
			t.Errorf("%v is compared with attacks within another threat: %+v", c.Cell, c.Common)
		}
	}

	p = planned(t, suiteText+other, "seeds.train=[0]", "dataset.tests=400", "evaluate.few.examples=400")
	for _, c := range run(t, st, p, runner.Options{}).Cells {
		if c.Common.N != 0 {
			t.Errorf("all attacks have the same examples, but %v has %+v", c.Cell, c.Common)
		}
	}
}
