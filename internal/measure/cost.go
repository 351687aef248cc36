package measure

import (
	"slices"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("cost", func() arbench.Measure { return &Cost{} })
}

// Cost is what regularizers cost in clean accuracy and what they gain under attack, against the twin
// on the same examples. Intervals and test are paired. They compare two trained nets, not two ways
// of training: that takes several training seeds.
type Cost struct{}

var _ arbench.Measure = (*Cost)(nil)

// Info implements [arbench.Measure].
func (*Cost) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc: "drop of clean accuracy against the twin, and gain under attack, on the same examples",
		Source: "interval: Newcombe, Statistics in Medicine 17:2635, 1998, method 10; " +
			"test: McNemar 1947, exact",
	}
}

// Measure implements [arbench.Measure]. It gives "cost" in percentage points, positive where the
// model is worse than its twin, and "cost p", McNemar's exact two-sided p-value; of an attack that
// the twin was put to as well, "gain" in percentage points, positive where the model is better.
func (*Cost) Measure(r arbench.Record) []arbench.Quantity {
	if r.Twin == nil {
		return nil
	}
	if q, ok := gain(r); ok {
		return []arbench.Quantity{q}
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
		t := compare(p.Len(), other.Correct, p.Correct)
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

// gain returns by how much more accurate the model is than its twin under the attack of r.
func gain(r arbench.Record) (arbench.Quantity, bool) {
	own, ok := underAttack(r)
	if !ok {
		return arbench.Quantity{}, false
	}
	twin, ok := underAttack(*r.Twin)
	if !ok || !slices.Equal(own.attacked.ID, twin.attacked.ID) {
		return arbench.Quantity{}, false
	}
	t := compare(own.attacked.Len(), own.robust, twin.robust)
	i, n := pairedDifference(t, r.Level), t.n()
	return arbench.Quantity{
		Name: "gain", Split: own.attacked.Split, Unit: "points", N: n, Better: +1,
		Value: 100 * float64(t.first-t.second) / float64(n), Lo: 100 * i.lo, Hi: 100 * i.hi,
	}, true
}

// compare counts which of n examples each of two models gets right.
func compare(n int, first, second func(i int) bool) table {
	var t table
	for i := range n {
		switch a, b := first(i), second(i); {
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
