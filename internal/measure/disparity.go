package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("disparity", func() arbench.Measure { return &Disparity{} })
}

// Disparity is who pays the drop of clean test accuracy against the twin, on the same examples:
//
//   - "lost" and "won", in %: examples that the twin has right and the model wrong, and the reverse;
//   - "class cost", in points: the drop among the examples of each class, such as "class 3";
//   - "margin cost", in points: the drop among quarters of the examples by the twin's logit margin,
//     and that of the lowest quarter less that of the others.
//
// All of the twin's errors are in the quarters with the lowest margins. Any other net has some of them
// right, and so the lowest quarter pays less than it would by another, independent order.
type Disparity struct{}

var _ arbench.Measure = (*Disparity)(nil)

// Info implements [arbench.Measure].
func (*Disparity) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc: "who pays the drop of clean accuracy: by class, and by the twin's margin",
		Source: "classes: Xu et al., To be Robust or to be Fair, ICML 2021; " +
			"interval: Newcombe, Statistics in Medicine 17:2635, 1998, method 10",
	}
}

// Measure implements [arbench.Measure].
func (*Disparity) Measure(r arbench.Record) []arbench.Quantity {
	parts := clean(r)
	if r.Twin == nil || len(parts) == 0 || parts[0].split != arbench.Test {
		return nil
	}
	p, twin := parts[0], r.Twin.Test
	if twin == nil || !slices.Equal(twin.ID, p.ID) {
		return nil
	}
	all := compare(p.Len(), twin.Correct, p.Correct)
	out := []arbench.Quantity{
		p.share("lost", "", all.first, all.n(), -1), p.share("won", "", all.second, all.n(), +1),
	}
	for class, rows := range classes(p.Outcome) {
		if len(rows) > 0 {
			out = append(out, p.paid("class cost", fmt.Sprint("class ", class), twin, rows))
		}
	}
	return append(out, p.quarters(twin)...)
}

// classes returns the rows of each class.
func classes(o *arbench.Outcome) [][]int {
	out := make([][]int, o.Logits.Shape[1])
	for i, y := range o.Y {
		out[y] = append(out[y], i)
	}
	return out
}

// paid returns by how much the model is less accurate than its twin on some rows.
func (p part) paid(name, detail string, twin *arbench.Outcome, rows []int) arbench.Quantity {
	t := compare(len(rows), func(i int) bool { return twin.Correct(rows[i]) },
		func(i int) bool { return p.Correct(rows[i]) })
	i, n := pairedDifference(t, p.level), t.n()
	return arbench.Quantity{
		Name: name, Split: p.split, Detail: detail, Unit: "points", N: n, Better: -1,
		Value: 100 * float64(t.first-t.second) / float64(n), Lo: 100 * i.lo, Hi: 100 * i.hi,
	}
}

// quarters returns the drop among quarters of the examples by the twin's logit margin, of equal
// margins by id, and what the lowest lost beyond the others. Fewer than four examples have none.
func (p part) quarters(twin *arbench.Outcome) []arbench.Quantity {
	n := p.Len()
	if n < 4 {
		return nil
	}
	margin := marginsOf(twin).logit
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(margin[a], margin[b]), cmp.Compare(p.ID[a], p.ID[b]))
	})
	var out []arbench.Quantity
	for i, name := range []string{"lowest quarter", "2nd quarter", "3rd quarter", "highest quarter"} {
		out = append(out, p.paid("margin cost", name, twin, order[i*n/4:(i+1)*n/4]))
	}
	others := p.paid("margin cost", "", twin, order[n/4:])
	return append(out, beyond(out[0], others))
}

// beyond returns a - b, of disjoint examples, under the name of a.
func beyond(a, b arbench.Quantity) arbench.Quantity {
	d := a.Value - b.Value
	a.Detail, a.N = "lowest quarter less the others", a.N+b.N
	a.Lo, a.Hi = d-math.Hypot(a.Value-a.Lo, b.Hi-b.Value), d+math.Hypot(a.Hi-a.Value, b.Value-b.Lo)
	a.Value = d
	return a
}
