// Package compare lays two results beside each other and says by how much the accuracies of the second
// differ from those of the first, over the same examples where their outcomes are at hand.
package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/reports/table"
)

// A Side is one of two results, under the name by which messages call it.
type Side struct {
	Name string
	*arbench.Results
}

// A Comparison is two results, A and B, beside each other.
type Comparison struct {
	a, b  Side
	rows  []compared
	notes []string

	cells, same   int // in both, and those of them with the same answer
	models, equal int // in both, and those of them with the same weights
}

// A compared is the accuracy that both results give for one model and question.
type compared struct {
	cell       arbench.Cell // whatever the seed
	a, b       table.Number
	difference table.Number // b - a
	paired     bool         // over the same examples
}

// Match lays two results beside each other: models and questions by name, trainings by their seeds or,
// if none is in both, in order. A difference is paired where some of the stores, which may be none,
// hold the outcomes of both, and the data are the same. It is an error if no accuracy is in both, or an
// outcome cannot be read.
func Match(stores []*store.Store, a, b Side) (*Comparison, error) {
	m := &Comparison{a: a, b: b}
	pairs := m.trainings()
	m.answers(pairs)
	if a.Digest != b.Digest {
		m.note("the data differ: %s (%.12s) against %s (%.12s)", a.Dataset, a.Digest, b.Dataset, b.Digest)
	}
	for _, c := range accuracies(a.Results) {
		if !slices.ContainsFunc(accuracies(b.Results), func(o arbench.Cell) bool { return c.SameQuestion(o) }) {
			continue
		}
		row, err := m.row(stores, c, pairs[c.Model])
		if err != nil {
			return nil, err
		}
		if row.difference.Seeds > 0 {
			m.rows = append(m.rows, row)
		}
	}
	if len(m.rows) == 0 {
		return nil, fmt.Errorf("%s and %s have no accuracy of the same model and question", a.Name, b.Name)
	}
	if n := count(m.rows, func(r compared) bool { return !r.paired }); n > 0 {
		m.note("%d of %d differences are unpaired: no store that was named holds the outcomes of both",
			n, len(m.rows))
	}
	return m, nil
}

func (m *Comparison) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(m.notes, n) {
		m.notes = append(m.notes, n)
	}
}

// trainings returns which seeds of a go with which of b, for each model of both.
func (m *Comparison) trainings() map[string][][2]uint64 {
	a, b := trained(m.a.Results), trained(m.b.Results)
	out := map[string][][2]uint64{}
	for _, model := range m.a.Models {
		name := model.Name
		if out[name] != nil || b[name] == nil {
			continue
		}
		out[name] = pairSeeds(a[name], b[name])
		if one := out[name][0]; one[0] != one[1] {
			m.note("training seeds differ, %v against %v: matched in order", a[name], b[name])
		}
		for _, s := range out[name] {
			m.models++
			if weights(m.a.Results, name, s[0]) == weights(m.b.Results, name, s[1]) {
				m.equal++
			}
		}
	}
	for _, pair := range [][2]Side{{m.a, m.b}, {m.b, m.a}} {
		other := trained(pair[1].Results)
		var alone []string
		for _, model := range pair[0].Models {
			if other[model.Name] == nil && !slices.Contains(alone, model.Name) {
				alone = append(alone, model.Name)
			}
		}
		if len(alone) > 0 {
			m.note("only in %s: %s", pair[0].Name, strings.Join(alone, ", "))
		}
	}
	return out
}

// trained returns the training seeds of each model, in order.
func trained(r *arbench.Results) map[string][]uint64 {
	out := map[string][]uint64{}
	for _, m := range r.Models {
		out[m.Name] = append(out[m.Name], m.Seed)
		slices.Sort(out[m.Name])
	}
	return out
}

// pairSeeds returns the seeds that are in both; if there is none, the first of each and so on.
func pairSeeds(a, b []uint64) [][2]uint64 {
	var out [][2]uint64
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, [2]uint64{s, s})
		}
	}
	if len(out) > 0 {
		return out
	}
	for i := range min(len(a), len(b)) {
		out = append(out, [2]uint64{a[i], b[i]})
	}
	return out
}

