package plan_test

import (
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
)

// TestOneQuestionForEveryEps has three threats: cells of an attack that looks for the smallest change ask
// one thing of a model within a norm, with an eps of +Inf. Those of another attack, and of a cascade of
// such, ask of each eps.
func TestOneQuestionForEveryEps(t *testing.T) {
	text := base + "[threats.wide]\nnorm = \"linf\"\neps = 0.5\n[threats.l2]\nnorm = \"l2\"\neps = 0.5\n"
	for _, tt := range []struct {
		use     string
		asked   int // questions of one model
		any     bool
		steps   int
		asksEps map[string]float64
	}{
		{"least", 2, true, 10, map[string]float64{"linf": math.Inf(1), "wide": math.Inf(1), "l2": math.Inf(1)}},
		{"ball", 3, false, 10, map[string]float64{"linf": 8.0 / 255, "wide": 0.5, "l2": 0.5}},
		{"least-first", 3, false, 0, map[string]float64{"linf": 8.0 / 255, "wide": 0.5, "l2": 0.5}},
	} {
		t.Run(tt.use, func(t *testing.T) {
			p := planned(t, text, plan.Options{Attacks: []string{"long"}}, "attacks.long.use="+tt.use)
			ids, asks := map[string]bool{}, map[string]float64{}
			for _, c := range p.Cells {
				if c.Kind != arbench.AttackCell || c.Model != p.Models[0] {
					continue
				}
				ids[c.ID("weights")] = true
				asks[c.Threat.Name] = c.Asked().Eps
				if c.AnyEps() != tt.any || c.Budget.Eps != c.Threat.Eps || c.Asked().Norm != c.Threat.Norm {
					t.Errorf("threat %s: any eps %v, asked %v of %v", c.Threat.Name, c.AnyEps(), c.Asked(), c.Budget)
				}
			}
			diff(t, tt.asked, len(ids))
			diff(t, tt.asksEps, asks)
		})
	}
}

// TestDescribeCountsOneAnswerOnce: the second threat of a norm costs no pass, beside 12 · (2 · 10 + 1) of
// each of three models for the first.
func TestDescribeCountsOneAnswerOnce(t *testing.T) {
	text := base + "[threats.wide]\nnorm = \"linf\"\neps = 0.5\n"
	p := planned(t, text, plan.Options{}, "attacks.long.use=least")
	var b strings.Builder
	if err := p.Describe(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3      attack  long   linf (linf 8/255)  test   12        756\n",
		"3      attack  long   wide (linf 0.5)    test   12        0\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
}
