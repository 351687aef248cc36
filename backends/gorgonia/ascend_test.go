package gorgonia

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/internal/golden"
)

// stepwise is a model that shows nothing but Run.
type stepwise struct{ arbench.Model }

// An ascent made as a whole gives the bits and the books of the same steps made one by one.
func TestAscendIsTheStepsOneByOne(t *testing.T) {
	for k, tt := range golden.Nets {
		m, b, _ := openGolden(t, k)
		t.Run(tt.Name, func(t *testing.T) { checkAscent(t, m, b) })
	}
	c := newTrial(t, smallNets()["transformer"], 40, arbench.KeyedRand(76))
	b := arbench.Batch{X: c.x, Y: crossEntropy(40, 3).Y, ID: make([]int, 40)}
	for i := range b.ID {
		b.ID[i] = i
	}
	t.Run("transformer", func(t *testing.T) { checkAscent(t, c.model(t, 2), b) })
}

func checkAscent(t *testing.T, m *Model, b arbench.Batch) {
	for _, loss := range []string{"ce", "margin"} {
		a := pgd.New()
		a.Steps, a.Loss = 7, loss
		threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
		var candidates [2]arbench.Tensor
		var books [2]*arbench.Books
		for i, model := range []arbench.Model{m, stepwise{m}} {
			o := arbench.NewOracle(model, arbench.Gradients, arbench.Frozen, b, threat)
			x, err := arbench.Trial{Model: o, Batch: b, Threat: threat}.Put(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			candidates[i], books[i] = x, o.Books()
		}
		if cmp.Equal(candidates[0], b.X) {
			t.Errorf("%s: the ascent stays where it starts", loss)
		}
		if d := cmp.Diff(candidates[1], candidates[0]); d != "" {
			t.Errorf("%s: candidates: -one by one +whole\n%s", loss, d)
		}
		if d := cmp.Diff(books[1], books[0]); d != "" {
			t.Errorf("%s: books: -one by one +whole\n%s", loss, d)
		}
	}
}

func TestAscendLeavesOtherAscentsAlone(t *testing.T) {
	m, b, _ := openGolden(t, 2) // with batch normalization
	ascent := arbench.Ascent{
		X0: b.X, X: b.X.Clone(), Y: b.Y, Loss: arbench.CrossEntropy{Y: b.Y}, Steps: 2,
		Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, Size: make([]float64, b.Len()),
	}
	coupled := arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {})
	for name, change := range map[string]func(*arbench.Ascent){
		"statistics of the batch": func(a *arbench.Ascent) { a.Mode = arbench.BatchStats },
		"another norm":            func(a *arbench.Ascent) { a.Norm = arbench.L2 },
		"a loss of its own":       func(a *arbench.Ascent) { a.Loss = coupled },
	} {
		a := ascent
		change(&a)
		if _, ok, err := m.Ascend(t.Context(), a); ok || err != nil {
			t.Errorf("%s: got %v, %v; want it left to the caller", name, ok, err)
		}
		if d := cmp.Diff(b.X, a.X); d != "" {
			t.Errorf("%s: the start changed", name)
		}
	}
}
