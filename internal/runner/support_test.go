package runner_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/attacks/fgsm"
	_ "github.com/arbench/arbench/attacks/pgd"
	_ "github.com/arbench/arbench/backends/gorgonia"
	_ "github.com/arbench/arbench/backends/linear"
	_ "github.com/arbench/arbench/internal/arch"
	_ "github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/suite"
	_ "github.com/arbench/arbench/regularizers/advtrain"
)

// Two classes of 4×4 images: noise of deviation sigma around 0.5 - mu and 0.5 + mu, far enough from
// 0 and 1 for the box to play no part.
const mu, sigma = 0.04, 0.08

func init() {
	arbench.Datasets.Register("gaussians", func() arbench.Dataset {
		return &gaussians{Training: 400, Tests: 4000}
	})
}

type gaussians struct {
	Training int `toml:"training"`
	Tests    int `toml:"tests"`
}

func (g *gaussians) Info() arbench.DatasetInfo {
	return arbench.DatasetInfo{Doc: "two Gaussian classes", Shape: []int{1, 4, 4}, Classes: 2}
}

func (g *gaussians) Open(context.Context) (*arbench.Data, error) {
	return &arbench.Data{
		Title: "gaussians", Digest: fmt.Sprint("gaussians", *g),
		Train: draws{"train", g.Training}, Test: draws{"test", g.Tests},
	}, nil
}

type draws struct {
	split string
	n     int
}

func (d draws) Len() int { return d.n }

func (d draws) Read(i int, x []float32) int {
	r := arbench.KeyedRand(11, d.split, i)
	y := i % 2
	for j := range x {
		x[j] = float32(0.5 + mu*float64(2*y-1) + sigma*r.NormFloat64())
	}
	return y
}

// suiteText is a suite of softmax regression, standard and adversarially trained.
const suiteText = `
schema = 1
name = "gaussians"
seeds = { train = [0, 1] }
level = 0.99
backend = { use = "linear" }
dataset = { use = "gaussians" }

[recipe]
arch = { use = "linear" }
epochs = 5
batch = 32
optimizer = { use = "sgd" }
schedule = { use = "constant", rate = 0.1 }

[models.standard]

[models.at]
regularizers.at = { use = "advtrain", norm = "linf", eps = 0.02, attack = { use = "pgd", steps = 3 } }

[threats.near]
norm = "linf"
eps = 0.02

[attacks.pgd]
use = "pgd"
steps = 20
`

func planned(t testing.TB, text string, set ...string) *plan.Plan {
	t.Helper()
	s, err := suite.Parse("test.toml", []byte(text), set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(context.Background(), s, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func opened(t testing.TB, dir string) *store.Store {
	t.Helper()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func run(t testing.TB, st *store.Store, p *plan.Plan, o runner.Options) *arbench.Results {
	t.Helper()
	failures, err := runner.Run(context.Background(), st, p, o)
	if err != nil || len(failures) > 0 {
		t.Fatalf("failures %v, error %v", failures, err)
	}
	r, err := runner.Collect(st, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// find returns the quantity of one cell of the results.
func find(t testing.TB, r *arbench.Results, c arbench.Cell, name string) arbench.Quantity {
	t.Helper()
	for _, res := range r.Cells {
		got := res.Cell
		if got.Kind != c.Kind || got.Model != c.Model || got.Seed != c.Seed || got.Split != c.Split {
			continue
		}
		for _, q := range res.Quantities {
			if q.Name == name && q.Split == c.Split {
				return q
			}
		}
	}
	t.Fatalf("no %s of %+v", name, c)
	return arbench.Quantity{}
}

// For logits difference w·x + b and class means ±mu, the part of the examples that no attack within
// eps moves over the boundary is the mean over both classes of
// Φ((y(w·mean_y + b) - eps ‖w‖₁) / (sigma ‖w‖₂)).
func closedForm(w []float32, bias, eps float64) float64 {
	l1, l2, sum := 0.0, 0.0, 0.0
	for _, v := range w {
		l1 += math.Abs(float64(v))
		l2 += float64(v) * float64(v)
		sum += float64(v)
	}
	acc := 0.0
	for _, y := range []float64{-1, 1} {
		margin := y*((0.5+y*mu)*sum+bias) - eps*l1
		acc += math.Erfc(-margin/(sigma*math.Sqrt(l2))/math.Sqrt2) / 4
	}
	return 100 * acc
}

// onSample returns the same part counted on the test examples themselves: for a linear model the
// worst change within eps is known.
func onSample(w []float32, bias, eps float64) float64 {
	const n = 4000
	held := 0
	x := make([]float32, len(w))
	for i := range n {
		y := draws{split: "test"}.Read(i, x)
		margin, l1 := bias, 0.0
		for j, v := range w {
			margin += float64(v) * float64(x[j])
			l1 += math.Abs(float64(v))
		}
		if float64(2*y-1)*margin-eps*l1 > 0 {
			held++
		}
	}
	return 100 * float64(held) / n
}
