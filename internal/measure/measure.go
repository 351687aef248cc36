// Package measure holds the built-in measures: what outcomes say about accuracy, its cost and its
// generalization, and about the quantities that adversarial robustness regularizes (Wen, Li & Jia,
// ICML 2020): margins, confidence and loss.
//
// Shares have Wilson intervals, means Student's, quantiles distribution-free ones between order
// statistics. All intervals are over examples of one trained net: they say nothing about another
// training seed.
package measure

import (
	"slices"

	"github.com/arbench/arbench"
)

// A part is the outcome of one split.
type part struct {
	sample
	*arbench.Outcome
}

// clean returns the parts of a record of clean outcomes, test before train; none if the record is
// one under attack.
func clean(r arbench.Record) []part {
	if r.Attacked != nil {
		return nil
	}
	var parts []part
	for _, o := range []*arbench.Outcome{r.Test, r.Train} {
		if o != nil && o.Len() > 0 {
			parts = append(parts, part{sample{o.Split, r.Level}, o})
		}
	}
	return parts
}

// A duel is the same examples as they are and under attack.
type duel struct {
	sample
	clean, attacked *arbench.Outcome
	threat          arbench.Threat
}

// underAttack returns the examples of a record under attack; false if it is not one, or lacks the
// same examples as they are.
func underAttack(r arbench.Record) (duel, bool) {
	a := r.Attacked
	if a == nil || a.Len() == 0 {
		return duel{}, false
	}
	base := r.Test
	if a.Split == arbench.Train {
		base = r.Train
	}
	if base == nil || !slices.Equal(base.ID, a.ID) {
		return duel{}, false
	}
	return duel{sample{a.Split, r.Level}, base, a, r.Threat}, true
}

// logits returns those of the candidate for example i, or those of the image where the candidate
// lies outside the threat, as that of a minimum-norm attack may.
func (d duel) logits(i int) []float32 {
	if d.threat.Family == nil && d.attacked.Distance != nil {
		eps := d.threat.At(i)
		if !arbench.Within(d.attacked.Distance[i], eps) {
			return d.clean.Logits.Row(i)
		}
	}
	return d.attacked.Logits.Row(i)
}

// robust reports whether the model gave example i its class both as it is and under attack: an
// example that is wrong as it is counts as an error under attack.
func (d duel) robust(i int) bool {
	return d.clean.Correct(i) && arbench.Argmax(d.logits(i)) == d.clean.Y[i]
}

// Robust reports of each example of attacked whether the model gives it its class both as it is and
// under an attack within t. Clean holds the same examples as they are.
func Robust(clean, attacked *arbench.Outcome, t arbench.Threat) []bool {
	d := duel{clean: clean, attacked: attacked, threat: t}
	out := make([]bool, attacked.Len())
	for i := range out {
		out[i] = d.robust(i)
	}
	return out
}

// Same returns the examples of o that a has too, in the order of a, if they are of one split; else o.
// Either may be nil.
func Same(o, a *arbench.Outcome) *arbench.Outcome {
	if o == nil || a == nil || o.Split != a.Split {
		return o
	}
	at := make(map[int]int, len(o.ID))
	for i, id := range o.ID {
		at[id] = i
	}
	rows := make([]int, 0, len(a.ID))
	for _, id := range a.ID {
		if i, ok := at[id]; ok {
			rows = append(rows, i)
		}
	}
	out := &arbench.Outcome{Split: o.Split, Logits: o.Logits.Gather(rows)}
	for _, r := range rows {
		out.ID, out.Y = append(out.ID, o.ID[r]), append(out.Y, o.Y[r])
	}
	return out
}

// rows returns the logits of every example of o.
func rows(o *arbench.Outcome) [][]float32 {
	z := make([][]float32, o.Len())
	for i := range z {
		z[i] = o.Logits.Row(i)
	}
	return z
}

// losses returns the cross-entropy of each row of logits, in nats.
func losses(z [][]float32, y []int) []float64 {
	v := make([]float64, len(z))
	for i, row := range z {
		p := make([]float64, len(row))
		v[i] = arbench.Softmax(row, p) - float64(row[y[i]])
	}
	return v
}

// count returns the number of i below n for which f holds.
func count(n int, f func(i int) bool) int {
	k := 0
	for i := range n {
		if f(i) {
			k++
		}
	}
	return k
}
