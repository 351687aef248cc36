package table

import (
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

// TestAttacksAreComparedOnTheirCommonExamples has PGD leave less of 640 images than AutoAttack of 100, which
// leaves less of those 100.
func TestAttacksAreComparedOnTheirCommonExamples(t *testing.T) {
	r := pair(45.9, 12, drop{2, 1, 3})
	r.Cells[2].Common, r.Cells[3].Common = arbench.Common{Accuracy: 11, N: 100}, arbench.Common{Accuracy: 50, N: 100}
	for i, accuracy := range []float64{10, 49} {
		c := r.Cells[2+i]
		c.Cell.Attack, c.Common.Accuracy = "autoattack", accuracy
		c.Quantities = slices.Clone(c.Quantities)
		q := &c.Quantities[0]
		q.Value, q.Lo, q.Hi, q.N = accuracy, accuracy-9, accuracy+9, 100
		r.Cells = append(r.Cells, c)
	}
	row := find(t, r, "What the cost bought").Parts[0].Rows[0]
	if row[2].Text != "autoattack" || !strings.HasPrefix(row[4].Text, "49.0 %") {
		t.Errorf("strongest is %s, which leaves %s", row[2].Text, row[4].Text)
	}
	if got := New(r).Answer[0].Text; !strings.Contains(got, "Under autoattack at linf 0.1 the accuracy of at rose") {
		t.Errorf("the answer is %s", got)
	}
	for i := range r.Models {
		r.Models[i].Twin = ""
	}
	const want = "and at worst 49.0 % [40.0, 58.0], under autoattack at linf 0.1 on 100 examples."
	if got := New(r).Answer[0].Text; !strings.HasSuffix(got, want) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestAttacksOnAsManyExamplesAreComparedOnAllOfThese has FGSM and PGD leave as many of the few images that a third
// attack has: PGD leaves less of all, and is the strongest, also where the third leaves as many of the few.
func TestAttacksOnAsManyExamplesAreComparedOnAllOfThese(t *testing.T) {
	r := pair(45.9, 12, drop{2, 1, 3})
	attacked := r.Cells[2:4:4]
	for i := range attacked {
		attacked[i].Common = arbench.Common{Accuracy: 40, N: 20}
	}
	for _, other := range []struct {
		attack string
		more   float64 // accuracy than PGD
		n      int
	}{{"fgsm", 9, attacked[0].Quantities[0].N}, {"square", 30, 20}} {
		for _, c := range attacked {
			c.Cell.Attack = other.attack
			c.Quantities = slices.Clone(c.Quantities)
			q := &c.Quantities[0]
			q.Value, q.Lo, q.Hi, q.N = q.Value+other.more, q.Lo+other.more, q.Hi+other.more, other.n
			r.Cells = slices.Insert(r.Cells, 2, c) // before PGD
		}
	}
	if row := find(t, r, "What the cost bought").Parts[0].Rows[0]; row[2].Text != r.Cells[6].Cell.Attack {
		t.Errorf("strongest is %s, which leaves %s", row[2].Text, row[4].Text)
	}
}