// weights returns the digest of the weights of a training.
func weights(r *arbench.Results, model string, seed uint64) string {
	for _, m := range r.Models {
		if m.Name == model && m.Seed == seed {
			return m.Digest
		}
	}
	return ""
}

// find returns the answer of r to the question of c, of another training seed.
func find(r *arbench.Results, c arbench.Cell, seed uint64) (arbench.Result, bool) {
	for _, o := range r.Cells {
		if o.Cell.Seed == seed && o.Cell.SameQuestion(c) && o.Cell.Budget.String() == c.Budget.String() {
			return o, true
		}
	}
	return arbench.Result{}, false
}

// accuracies returns the questions that r has accuracies of, of all training seeds one, those of
// clean examples for each split.
func accuracies(r *arbench.Results) []arbench.Cell {
	var out []arbench.Cell
	for _, c := range r.Cells {
		for _, q := range c.Quantities {
			at := c.Cell
			at.Split = q.Split
			known := slices.ContainsFunc(out, func(o arbench.Cell) bool { return o.SameQuestion(at) })
			if q.Name == "accuracy" && q.Detail == "" && at.Kind != arbench.ProbeCell && !known {
				out = append(out, at)
			}
		}
	}
	return out
}

// row compares the accuracies that answer c, training by training, and pools them.
func (m *Comparison) row(stores []*store.Store, c arbench.Cell, pairs [][2]uint64) (compared, error) {
	out := compared{cell: c, paired: true}
	var as, bs, ds []arbench.Quantity
	for _, s := range pairs {
		a, idA := accuracyOf(m.a.Results, c, s[0])
		b, idB := accuracyOf(m.b.Results, c, s[1])
		if idA == "" || idB == "" {
			m.note("not every training of %s has %s in both", c.Model, strings.TrimPrefix(asked(c), "clean "))
			continue
		}
		d, paired := arbench.Quantity{Unit: "points", N: a.N}, true
		if idA != idB || !sameQuantity(a, b) { // not one answer to one question
			var err error
			if d, paired, err = m.difference(stores, c, s); err != nil {
				return out, err
			}
		}
		if !paired {
			d, out.paired = table.Difference(b, a), false
		}
		as, bs, ds = append(as, a), append(bs, b), append(ds, d)
	}
	level := m.b.Level
	out.a, out.b, out.difference = table.Pool(as, level), table.Pool(bs, level), table.Pool(ds, level)
	return out, nil
}

// accuracyOf returns the accuracy that r has of c with another training seed, and the id of the
// answer, which is empty if there is none.
func accuracyOf(r *arbench.Results, c arbench.Cell, seed uint64) (q arbench.Quantity, id string) {
	found, _ := find(r, speaker(c), seed)
	for _, q = range found.Quantities {
		if q.Name == "accuracy" && q.Detail == "" && q.Split == c.Split {
			return q, found.ID
		}
	}
	return arbench.Quantity{}, ""
}

// difference returns the paired difference of one training of each side; false where the outcomes
// of both are not there, or are of other examples.
func (m *Comparison) difference(stores []*store.Store, c arbench.Cell, seeds [2]uint64) (arbench.Quantity, bool, error) {
	if m.a.Digest != m.b.Digest {
		return arbench.Quantity{}, false, nil
	}
	var rec [2]arbench.Record
	for i, s := range []Side{m.a, m.b} {
		at := c
		at.Seed = seeds[i]
		var err error
		if rec[i], err = runner.Recall(stores, s.Results, at); err != nil {
			return arbench.Quantity{}, false, err
		}
	}
	if c.Kind == arbench.AttackCell && (rec[0].Attacked == nil || rec[1].Attacked == nil) {
		return arbench.Quantity{}, false, nil
	}
	rec[1].Twin, rec[1].Level = &rec[0], m.b.Level
	for _, q := range new(measure.Cost).Measure(rec[1]) {
		if q.Name == "cost p" || q.Split != c.Split {
			continue
		}
		if q.Name == "cost" { // that of A less that of B
			q.Value, q.Lo, q.Hi = 0-q.Value, 0-q.Hi, 0-q.Lo
		}
		return q, true, nil
	}
	return arbench.Quantity{}, false, nil
}

func count[T any](of []T, f func(T) bool) int {
	n := 0
	for _, v := range of {
		if f(v) {
			n++
		}
	}
	return n
}
