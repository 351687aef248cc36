package arbench_test

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// The interval is [70, 90] around 80.
func TestGatesAreJudgedOnTheInterval(t *testing.T) {
	for _, c := range []struct {
		name, bound string
		min, max    *float64
		holds       bool
		want        string
	}{
		{"the whole interval above", "", new(70.0), nil, true, "lower end at least 70"},
		{"the value above and not the interval", "", new(75.0), nil, false, "lower end at least 75"},
		{"the value above", "value", new(75.0), nil, true, "at least 75"},
		{"the upper end above", "upper", new(90.0), nil, true, "upper end at least 90"},
		{"the whole interval below", "", nil, new(90.0), true, "upper end at most 90"},
		{"the value below and not the interval", "", nil, new(85.5), false, "upper end at most 85.5"},
		{"the lower end below", "lower", nil, new(70.0), true, "lower end at most 70"},
		{"the interval between", "", new(60.0), new(95.0), true, "lower end at least 60 and upper end at most 95"},
		{"the interval across the greatest", "", new(60.0), new(89.0), false,
			"lower end at least 60 and upper end at most 89"},
		{"the value between", "value", new(79.5), new(80.5), true, "at least 79.5 and at most 80.5"},
	} {
		g := arbench.Gate{Bound: c.bound, Min: c.min, Max: c.max}
		if got := g.Holds(80, 70, 90); got != c.holds {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := g.Want(); got != c.want {
			t.Errorf("%s: it wants %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNoGateHoldsForAnUndefinedNumber(t *testing.T) {
	nan := math.NaN()
	for _, g := range []arbench.Gate{{Min: new(0.0)}, {Max: new(0.0)}, {Bound: "value", Min: new(0.0)}} {
		if g.Holds(nan, nan, nan) {
			t.Errorf("%s holds", g.Want())
		}
	}
}

func TestGateResultsSayWhatTheyAreAbout(t *testing.T) {
	gate := arbench.Gate{Model: "m*", Quantity: "accuracy"}
	layer := arbench.Gate{Model: "m*", Quantity: "singular std", Detail: "conv1"}
	for _, c := range []struct {
		r    arbench.GateResult
		want string
	}{
		{arbench.GateResult{Gate: gate}, "accuracy of m*"},
		{arbench.GateResult{Gate: gate, Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "mlp"}},
			"clean accuracy of mlp"},
		{arbench.GateResult{Gate: gate, Cell: arbench.Cell{
			Kind: arbench.AttackCell, Model: "mlp", Attack: "fgsm", Threat: "near",
		}}, "accuracy under fgsm at near of mlp"},
		{arbench.GateResult{Gate: gate, Cell: arbench.Cell{Kind: arbench.CleanCell, Model: "mlp", Split: arbench.Train}},
			"clean train accuracy of mlp"},
		{arbench.GateResult{Gate: gate, Cell: arbench.Cell{
			Kind: arbench.AttackCell, Model: "mlp", Attack: "fgsm", Threat: "near", Split: arbench.Train,
		}}, "train accuracy under fgsm at near of mlp"},
		{arbench.GateResult{Gate: layer, Cell: arbench.Cell{
			Kind: arbench.ProbeCell, Model: "mlp", Probe: "spectrum",
		}}, "singular std (conv1) by spectrum of mlp"},
	} {
		if got := c.r.About(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
