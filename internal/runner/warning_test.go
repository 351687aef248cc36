package runner_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/reports/table"
)

func init() {
	arbench.Backends.Register("coarse", func() arbench.Backend { return &coarse{} })
}

const coarsely = "computed coarsely"

// coarse is a backend that distrusts its numbers.
type coarse struct{ linear.Backend }

func (c *coarse) Info() arbench.BackendInfo {
	i := c.Backend.Info()
	i.Numerics, i.Warnings = "coarse", []string{coarsely}
	return i
}

// What a backend says against its numbers stands beside those that it computed, and beside no others.
func TestWarningsOfABackendStandBesideItsNumbers(t *testing.T) {
	p := planned(t, suiteText, "seeds.train=[0]", "dataset.tests=200", "recipe.epochs=1", `models.at.backend={use="coarse"}`)
	r := run(t, opened(t, t.TempDir()), p, runner.Options{})
	seen := map[string]int{}
	for _, c := range r.Cells {
		var want []string
		if c.Cell.Model != "standard" { // at and its twin
			want = []string{coarsely}
		}
		if d := cmp.Diff(want, c.Warnings); d != "" {
			t.Errorf("%+v: warnings -want +got\n%s", c.Cell, d)
		}
		seen[c.Cell.Model]++
	}
	if seen["at"] == 0 || seen["standard"] == 0 {
		t.Errorf("cells of models: %v, want some of both", seen)
	}
	if notes := table.New(r).Footnote; !slices.Contains(notes, coarsely) {
		t.Errorf("footnotes %q, want one of them %q", notes, coarsely)
	}
}
