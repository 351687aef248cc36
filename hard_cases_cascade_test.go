package arbench_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// cascade runs a weak attack and then a strong one, as AutoAttack does (Croce & Hein 2020).
type cascade struct{}

func (*cascade) Info() arbench.AttackInfo { return (&ascent{}).Info() }

func (*cascade) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) {
	panic("the runner calls the stages")
}

func (*cascade) Stages(m arbench.ModelInfo, t arbench.Threat) ([]arbench.Stage, error) {
	return []arbench.Stage{
		{Name: "weak", Attack: &ascent{Steps: 1, StepSize: t.Eps / 3}},
		{Name: "strong", Attack: &ascent{Steps: 3, StepSize: t.Eps / 2, Random: m.Classes > 2}},
	}, nil
}

// outcome is what runStages wrote down of each example.
type outcome struct {
	stage    []int
	forward  []int
	backward []int
	batches  []int // sizes, in order
}

// runStages puts each stage to the examples that no stage before it broke, in batches of the given
// size that it refills.
func runStages(
	ctx context.Context, m arbench.Model, a arbench.Staged, b arbench.Batch, t arbench.Threat, size int,
) (outcome, error) {
	n := b.Len()
	out := outcome{stage: make([]int, n), forward: make([]int, n), backward: make([]int, n)}
	stages, err := a.Stages(m.Info(), t)
	if err != nil {
		return out, err
	}
	for k, s := range stages {
		var left []int
		for i := range n {
			if out.stage[i] == 0 {
				left = append(left, i)
			}
		}
		for len(left) > 0 {
			rows := left[:min(size, len(left))]
			left = left[len(rows):]
			_, broken, books, err := put(ctx, m, s.Attack, b.Gather(rows), t.Gather(rows))
			if err != nil {
				return out, err
			}
			out.batches = append(out.batches, len(rows))
			for i, r := range rows {
				out.forward[r] += books.Forward[i]
				out.backward[r] += books.Backward[i]
				if broken[i] {
					out.stage[r] = k + 1
				}
			}
		}
	}
	return out, nil
}

// distances returns the least change, in the norm, that takes each example of b over the nearest
// boundary of softmax regression, far from the box: min over k of |margin| / ‖w_y - w_k‖ dual.
func distances(t *testing.T, m arbench.Trainable, b arbench.Batch, norm arbench.Norm) []float64 {
	w, bias := weightsOf(t, m)
	dual := map[arbench.Norm]arbench.Norm{
		arbench.Linf: arbench.L1, arbench.L2: arbench.L2, arbench.L1: arbench.Linf,
	}[norm]
	out := make([]float64, b.Len())
	for i, y := range b.Y {
		out[i] = math.Inf(1)
		for k := range bias {
			if k == y {
				continue
			}
			d, margin := make([]float32, len(w.Row(k))), float64(bias[y])-float64(bias[k])
			for j, v := range b.X.Row(i) {
				d[j] = w.Row(y)[j] - w.Row(k)[j]
				margin += float64(d[j]) * float64(v)
			}
			out[i] = min(out[i], margin/dual.Of(d))
		}
	}
	return out
}

