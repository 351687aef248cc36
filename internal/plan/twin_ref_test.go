package plan_test

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
)

// TestTwinIsThatOfTheModel: an attack that names the twin refers, for each model, to its own, and is not
// put to those without one, of which a note says so. In a suite with a model of that name it is that one.
func TestTwinIsThatOfTheModel(t *testing.T) {
	refs := func(p *plan.Plan) map[string]string {
		out := map[string]string{}
		for _, c := range p.Cells {
			if c.Kind == arbench.AttackCell {
				out[c.Model.Name] = c.Refs[arbench.Twin].Name
			}
		}
		return out
	}
	only := plan.Options{Attacks: []string{"long"}}
	p := planned(t, base, only, "attacks.long.source=twin")
	diff(t, map[string]string{"at/4-255": "standard", "at/8-255": "standard"}, refs(p))
	diff(t, []string{
		`attacks.long: it takes the twin of a model, and "standard", which has none, is not put to it`,
	}, p.Notes)
	named := planned(t, base+"[models.twin]\nepochs = 3\n", only, "attacks.long.source=twin")
	diff(t, map[string]string{"at/4-255": "twin", "at/8-255": "twin", "standard": "twin", "twin": "twin"}, refs(named))
	id := func(p *plan.Plan) string { return p.Cells[len(p.Cells)-1].ID("weights") }
	other := planned(t, base, only, "attacks.long.source=standard")
	diff(t, id(p), id(other))
}
