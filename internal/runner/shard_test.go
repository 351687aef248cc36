package runner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench/internal/runner"
)

// Whatever the number of parts, each training and each cell is in exactly one of them, and the names
// of one training are in the same.
func TestShardsArePartsOfThePlan(t *testing.T) {
	p := planned(t, suiteText+"\n[models.again]\n", "seeds.train=[0, 1, 2]")
	for n := 1; n <= 9; n++ {
		models, cells, where := map[string]int{}, 0, map[string]int{}
		for i := 1; i <= n; i++ {
			part := runner.Shard(p, i, n)
			for _, m := range part.Models {
				models[m.Name]++
				if w, ok := where[m.ID]; ok && w != i {
					t.Errorf("%d parts: training %s is in part %d and %d", n, m.ID, w, i)
				}
				where[m.ID] = i
			}
			for _, c := range part.Cells {
				if cells++; where[c.Model.ID] != i {
					t.Errorf("%d parts: a cell of %s is in part %d", n, c.Model.Name, i)
				}
			}
		}
		if diff := cmp.Diff(map[string]int{"standard": 3, "at": 3, "again": 3}, models); diff != "" {
			t.Errorf("%d parts: trainings of models (-want +got):\n%s", n, diff)
		}
		if cells != len(p.Cells) {
			t.Errorf("%d parts have %d of %d cells", n, cells, len(p.Cells))
		}
	}
}
