package arbench_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// centring is a model that takes the mean image of a call from its images, in modes with statistics of the batch.
type centring struct {
	arbench.Model
	loss *arbench.Loss // where not nil, the last one is put there
}

func (m centring) Info() arbench.ModelInfo {
	i := m.Model.Info()
	i.Network = &arbench.Network{Input: i.Shape}
	i.Network.Add("bn", arbench.BatchNorm{})
	return i
}

func (m centring) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if m.loss != nil && len(c.Losses) > 0 {
		*m.loss = c.Losses[0]
	}
	if c.Mode != arbench.Frozen {
		c.X = c.X.Clone()
		for j := range c.X.Row(0) {
			mean := float32(0)
			for i := range c.X.Len() {
				mean += c.X.Row(i)[j] / float32(c.X.Len())
			}
			for i := range c.X.Len() {
				c.X.Row(i)[j] -= mean
			}
		}
	}
	return m.Model.Run(ctx, c)
}

// TestLeavingExamplesOutLeavesTheStatistics: an answer about some examples is that of a pass of all, with the
// others where they were last asked about, and every example is booked.
func TestLeavingExamplesOutLeavesTheStatistics(t *testing.T) {
	m := centring{Model: openLinear(t, 3, 1)}
	b := labelled(t, m, 1, 4)
	ctx := context.Background()
	for name, access := range map[string]arbench.Access{"scores": arbench.Scores, "gradients": arbench.Gradients} {
		t.Run(name, func(t *testing.T) {
			o := arbench.NewOracle(m, access, arbench.BatchStats, b, linf)
			now, rows := b.X.Clone(), []int{3, 1}
			for i := range now.Row(2) { // the example 2 stands where this pass leaves it
				now.Row(2)[i] = 1
			}
			must[arbench.Tensor](t)(o.Logits(ctx, now.Rows(2, 3), 2))
			for _, r := range rows {
				now.Row(r)[0] = 0
			}
			call := func(rows ...int) arbench.Call {
				c := arbench.Call{X: now.Clone(), Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}}
				if access == arbench.Gradients {
					c.Want = arbench.DX
				}
				if len(rows) > 0 {
					c.X, c.Rows = now.Gather(rows), rows
					c.Losses = []arbench.Loss{arbench.CrossEntropy{Y: []int{b.Y[rows[0]], b.Y[rows[1]]}}}
				}
				return c
			}
			whole := call()
			whole.Mode = arbench.BatchStats
			want := must[arbench.Pass](t)(m.Run(ctx, whole))
			want.Logits = want.Logits.Gather(rows)
			want.Values[0] = []float64{want.Values[0][3], want.Values[0][1]}
			for i := range want.DX {
				want.DX[i] = want.DX[i].Gather(rows)
			}
			got := must[arbench.Pass](t)(o.Run(ctx, call(rows...)))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff([]int{2, 2, 2, 2}, o.Books().Forward); diff != "" {
				t.Errorf("books -want +got:\n%s", diff)
			}
		})
	}
	var seen arbench.Loss
	loss := arbench.CrossEntropy{Y: b.Y}
	known := arbench.NewOracle(centring{m.Model, &seen}, arbench.Gradients, arbench.BatchStats, b, linf)
	must[arbench.Pass](t)(known.Gradient(ctx, b.X, loss, 0, 1, 2, 3))
	if diff := cmp.Diff(arbench.Loss(loss), seen); diff != "" {
		t.Errorf("the loss of all rows -want +got:\n%s", diff)
	}
	o := arbench.NewOracle(m, arbench.Scores, arbench.BatchStats, b, linf)
	_, err := o.Logits(ctx, b.X.Gather([]int{1, 1}), 1, 1)
	if err == nil || !strings.Contains(err.Error(), `row 1 twice`) {
		t.Errorf("one example twice: error %v", err)
	}
	frozen := arbench.NewOracle(m, arbench.Scores, arbench.Frozen, b, linf)
	must[arbench.Tensor](t)(frozen.Logits(ctx, b.X.Rows(2, 3), 2))
	if diff := cmp.Diff([]int{0, 0, 1, 0}, frozen.Books().Forward); diff != "" {
		t.Errorf("frozen: books -want +got:\n%s", diff)
	}
}

// TestPassesOfSomeExamplesAreCheckedAsTheyAreAsked: what does not fit is refused, though the model is asked about all.
func TestPassesOfSomeExamplesAreCheckedAsTheyAreAsked(t *testing.T) {
	m := centring{Model: openLinear(t, 3, 1)}
	b := labelled(t, m, 1, 4)
	x := b.X.Rows(0, 2)
	for name, c := range map[string]arbench.Call{
		"one label for two rows": {X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y[:1]}}},
		"four for two":           {X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}},
		"a class that is none":   {X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: []int{77, 1}}}},
		"another shape":          {X: arbench.NewTensor(2, 1, 1, 1)},
	} {
		c.Rows = []int{0, 1}
		_, err := arbench.NewOracle(m, arbench.Gradients, arbench.BatchStats, b, linf).Run(t.Context(), c)
		if err == nil || strings.Contains(err.Error(), "panic") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// climbing is a centring model that makes ascents, which move nothing.
type climbing struct{ centring }

func (climbing) Ascend(_ context.Context, a arbench.Ascent) ([]int, bool, error) {
	return make([]int, a.X.Len()), true, nil
}

// TestAscentsOfAllExamplesInAnotherOrderLeaveEachWhereItEnds: a pass of one of them takes the others from there.
func TestAscentsOfAllExamplesInAnotherOrderLeaveEachWhereItEnds(t *testing.T) {
	m := climbing{centring{Model: openLinear(t, 3, 1)}}
	b := labelled(t, m, 1, 4)
	ends, order := b.X.Clone(), []int{3, 2, 1, 0}
	for i := range ends.Len() {
		ends.Row(i)[0] = float32(i) / 8
	}
	all := arbench.NewOracle(m, arbench.Gradients, arbench.BatchStats, b, linf)
	want := must[arbench.Tensor](t)(all.Logits(t.Context(), ends))
	o := arbench.NewOracle(m, arbench.Gradients, arbench.BatchStats, b, linf)
	a := arbench.Ascent{X0: b.X.Gather(order), X: ends.Gather(order), Y: []int{b.Y[3], b.Y[2], b.Y[1], b.Y[0]}, Steps: 1}
	if ok, err := o.Ascend(t.Context(), a, order...); !ok || err != nil {
		t.Fatalf("got %v, %v; want an ascent", ok, err)
	}
	got := must[arbench.Tensor](t)(o.Logits(t.Context(), ends.Rows(2, 3), 2))
	if diff := cmp.Diff(want.Gather([]int{2}), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
