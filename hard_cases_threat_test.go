package arbench_test

import (
	"context"
	"iter"
	"testing"

	"github.com/arbench/arbench"
)

// Each example has its own budget: exactly those nearer than theirs break.
func TestEachExampleIsAttackedWithinItsOwnBudget(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 2, 3)
	b := spreadOut(t, m, 12, linf.Eps)
	at := distances(t, m, b, arbench.Linf)
	threat := arbench.Threat{Norm: arbench.Linf, Each: make([]float64, len(at))}
	for i, d := range at {
		threat.Each[i] = d * (0.99 + 0.02*float64(i/2%2)) // just too little, just enough
	}
	x, broken, _, err := put(ctx, m, &ascent{Steps: 4, StepSize: 0.1}, b, threat)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range at {
		if want := threat.Each[i] > d; broken[i] != want {
			t.Errorf("example %d at %v with eps %v: broken %v", i, d, threat.Each[i], broken[i])
		}
		if got := threat.Distance(x.Row(i), b.X.Row(i)); got > threat.Each[i]*(1+arbench.Tolerance) {
			t.Errorf("example %d: distance %v exceeds its eps %v", i, got, threat.Each[i])
		}
	}
}

// universal is one perturbation for all images, made once from training examples
// (Moosavi-Dezfooli et al. 2017; by sign ascent as in Shafahi et al. 2020).
type universal struct{}

func (*universal) Info() arbench.AttackInfo { return (&ascent{}).Info() }

func (a *universal) Craft(
	ctx context.Context, trials iter.Seq2[arbench.Trial, error],
) (arbench.Tensor, error) {
	var sum, delta arbench.Tensor
	for t, err := range trials {
		if err != nil {
			return delta, err
		}
		if sum.Data == nil {
			sum = arbench.NewTensor(t.X.Rows(0, 1).Shape...)
			delta = sum.Clone()
		}
		x := moved(t.X, delta)
		t.Project(x, t.X)
		p, err := t.Model.Gradient(ctx, x, arbench.CrossEntropy{Y: t.Y})
		if err != nil {
			return delta, err
		}
		for i := range t.Len() {
			for j, g := range p.DX[0].Row(i) {
				sum.Data[j] += g
			}
		}
		for j, g := range sum.Data {
			delta.Data[j] = float32(t.Eps) * sign(g)
		}
	}
	return delta, nil
}

func (a *universal) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	return moved(t.X, t.Crafted), nil
}

// moved returns x with delta added to each row.
func moved(x, delta arbench.Tensor) arbench.Tensor {
	out := x.Clone()
	for i := range x.Len() {
		for j, d := range delta.Data {
			out.Row(i)[j] += d
		}
	}
	return out
}

// Against examples of one of two classes the best universal perturbation is eps sign(w₁-w₀), which
// is each example's own worst case: it breaks exactly what is nearer than eps.
func TestUniversalPerturbationIsCraftedOnceAndFitsAll(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 2, 3)
	b := spreadOut(t, m, 24, linf.Eps)
	var zeros []int
	for i, y := range b.Y {
		if y == 0 {
			zeros = append(zeros, i)
		}
	}
	b = b.Gather(zeros)
	a := &universal{}
	trials := func(yield func(arbench.Trial, error) bool) {
		for i := 0; i < b.Len(); i += 4 {
			part := b.Gather([]int{i, i + 1, i + 2, i + 3})
			o := arbench.NewOracle(m, a.Info().Access, arbench.Frozen, part, linf)
			if !yield(arbench.Trial{Model: o, Batch: part, Threat: linf}, nil) {
				return
			}
		}
	}
	crafted := must[arbench.Tensor](t)(a.Craft(ctx, trials))
	w, _ := weightsOf(t, m)
	for j, v := range crafted.Data {
		if want := float32(linf.Eps) * sign(w.Row(1)[j]-w.Row(0)[j]); v != want {
			t.Errorf("pixel %d moves by %v, want %v", j, v, want)
		}
	}
	x := must[arbench.Tensor](t)(a.Perturb(ctx, arbench.Trial{Batch: b, Crafted: crafted}))
	linf.Project(x, b.X)
	broken := must[[]bool](t)(wrong(ctx, m, x, b.Y))
	for i, d := range distances(t, m, b, arbench.Linf) {
		if broken[i] != (d < linf.Eps) {
			t.Errorf("example %d at %v: broken %v", i, d, broken[i])
		}
	}
}

// brightness is a corruption of one parameter: what is added to every pixel.
type brightness struct{}

func (brightness) Width() int { return 1 }

func (brightness) Apply(p []float32, eps float64, x0, x []float32) {
	p[0] = min(max(p[0], float32(-eps)), float32(eps))
	for j, v := range x0 {
		x[j] = min(max(v+p[0], 0), 1)
	}
}

// grid tries evenly spaced parameters of a family of one parameter and keeps the worst. Its
// candidates are parameters; the runner makes the images of them.
type grid struct{ points int }

func (*grid) Info() arbench.AttackInfo { return arbench.AttackInfo{Access: arbench.Scores} }

func (a *grid) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	best, worst := arbench.NewTensor(t.Len(), t.Family.Width()), make([]float64, t.Len())
	x := t.X.Clone()
	for k := range a.points {
		try := best.Clone()
		for i := range t.Len() {
			try.Data[i] = float32(t.At(i) * (2*float64(k)/float64(a.points-1) - 1))
			t.Family.Apply(try.Row(i), t.At(i), t.X.Row(i), x.Row(i))
		}
		p, err := t.Model.Run(ctx, arbench.Call{X: x, Losses: []arbench.Loss{arbench.Margin{Y: t.Y}}})
		if err != nil {
			return best, err
		}
		for i, v := range p.Values[0] {
			if k == 0 || v > worst[i] {
				worst[i], best.Data[i] = v, try.Data[i]
			}
		}
	}
	return best, nil
}

// Brightness c adds c Σ(w_k - w_y) to the difference of two logits, so an example breaks where its
// margin is below eps |Σ(w_y - w_k)|, away from the box.
func TestCorruptionFamilyBreaksByTheClosedForm(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 2, 3)
	b := spreadOut(t, m, 12, linf.Eps)
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.09, Family: brightness{}}
	o := arbench.NewOracle(m, arbench.Scores, arbench.Frozen, b, threat)
	candidates := must[arbench.Tensor](t)((&grid{11}).Perturb(ctx,
		arbench.Trial{Model: o, Batch: b, Threat: threat}))
	x := b.X.Clone()
	for i := range b.Len() { // as the runner does
		threat.Family.Apply(candidates.Row(i), threat.At(i), b.X.Row(i), x.Row(i))
	}
	broken := must[[]bool](t)(wrong(ctx, m, x, b.Y))
	w, _ := weightsOf(t, m)
	sum, l1, hits := 0.0, 0.0, 0
	for j := range w.Row(0) {
		d := float64(w.Row(1)[j]) - float64(w.Row(0)[j])
		sum += d
		l1 += max(d, -d)
	}
	for i, d := range distances(t, m, b, arbench.Linf) {
		want := d*l1 < threat.Eps*max(sum, -sum)
		if broken[i] != want {
			t.Errorf("example %d: broken %v, want %v", i, broken[i], want)
		}
		if want {
			hits++
		}
	}
	if hits == 0 || hits == b.Len() {
		t.Errorf("%d of %d examples break: the case tests nothing", hits, b.Len())
	}
}