// centre moves the biases of m so that a grey image is on the boundary of all classes.
func centre(t *testing.T, m arbench.Trainable) {
	t.Helper()
	w, bias := weightsOf(t, m)
	for k := range bias {
		bias[k] = 0
		for _, v := range w.Row(k) {
			bias[k] -= v / 2
		}
	}
	err := m.SetParams(context.Background(), []arbench.Param{
		{Name: "fc.bias", Value: arbench.Tensor{Shape: []int{len(bias)}, Data: bias}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// spreadOut centres m, a model of two classes, and returns n examples whose Linf distances to its
// boundary cover [0, 2 eps].
func spreadOut(t *testing.T, m arbench.Trainable, n int, eps float64) arbench.Batch {
	t.Helper()
	centre(t, m)
	w, _ := weightsOf(t, m)
	b := arbench.Batch{X: randomImages(1, n, m.Info().Shape, 0.4, 0.6)}
	for i := range n {
		b.Y, b.ID = append(b.Y, i%2), append(b.ID, 100+i)
	}
	at := distances(t, m, b, arbench.Linf)
	for i, y := range b.Y {
		want := 2 * eps * (float64(i) + 0.5) / float64(n)
		for j := range b.X.Row(i) {
			b.X.Row(i)[j] += float32((want - at[i])) * sign(w.Row(y)[j]-w.Row(1 - y)[j])
		}
	}
	return b
}

// With two classes a sign step is exact: the weak stage breaks what is nearer than eps/3, the strong
// one what is nearer than eps, whatever the size of the batches.
func TestCascadeAttributesEachExampleToItsStage(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 2, 3)
	b := spreadOut(t, m, 12, linf.Eps)
	want := outcome{}
	for i, d := range distances(t, m, b, arbench.Linf) {
		stage, passes := 0, 1+3
		switch {
		case d < linf.Eps/3:
			stage, passes = 1, 1
		case d < linf.Eps:
			stage = 2
		}
		if i == 0 && stage != 1 || i == 11 && stage != 0 {
			t.Fatalf("example %d is %v away: the case tests nothing", i, d)
		}
		want.stage = append(want.stage, stage)
		want.forward = append(want.forward, passes)
		want.backward = append(want.backward, passes)
	}
	for size, batches := range map[int][]int{
		5:  {5, 5, 2, 5, 5}, // 12, then the 10 survivors in full batches
		12: {12, 10},
		1:  nil,
	} {
		got, err := runStages(ctx, m, &cascade{}, b, linf, size)
		if err != nil {
			t.Fatal(err)
		}
		if batches != nil {
			if diff := cmp.Diff(batches, got.batches); diff != "" {
				t.Errorf("batches of %d -want +got:\n%s", size, diff)
			}
		}
		got.batches = nil
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("batches of %d -want +got:\n%s", size, diff)
		}
	}
}

// dropping is sign ascent that stops working on an example once it is broken.
type dropping struct {
	steps int
	size  float64
}

func (*dropping) Info() arbench.AttackInfo { return (&ascent{}).Info() }

func (a *dropping) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x, rows := t.X.Clone(), make([]int, t.Len())
	for i := range rows {
		rows[i] = i
	}
	for range a.steps {
		part := t.Batch.Gather(rows)
		now := x.Gather(rows)
		p, err := t.Model.Gradient(ctx, now, arbench.CrossEntropy{Y: part.Y}, rows...)
		if err != nil {
			return x, err
		}
		var kept []int
		for i, r := range rows {
			if arbench.Argmax(p.Logits.Row(i)) != part.Y[i] {
				continue
			}
			for j, g := range p.DX[0].Row(i) {
				x.Row(r)[j] += float32(a.size) * sign(g)
			}
			t.ProjectRow(x.Row(r), t.X.Row(r), t.At(r))
			kept = append(kept, r)
		}
		if rows = kept; len(rows) == 0 {
			break
		}
	}
	return x, nil
}

// An example at distance d is broken by step ⌊d/size⌋+1, and seen to be by the pass after it: its
// first success and its passes are the same number, and nobody pays for it afterwards.
func TestDroppedExamplesAreBookedToTheStepThatBrokeThem(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 2, 3)
	b := spreadOut(t, m, 12, linf.Eps)
	a := &dropping{steps: 12, size: linf.Eps / 10}
	_, _, got, err := put(ctx, m, a, b, linf)
	if err != nil {
		t.Fatal(err)
	}
	want := &arbench.Books{}
	for _, d := range distances(t, m, b, arbench.Linf) {
		first, passes := 0, a.steps
		if d < linf.Eps {
			first = int(math.Floor(d/a.size)) + 2
			passes = first
		}
		want.First = append(want.First, first)
		want.Forward = append(want.Forward, passes)
		want.Backward = append(want.Backward, passes)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
