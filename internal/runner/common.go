package runner

import (
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/plan"
)

// common returns the accuracy under the attack of cell on the examples that all attacks on its model within its
// threat have of the split; nothing where all have the same.
func (c *collection) common(cell *plan.Cell) arbench.Common {
	shared, differ := cell.Examples, false
	for _, o := range c.plan.Cells {
		if o.Kind != arbench.AttackCell || o.Model != cell.Model || o.Split != cell.Split || o.Cell.Threat != cell.Cell.Threat ||
			len(o.Examples) == len(cell.Examples) || c.records[o.Model].outcomes[key(o)] == nil {
			continue
		}
		differ = true
		shared = slices.DeleteFunc(slices.Clone(shared), func(id int) bool {
			_, found := slices.BinarySearch(o.Examples, id)
			return !found
		})
	}
	r := c.record(cell, cell.Model)
	clean := r.Test
	if cell.Split == arbench.Train {
		clean = r.Train
	}
	if !differ || len(shared) == 0 || clean == nil || clean.Len() != r.Attacked.Len() {
		return arbench.Common{}
	}
	right := 0
	for i, ok := range measure.Robust(clean, r.Attacked, r.Threat) {
		if _, found := slices.BinarySearch(shared, r.Attacked.ID[i]); ok && found {
			right++
		}
	}
	return arbench.Common{Accuracy: 100 * float64(right) / float64(len(shared)), N: len(shared)}
}
