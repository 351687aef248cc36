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

3 trainings, 15 cells, at least 14464 passes
note: probes.shape: asks for 30 test examples of 12: all of them are used
`, got)
}
