package arbench_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/backends/linear"
)

// noisy is a model with a random layer: it adds to every pixel of a call the same normal number,
// drawn from the call's key.
type noisy struct {
	*linear.Model
	sigma float64
	keys  []uint64
}

func (m *noisy) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	m.keys = append(m.keys, c.Key)
	c.X = c.X.Clone()
	r := arbench.KeyedRand(c.Key, "noise")
	for j := range c.X.Row(0) {
		v := float32(m.sigma * r.NormFloat64())
		for i := range c.X.Len() {
			c.X.Row(i)[j] += v
		}
	}
	return m.Model.Run(ctx, c)
}

var linf = arbench.Threat{Norm: arbench.Linf, Eps: 0.1}

func TestOracleRefusesBeyondTheDeclaredAccess(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 2)
	ctx := context.Background()
	loss := arbench.CrossEntropy{Y: b.Y}
	asks := []struct {
		name string
		need arbench.Access
		ask  func(o *arbench.Oracle) error
	}{
		{"labels", arbench.Labels, func(o *arbench.Oracle) error { _, err := o.Labels(ctx, b.X); return err }},
		{"scores", arbench.Scores, func(o *arbench.Oracle) error { _, err := o.Logits(ctx, b.X); return err }},
		{"gradients", arbench.Gradients, func(o *arbench.Oracle) error {
			_, err := o.Gradient(ctx, b.X, loss)
			return err
		}},
		{"parameters", arbench.Weights + 1, func(o *arbench.Oracle) error { // never
			_, err := o.Run(ctx, arbench.Call{X: b.X, Losses: []arbench.Loss{loss}, Want: arbench.DParams})
			return err
		}},
	}
	for access := arbench.Labels; access <= arbench.Weights; access++ {
		for _, a := range asks {
			o := arbench.NewOracle(m, access, arbench.Frozen, b, linf)
			err := a.ask(o)
			if refused := err != nil; refused != (a.need > access) {
				t.Errorf("access to %v, asked for %s: error %v", access, a.name, err)
			}
			if err != nil && o.Books().Forward[0] != 0 {
				t.Errorf("access to %v: a refused pass for %s was counted", access, a.name)
			}
		}
	}
	_, err := arbench.NewOracle(m, arbench.Labels, arbench.Frozen, b, linf).Logits(ctx, b.X)
	if want := "declared access to labels but asks for scores"; !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestOracleAnswersAboutNoRowsWithNothing(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 2)
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b.Gather([]int{}), linf)
	x := b.X.Gather([]int{})
	loss := arbench.CrossEntropy{}
	got, err := o.Run(t.Context(), arbench.Call{X: x, Losses: []arbench.Loss{loss, loss}, Want: arbench.DX})
	if err != nil {
		t.Fatal(err)
	}
	want := arbench.Pass{Logits: arbench.NewTensor(0, 3), Values: make([][]float64, 2), DX: []arbench.Tensor{x, x}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pass (-want +got):\n%s", diff)
	}
}

// TestExampleAttackKeepsTheRules puts the attack of example_attack_test.go to the kit.
func TestExampleAttackKeepsTheRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return &CoinFlip{Flips: 5} }, attacktest.Random)
}

func TestOracleBooksPassesUnderTheExampleAfterCompaction(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 4)
	ctx := context.Background()
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, linf)
	rows := []int{3, 1}
	part := b.Gather(rows)
	two := []arbench.Loss{arbench.CrossEntropy{Y: part.Y}, arbench.Margin{Y: part.Y}}
	must[[]int](t)(o.Labels(ctx, b.X))
	must[arbench.Tensor](t)(o.Logits(ctx, part.X, rows...))
	must[arbench.Pass](t)(o.Gradient(ctx, part.X, two[0], rows...))
	must[arbench.Pass](t)(o.Run(ctx, arbench.Call{X: part.X, Rows: rows, Losses: two, Want: arbench.DX}))
	must[arbench.Pass](t)(o.Run(ctx, arbench.Call{X: part.X, Rows: rows, Losses: two}))
	must[arbench.Tensor](t)(o.Averaged(3).Logits(ctx, part.X.Rows(0, 1), 3))
	want := &arbench.Books{
		Forward:  []int{1, 5, 1, 8},
		Backward: []int{0, 3, 0, 3},
		First:    []int{0, 0, 0, 0},
	}
	if diff := cmp.Diff(want, o.Books()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := o.Logits(ctx, part.X); err == nil {
		t.Error("two rows for four examples without saying which: no error")
	}
	if _, err := o.Logits(ctx, part.X, 1); err == nil {
		t.Error("two rows under one example: no error")
	}
}

