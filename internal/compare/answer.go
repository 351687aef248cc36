package compare

import (
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// answers counts the cells that are in both, and those with the same answer.
func (m *Comparison) answers(pairs map[string][][2]uint64) {
	for _, a := range m.a.Cells {
		for _, s := range pairs[a.Cell.Model] {
			b, ok := find(m.b.Results, a.Cell, s[1])
			if a.Cell.Seed != s[0] || !ok {
				continue
			}
			m.cells++
			p, _ := find(m.a.Results, speaker(a.Cell), s[0])
			q, _ := find(m.b.Results, speaker(a.Cell), s[1])
			if sameAnswer(p.Quantities, q.Quantities) {
				m.same++
			}
			if a.Options != b.Options {
				m.note("%s has other options in B", a.Cell.Attack+a.Cell.Probe)
			}
		}
	}
}

// speaker returns the cell that has the quantities of a cell: of clean ones that of the test split
// answers for both.
func speaker(c arbench.Cell) arbench.Cell {
	if c.Kind == arbench.CleanCell {
		c.Split = arbench.Test
	}
	return c
}

// sameAnswer reports whether the quantities that are in both are the same, and there are some. What
// is beside a twin, or of another measure, is in one of them only.
func sameAnswer(as, bs []arbench.Quantity) bool {
	both := false
	for _, a := range as {
		i := slices.IndexFunc(bs, func(b arbench.Quantity) bool {
			return a.Name == b.Name && a.Split == b.Split && a.Detail == b.Detail
		})
		if i >= 0 && !sameQuantity(a, bs[i]) {
			return false
		}
		both = both || i >= 0
	}
	return both
}

func sameQuantity(a, b arbench.Quantity) bool {
	bits := math.Float64bits
	return a.Name == b.Name && a.Split == b.Split && a.Detail == b.Detail && a.N == b.N &&
		bits(a.Value) == bits(b.Value) && bits(a.Lo) == bits(b.Lo) && bits(a.Hi) == bits(b.Hi)
}
