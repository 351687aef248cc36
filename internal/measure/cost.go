package measure

import (
	"slices"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("cost", func() arbench.Measure { return &Cost{} })
}

// Cost is what regularizers cost in clean accuracy: that of the twin less that of the model, on the
// same examples. Interval and test are paired. They compare two trained nets, not two ways of
// training: that takes several training seeds.
type Cost struct{}

var _ arbench.Measure = (*Cost)(nil)

// Info implements [arbench.Measure].
func (*Cost) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc: "drop of clean accuracy against the twin, on the same examples",
		Source: "interval: Newcombe, Statistics in Medicine 17:2635, 1998, method 10; " +
			"test: McNemar 1947, exact",
	}
}

// Measure implements [arbench.Measure]. It gives "cost" in percentage points, positive where the
// model is worse than its twin, and "cost p", McNemar's exact two-sided p-value.
func (*Cost) Measure(r arbench.Record) []arbench.Quantity {
	if r.Twin == nil {
		return nil
	}
	twin := map[arbench.Split]*arbench.Outcome{
		arbench.Test: r.Twin.Test, arbench.Train: r.Twin.Train,
	}
	var out []arbench.Quantity
	for _, p := range clean(r) {
		other := twin[p.split]
		if other == nil || !slices.Equal(other.ID, p.ID) {
			continue
		}
		t := compare(other, p.Outcome)
		i, n := pairedDifference(t, p.level), t.n()
		test := mcnemar(t)
		out = append(out,
			arbench.Quantity{
				Name: "cost", Split: p.split, Unit: "points", N: n, Better: -1,
				Value: 100 * float64(t.first-t.second) / float64(n), Lo: 100 * i.lo, Hi: 100 * i.hi,
			},
			arbench.Quantity{
				Name: "cost p", Split: p.split, N: n, Value: test, Lo: test, Hi: test,
			})
	}
	return out
}

// compare counts the examples that each of two models gives their class.
func compare(first, second *arbench.Outcome) table {
	var t table
	for i := range first.Len() {
		switch a, b := first.Correct(i), second.Correct(i); {
		case a && b:
			t.both++
		case a:
			t.first++
		case b:
			t.second++
		default:
			t.neither++
		}
	}
	return t
}