// The first success of each example counts only inside ball and box, whatever the order of rows.
func TestOracleBooksTheFirstSuccessInsideTheThreat(t *testing.T) {
	m := openLinear(t, 2, 1)
	w, bias := weightsOf(t, m)
	copy(w.Data, make([]float32, 12))
	w.Row(1)[0], bias[0], bias[1] = 1, 0.5, 0 // class 1 where the first pixel exceeds 0.5
	err := m.SetParams(context.Background(), []arbench.Param{
		{Name: "fc.weight", Value: w}, {Name: "fc.bias", Value: arbench.Tensor{Shape: []int{2}, Data: bias}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	b := arbench.Batch{X: arbench.NewTensor(3, 1, 2, 3), Y: []int{0, 0, 0}, ID: []int{0, 1, 2}}
	for i, v := range []float32{0.45, 0.45, 0.3} {
		b.X.Row(i)[0] = v
	}
	threat := arbench.Threat{Norm: arbench.Linf, Each: []float64{0.1, 0.1, 0.9}}
	o := arbench.NewOracle(m, arbench.Labels, arbench.Frozen, b, threat)
	at := func(v float32, row int) {
		x := b.X.Rows(row, row+1).Clone()
		x.Data[0] = v
		must[[]int](t)(o.Labels(ctx, x, row))
	}
	at(0.45, 0) // right
	at(0.65, 0) // wrong, but outside the ball
	at(0.54, 0) // wrong and inside: the third pass
	at(0.53, 0) // later success
	at(0.55, 1) // wrong at the edge of the ball, rounding allowed: the first pass
	at(1.1, 2)  // wrong, inside the ball, outside the box
	at(math.Nextafter32(1, 0), 2)
	if diff := cmp.Diff([]int{3, 1, 2}, o.Books().First); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAveragedIsTheMeanOverKeys(t *testing.T) {
	m := &noisy{Model: openLinear(t, 3, 1), sigma: 0.3}
	b := labelled(t, m.Model, 1, 3)
	ctx := context.Background()
	loss := arbench.CrossEntropy{Y: b.Y}
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, linf)
	got := must[arbench.Pass](t)(o.Averaged(4).Run(ctx, arbench.Call{
		X: b.X, Losses: []arbench.Loss{loss}, Want: arbench.DX, Key: 10,
	}))
	if diff := cmp.Diff([]uint64{10, 11, 12, 13}, m.keys); diff != "" {
		t.Errorf("keys -want +got:\n%s", diff)
	}
	logits, values := make([]float64, len(got.Logits.Data)), make([]float64, 3)
	dx := make([]float64, len(got.DX[0].Data))
	for key := uint64(10); key < 14; key++ {
		p := must[arbench.Pass](t)(m.Run(ctx, arbench.Call{
			X: b.X, Losses: []arbench.Loss{loss}, Want: arbench.DX, Key: key,
		}))
		for i, v := range p.Logits.Data {
			logits[i] += float64(v) / 4
		}
		for i, v := range p.Values[0] {
			values[i] += v / 4
		}
		for i, v := range p.DX[0].Data {
			dx[i] += float64(v) / 4
		}
	}
	near(t, "logits", got.Logits.Data, logits, 1e-6, 0)
	near(t, "values", got.Values[0], values, 1e-6, 0)
	near(t, "dx", got.DX[0].Data, dx, 1e-6, 0)
	if diff := cmp.Diff([]int{4, 4, 4}, o.Books().Forward); diff != "" {
		t.Errorf("books -want +got:\n%s", diff)
	}
}

func TestStepAttackProjectsAndCounts(t *testing.T) {
	m := openLinear(t, 3, 1)
	ctx := context.Background()
	s := &arbench.Step{Model: m, Batch: labelled(t, m, 1, 4), Seed: 1}
	x := must[arbench.Tensor](t)(s.Attack(ctx, &ascent{Steps: 3, StepSize: 1}, linf, arbench.Frozen))
	if d := linf.Distance(x.Data, s.X.Data); d > linf.Eps*(1+arbench.Tolerance) || d == 0 {
		t.Errorf("candidates are %v away, want within %v", d, linf.Eps)
	}
	must[arbench.Pass](t)(s.Run(ctx, arbench.Call{
		X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: s.Y}}, Want: arbench.DParams,
	}))
	must[arbench.Pass](t)(s.Run(ctx, arbench.Call{X: x}))
	if diff := cmp.Diff(arbench.Passes{Forward: 4*3 + 4 + 4, Backward: 4*3 + 4}, s.Passes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// short returns too few candidates.
type short struct{ ascent }

func (short) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	return t.X.Rows(0, 1).Clone(), nil
}

func TestStepAttackRefusesAWrongShape(t *testing.T) {
	m := openLinear(t, 3, 1)
	s := &arbench.Step{Model: m, Batch: labelled(t, m, 1, 4), Seed: 1}
	if _, err := s.Attack(context.Background(), &short{}, linf, arbench.Frozen); err == nil {
		t.Error("an attack that returned one candidate for four images went through")
	}
}

// thief moves the images it was given instead of copies.
type thief struct{ ascent }

func (thief) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	for i, v := range t.X.Data {
		t.X.Data[i] = 1 - v
	}
	return t.X, nil
}

func TestPutRefusesAnAttackThatMovesTheBall(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 4)
	before := b.X.Clone()
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, linf)
	_, err := arbench.Trial{Model: o, Batch: b, Threat: linf}.Put(context.Background(), &thief{})
	if err == nil || !strings.Contains(err.Error(), "changed the examples") {
		t.Errorf("got %v, want an error that the attack changed its examples", err)
	}
	if diff := cmp.Diff(before, b.X); diff != "" {
		t.Errorf("the images changed: -before +after\n%s", diff)
	}
}
