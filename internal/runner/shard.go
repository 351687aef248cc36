package runner

import (
	"slices"

	"github.com/arbench/arbench/internal/plan"
)

// Shard returns the part i of n, from 1, of the trainings of p with their cells: of the trainings, in
// the order of the plan, every n-th one. Every training is in one part, under all its names.
func Shard(p *plan.Plan, i, n int) *plan.Plan {
	part := map[string]int{} // by id, from 0
	for _, m := range p.Models {
		if _, ok := part[m.ID]; !ok {
			part[m.ID] = len(part) % n
		}
	}
	out := *p
	out.Models = slices.DeleteFunc(slices.Clone(p.Models), func(m *plan.Model) bool { return part[m.ID] != i-1 })
	elsewhere := func(c *plan.Cell) bool { return part[c.Model.ID] != i-1 }
	out.Cells = slices.DeleteFunc(slices.Clone(p.Cells), elsewhere)
	out.Checks = slices.DeleteFunc(slices.Clone(p.Checks), elsewhere)
	return &out
}
