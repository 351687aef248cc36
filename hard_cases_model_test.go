package arbench_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
)

// centred is softmax regression on images less the mean image of the batch, in the modes that use
// the batch's statistics: the least model whose rows influence each other.
type centred struct{ *linear.Model }

func (m *centred) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if c.Mode == arbench.Frozen {
		return m.Model.Run(ctx, c)
	}
	c.X = c.X.Clone()
	subtractMean(c.X)
	p, err := m.Model.Run(ctx, c)
	for _, dx := range p.DX {
		subtractMean(dx) // the derivative of x - mean(x) is its own transpose
	}
	return p, err
}

func subtractMean(x arbench.Tensor) {
	for j := range x.Row(0) {
		mean := float32(0)
		for i := range x.Len() {
			mean += x.Row(i)[j] / float32(x.Len())
		}
		for i := range x.Len() {
			x.Row(i)[j] -= mean
		}
	}
}

// An attack of training goes through batch statistics where the regularizer says so (Rice et al.
// 2020 attack in training mode, Madry et al. 2018 and TRADES in evaluation mode).
func TestInputDerivativesRunUnderBatchStatistics(t *testing.T) {
	ctx := context.Background()
	m := &centred{openLinear(t, 3, 1)}
	s := &arbench.Step{Model: m, Batch: labelled(t, m.Model, 1, 3)}
	loss := arbench.CrossEntropy{Y: s.Y}
	o := arbench.NewOracle(m, arbench.Gradients, arbench.BatchStats, s.Batch, linf)
	got := must[arbench.Pass](t)(o.Gradient(ctx, s.X, loss)).DX[0]
	sum := func() float64 {
		total := 0.0
		p := must[arbench.Pass](t)(m.Run(ctx, arbench.Call{
			X: s.X, Losses: []arbench.Loss{loss}, Mode: arbench.BatchStats,
		}))
		for _, v := range p.Values[0] {
			total += v
		}
		return total
	}
	var want []float64
	const h = 1.0 / 128
	for i, v := range s.X.Data {
		s.X.Data[i] = v + h
		up := sum()
		s.X.Data[i] = v - h
		want = append(want, (up-sum())/(2*h))
		s.X.Data[i] = v
	}
	near(t, "derivative", got.Data, want, 1e-4, 1e-3)

	a := &ascent{Steps: 2, StepSize: 0.03}
	frozen := must[arbench.Tensor](t)(s.Attack(ctx, a, linf, arbench.Frozen))
	batch := must[arbench.Tensor](t)(s.Attack(ctx, a, linf, arbench.BatchStats))
	if cmp.Equal(frozen, batch) {
		t.Error("the mode of the attack changes nothing")
	}
}

// eot attacks a randomized model through the mean of several answers (Athalye et al. 2018).
type eot struct{ samples int }

func (*eot) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Access: arbench.Gradients, Norms: []arbench.Norm{arbench.L2}}
}

func (a *eot) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	p, err := t.Model.Averaged(a.samples).Gradient(ctx, x, arbench.CrossEntropy{Y: t.Y})
	if err != nil {
		return x, err
	}
	for i := range t.Len() {
		along(x.Row(i), p.DX[0].Row(i), arbench.L2, t.At(i))
	}
	return x, nil
}

// The mean of 200 noisy derivatives points closer to that of 4000 other draws than one of them does,
// for nearly every example, and each draw is booked.
func TestAveragedAnswersFollowTheExpectation(t *testing.T) {
	ctx := context.Background()
	m := &noisy{Model: openLinear(t, 4, 5), sigma: 0.8}
	b := labelled(t, m.Model, 1, 8)
	threat := arbench.Threat{Norm: arbench.L2, Eps: 0.1}
	expected := arbench.NewTensor(b.X.Shape...)
	for key := range uint64(4000) {
		p := must[arbench.Pass](t)(m.Run(ctx, arbench.Call{
			X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}, Want: arbench.DX, Key: 1e6 + key,
		}))
		for i, v := range p.DX[0].Data {
			expected.Data[i] += v
		}
	}
	cosines := func(samples int) []float64 {
		o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
		x := must[arbench.Tensor](t)((&eot{samples}).Perturb(ctx,
			arbench.Trial{Model: o, Batch: b, Threat: threat}))
		if got := o.Books().Forward[0]; got != samples {
			t.Errorf("%d passes booked, want %d", got, samples)
		}
		out := make([]float64, b.Len())
		for i := range out {
			dot := 0.0
			for j, v := range x.Row(i) {
				dot += float64(v-b.X.Row(i)[j]) * float64(expected.Row(i)[j])
			}
			out[i] = dot / threat.Eps / arbench.L2.Of(expected.Row(i))
		}
		return out
	}
	one, many := cosines(1), cosines(200)
	closer := 0
	for i := range one {
		if many[i] > one[i] {
			closer++
		}
		if many[i] < 0.99 {
			t.Errorf("example %d: cosine %v to the expectation, want 0.99", i, many[i])
		}
	}
	if closer < 7 {
		t.Errorf("the mean is closer for %d of 8 examples", closer)
	}
}

// transfer attacks another model of the suite and shows the candidates to this one.
type transfer struct {
	Source arbench.ModelRef `toml:"source"`
	ascent
}

func (*transfer) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Access: arbench.Labels, Norms: []arbench.Norm{arbench.Linf}}
}

func (a *transfer) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	target := t.Model
	t.Model = t.Others[a.Source]
	x, err := a.ascent.Perturb(ctx, t)
	if err != nil {
		return x, err
	}
	_, err = target.Labels(ctx, x)
	return x, err
}

// Candidates of the source are those of a white-box attack on it; the target only sees the last of
// them, and refuses more than labels.
func TestTransferAttacksTheOtherModelOnItsOwnBooks(t *testing.T) {
	ctx := context.Background()
	source, target := openLinear(t, 3, 1), openLinear(t, 3, 2)
	b := labelled(t, source, 1, 5)
	a := &transfer{Source: "other", ascent: ascent{Steps: 3, StepSize: 0.05}}
	own := arbench.NewOracle(target, a.Info().Access, arbench.Frozen, b, linf)
	other := arbench.NewOracle(source, arbench.Gradients, arbench.Frozen, b, linf)
	trial := arbench.Trial{
		Model: own, Batch: b, Threat: linf, Others: map[arbench.ModelRef]*arbench.Oracle{"other": other},
	}
	got := must[arbench.Tensor](t)(a.Perturb(ctx, trial))
	want, _, _, err := put(ctx, source, &a.ascent, b, linf)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates -want +got:\n%s", diff)
	}
	if own.Books().Forward[0] != 1 || own.Books().Backward[0] != 0 || other.Books().Backward[0] != 3 {
		t.Errorf("books of the target %+v, of the source %+v", *own.Books(), *other.Books())
	}
	_, err = a.ascent.Perturb(ctx, arbench.Trial{Model: own, Batch: b, Threat: linf})
	if err == nil || !strings.Contains(err.Error(), "declared access to labels") {
		t.Errorf("the target gave gradients to an attack that declared labels: %v", err)
	}
	if d := math.Abs(linf.Distance(got.Data, b.X.Data) - linf.Eps); d > 1e-6 {
		t.Errorf("candidates are %v short of eps", d)
	}
}
