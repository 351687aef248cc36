package runner_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

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

// coarse is a backend that distrusts its numbers, and compiles what its models need before their first pass.
type coarse struct{ linear.Backend }

func (c *coarse) Info() arbench.BackendInfo {
	i := c.Backend.Info()
	i.Numerics, i.Warnings = "coarse", []string{coarsely}
	return i
}

func (c *coarse) Open(ctx context.Context, s arbench.ModelSpec) (arbench.Model, error) {
	m, err := c.Backend.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &compiled{Trainable: m.(arbench.Trainable)}, nil
}

type compiled struct {
	arbench.Trainable
	ready bool
}

const compileTime = 20 * time.Millisecond

func (c *compiled) Run(ctx context.Context, call arbench.Call) (arbench.Pass, error) {
	if !c.ready {
		end := arbench.Compiling(ctx, "pass")
		time.Sleep(compileTime)
		end()
		c.ready = true
	}
	return c.Trainable.Run(ctx, call)
}

// Compiling is told as it begins, and its seconds are kept beside those of the training and of the first cell that
// needed it.
func TestCompilingIsToldAndCountedApart(t *testing.T) {
	p, st := planned(t, suiteText, "seeds.train=[0]", "dataset.tests=200", "recipe.epochs=1", `backend={use="coarse"}`), opened(t, t.TempDir())
	told := map[string][]string{}
	begun := time.Now()
	r := run(t, st, p, runner.Options{Jobs: 1, Watch: func(e runner.Event) {
		if e.State == runner.Compiling {
			told[fmt.Sprint(e.Cell)] = append(told[fmt.Sprint(e.Cell)], e.Program)
		}
	}})
	elapsed, sum := time.Since(begun).Seconds(), 0.0
	check := func(what string, cell arbench.Cell, seconds, compiling float64) {
		c := fmt.Sprint(cell)
		once := len(told[c]) == 1 && told[c][0] == "pass"
		if once != (compiling >= compileTime.Seconds()) || !once && compiling != 0 {
			t.Errorf("%s: told %q, %v s of compiling", what, told[c], compiling)
		}
		sum += seconds + compiling
		delete(told, c)
	}
	for _, m := range r.Models {
		if m.Compiling == 0 {
			t.Errorf("training of %s: nothing compiled", m.Name)
		}
		check(m.Name, arbench.Cell{Model: m.Name, Seed: m.Seed}, m.Seconds, m.Compiling)
	}
	compiling := 0
	for _, c := range r.Cells {
		if c.Compiling > 0 {
			compiling++
		}
		check(c.ID, c.Cell, c.Seconds, c.Compiling)
	}
	if compiling != len(r.Models) {
		t.Errorf("%d cells compiled, want one for each of %d models", compiling, len(r.Models))
	}
	if len(told) > 0 || sum > elapsed {
		t.Errorf("compiling of what is not in the results: %v; %v s in all, of %v", told, sum, elapsed)
	}
}

// What a backend says against its numbers stands beside the models that it trained and the numbers that it
// evaluated, and beside no others.
func TestWarningsOfABackendStandBesideItsNumbers(t *testing.T) {
	p := planned(t, suiteText, "seeds.train=[0]", "dataset.tests=200", "recipe.epochs=1", `models.at.backend={use="coarse"}`,
		`models.exact={backend={use="coarse"},evaluator={use="linear"}}`)
	r := run(t, opened(t, t.TempDir()), p, runner.Options{})
	seen := map[string]int{}
	for _, m := range r.Models {
		var want []string
		if m.Name != "standard" {
			want = []string{coarsely}
		}
		if d := cmp.Diff(want, m.Warnings); d != "" {
			t.Errorf("model %s: warnings -want +got\n%s", m.Name, d)
		}
	}
	for _, c := range r.Cells {
		var want []string
		if c.Cell.Model != "standard" && c.Cell.Model != "exact" { // at and its twin
			want = []string{coarsely}
		}
		if d := cmp.Diff(want, c.Warnings); d != "" {
			t.Errorf("%+v: warnings -want +got\n%s", c.Cell, d)
		}
		seen[c.Cell.Model]++
	}
	if seen["at"] == 0 || seen["standard"] == 0 || seen["exact"] == 0 {
		t.Errorf("cells of models: %v, want some of all", seen)
	}
	if notes := table.New(r).Footnote; !slices.Contains(notes, coarsely) {
		t.Errorf("footnotes %q, want one of them %q", notes, coarsely)
	}
}
