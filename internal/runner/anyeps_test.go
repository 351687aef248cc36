package runner_test

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/runner"
)

// nearestOnce is nearest, and says that its candidates are the same for every eps.
type nearestOnce struct{ nearest }

var asked atomic.Int32 // examples that nearestOnce was put to

func (nearestOnce) Info() arbench.AttackInfo {
	i := info(true)
	i.AnyEps = true
	return i
}

func (a nearestOnce) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	if !math.IsInf(t.Eps, 1) {
		return arbench.Tensor{}, fmt.Errorf("asked within eps %v", t.Eps)
	}
	asked.Add(int32(t.Len()))
	return a.nearest.Perturb(ctx, t)
}

// TestOneRunAnswersEveryEps puts linear models to the closed form within four eps: it is asked once, and
// leaves at each what PGD does, which is asked four times.
func TestOneRunAnswersEveryEps(t *testing.T) {
	text := suiteText + "\n[attacks.extra]\nuse = \"test-nearest-once\"\n"
	budgets := []float64{0.005, 0.01, 0.02, 0.04}
	for _, eps := range budgets[1:] {
		text += fmt.Sprintf("[threats.t%d]\nnorm = \"linf\"\neps = %v\n", int(eps*1000), eps)
	}
	p, st := planned(t, text, "dataset.tests=400", "seeds.train=[0]", "threats.near.eps=0.005"), opened(t, t.TempDir())
	asked.Store(0)
	r := run(t, st, p, runner.Options{})
	if n := asked.Load(); n != 2*400 {
		t.Errorf("put to %d examples, want each of 400 of 2 models once", n)
	}
	left := map[string]map[float64]float64{}
	ids := map[string]bool{}
	for _, c := range r.Cells {
		if c.Cell.Kind != arbench.AttackCell || c.Cell.Model != "at" {
			continue
		}
		if c.Cell.Attack == "extra" {
			ids[c.ID] = true
		}
		for _, q := range c.Quantities {
			if q.Name == "accuracy" {
				if left[c.Cell.Attack] == nil {
					left[c.Cell.Attack] = map[float64]float64{}
				}
				left[c.Cell.Attack][c.Cell.Budget.Eps] = q.Value
			}
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d answers for one question", len(ids))
	}
	for _, eps := range budgets {
		if got, want := left["extra"][eps], left["pgd"][eps]; math.Abs(got-want) > 0.5 || got == 0 || got == 100 {
			t.Errorf("eps %v: %v %% left, %v %% by pgd", eps, got, want)
		}
	}
	compared, found, err := runner.Verify(t.Context(), st, p, runner.Options{})
	if err != nil || len(found) != 0 || compared != len(p.Cells) {
		t.Errorf("verified %d of %d cells, differences %v, error %v", compared, len(p.Cells), found, err)
	}
}

// TestCurveComesWithoutARun collects points between the threats from what is stored.
func TestCurveComesWithoutARun(t *testing.T) {
	text := suiteText + "\n[attacks.extra]\nuse = \"test-nearest-once\"\n"
	p, st := planned(t, text, "dataset.tests=400", "seeds.train=[0]"), opened(t, t.TempDir())
	run(t, st, p, runner.Options{})
	later := planned(t, text, "dataset.tests=400", "seeds.train=[0]", "threats.other={norm='linf',eps=0.01}")
	asked.Store(0)
	r := run(t, st, later, runner.Options{})
	if n := asked.Load(); n != 0 {
		t.Errorf("another eps cost %d examples", n)
	}
	within := map[string]float64{} // of model at
	for _, c := range r.Cells {
		for _, q := range c.Quantities {
			switch {
			case c.Cell.Model != "at" || c.Cell.Attack != "extra" || c.Cell.Threat != "near":
			case q.Name == "accuracy within":
				within[q.Detail] = q.Value
			}
		}
		if c.Cell.Attack == "extra" && c.Cell.Threat == "other" && c.Cell.Model == "at" {
			for _, q := range c.Quantities {
				if q.Name == "accuracy" {
					within["other"] = q.Value
				}
			}
		}
	}
	if got, want := within["other"], within["linf 0.01"]; got != want || got == 0 {
		t.Errorf("accuracy at the threat of eps 0.01 is %v, on the curve %v", got, want)
	}
	if !(within["linf 0.005"] >= within["linf 0.01"] && within["linf 0.01"] > within["linf 0.04"]) {
		t.Errorf("the curve is %v", within)
	}
}
