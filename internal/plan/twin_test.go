package plan_test

import (
	"strings"
	"testing"

	"github.com/arbench/arbench/internal/plan"
)

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

// TestTwinsAreAskedWhatTheirModelsAre has evaluations and a probe that name one model, whose twin
// stands for another one's twin in turn.
func TestTwinsAreAskedWhatTheirModelsAre(t *testing.T) {
	p := planned(t, base, plan.Options{}, `models."at/8-255".twin="at/4-255"`,
		"evaluate={b={models=['at/8*'],attacks=['long'],examples=7},c={models=['standard'],attacks=['short']}}",
		"probes.shape={use='look',models=['at/4*'],examples=5}")
	var got []string
	for _, c := range cells(p) {
		if !strings.Contains(c, "clean") {
			got = append(got, c)
		}
	}
	diff(t, []string{
		"standard 0 attack test long linf 7", "standard 0 attack test short linf 12", "standard 0 probe test shape 5",
		"at/4-255 0 attack test long linf 7", "at/4-255 0 probe test shape 5",
		"at/8-255 0 attack test long linf 7",
	}, got)
}

// TestTwinThatCannotBeAskedIsNoted has a twin whose backend gives no gradients.
func TestTwinThatCannotBeAskedIsNoted(t *testing.T) {
	p := planned(t, base+"[models.blind]\nbackend.use = 'scores'\nepochs = 0\n", plan.Options{},
		`models."at/8-255".twin=blind`,
		"evaluate={b={models=['at/8*'],attacks=['long']},c={models=['standard'],attacks=['short']}}")
	diff(t, []string{`evaluate.b: the twin "blind" cannot be compared: attack "long" needs gradients, ` +
		`the backend "scores" of model "blind" gives scores`}, p.Notes)
}
