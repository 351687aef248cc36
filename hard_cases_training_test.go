package arbench_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// takeStep takes one step of training in the order of the vocabulary.
func takeStep(
	ctx context.Context, s *arbench.Step, o arbench.Optimizer, rate float64, rs ...arbench.Regularizer,
) error {
	s.Loss = arbench.CrossEntropy{Y: s.Y}
	for _, r := range rs {
		if p, ok := r.(arbench.Preparer); ok {
			if err := p.Prepare(ctx, s); err != nil {
				return err
			}
		}
	}
	next := func(ctx context.Context, s *arbench.Step) error { return update(ctx, s, o, rate, rs) }
	for _, r := range rs {
		if w, ok := r.(arbench.Wrapper); ok {
			inner := next
			next = func(ctx context.Context, s *arbench.Step) error { return w.Around(ctx, s, inner) }
		}
	}
	return next(ctx, s)
}

func update(
	ctx context.Context, s *arbench.Step, o arbench.Optimizer, rate float64, rs []arbench.Regularizer,
) error {
	p, err := s.Run(ctx, arbench.Call{
		X: s.X, Losses: []arbench.Loss{s.Loss}, Weight: s.Weight, Groups: s.Groups,
		Mode: arbench.BatchUpdate, Want: arbench.DParams | s.Want,
	})
	if err != nil {
		return err
	}
	if s.Want&arbench.DX != 0 {
		s.DX = p.DX[0]
	}
	for _, r := range rs {
		if p, ok := r.(arbench.Penalizer); ok {
			if _, err := p.Penalize(ctx, s); err != nil {
				return err
			}
		}
	}
	return s.Model.Step(ctx, o, rate)
}

// stepGradient returns the derivative that a step of plain gradient descent at rate 1 moved the
// parameters against, and the step. The parameters are put back.
func stepGradient(
	t *testing.T, m arbench.Trainable, b arbench.Batch, rs ...arbench.Regularizer,
) ([]float64, *arbench.Step) {
	t.Helper()
	ctx := context.Background()
	before := must[arbench.State](t)(m.Snapshot(ctx))
	s := &arbench.Step{Model: m, Batch: b, Seed: 1}
	if err := takeStep(ctx, s, &arbench.SGD{}, 1, rs...); err != nil {
		t.Fatal(err)
	}
	after := must[[]arbench.Param](t)(m.Params(ctx))
	var g []float64
	for i, p := range before.Params {
		for k, v := range p.Value.Data {
			g = append(g, float64(v)-float64(after[i].Value.Data[k]))
		}
	}
	if err := m.Restore(ctx, before); err != nil {
		t.Fatal(err)
	}
	return g, s
}

// paramDifferences returns the central differences of f in every parameter of m.
func paramDifferences(t *testing.T, m arbench.Trainable, f func() float64) []float64 {
	t.Helper()
	ctx := context.Background()
	const h = 1.0 / 512
	var out []float64
	for _, p := range must[[]arbench.Param](t)(m.Params(ctx)) {
		for k, v := range p.Value.Data {
			at := func(v float32) float64 {
				p.Value.Data[k] = v
				if err := m.SetParams(ctx, []arbench.Param{p}); err != nil {
					t.Fatal(err)
				}
				return f()
			}
			up, down := at(v+h), at(v-h)
			at(v)
			out = append(out, (up-down)/(2*h))
		}
	}
	return out
}

// madry replaces the images by candidates of its attack (Madry et al. 2018).
type madry struct {
	attack arbench.Attack
	threat arbench.Threat
}

func (*madry) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "madry"} }
func (*madry) Replaces() []arbench.Part      { return []arbench.Part{arbench.Images} }

func (r *madry) Prepare(ctx context.Context, s *arbench.Step) (err error) {
	s.X, err = s.Attack(ctx, r.attack, r.threat, arbench.Frozen)
	return err
}

// With two classes and the box far away, the worst case of softmax regression in the Linf ball has
// the loss ln(1 + exp(-(m - eps ‖w₀-w₁‖₁))), where m is the margin: adversarial training descends
// that function (Goodfellow et al. 2015, section 5).
func worstCaseLoss(t *testing.T, m arbench.Trainable, b arbench.Batch, eps float64) float64 {
	w, bias := weightsOf(t, m)
	sum := 0.0
	for i, y := range b.Y {
		margin, norm := float64(bias[y])-float64(bias[1-y]), 0.0
		for j, v := range b.X.Row(i) {
			d := float64(w.Row(y)[j]) - float64(w.Row(1 - y)[j])
			margin += d * float64(v)
			norm += math.Abs(d)
		}
		sum += math.Log1p(math.Exp(-(margin - eps*norm))) / float64(b.Len())
	}
	return sum
}

func TestMadryTrainingDescendsTheWorstCase(t *testing.T) {
	m := openLinear(t, 2, 1)
	b := labelled(t, m, 1, 5)
	r := &madry{&ascent{Steps: 4, StepSize: 0.05}, linf}
	got, s := stepGradient(t, m, b, r)
	want := paramDifferences(t, m, func() float64 { return worstCaseLoss(t, m, b, linf.Eps) })
	near(t, "derivative", got, want, 2e-4, 1e-3)
	if diff := cmp.Diff(arbench.Passes{Forward: 5*4 + 5, Backward: 5*4 + 5}, s.Passes); diff != "" {
		t.Errorf("passes -want +got:\n%s", diff)
	}
}

// smoothing mixes the label with the uniform distribution (Szegedy et al. 2016).
type smoothing struct{ alpha float64 }

func (*smoothing) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "smoothing"} }
func (*smoothing) Replaces() []arbench.Part      { return []arbench.Part{arbench.Base} }

func (r *smoothing) Prepare(_ context.Context, s *arbench.Step) error {
	k := s.Model.Info().Classes
	p := arbench.NewTensor(s.Batch.Len(), k)
	for i, y := range s.Y {
		for c := range p.Row(i) {
			p.Row(i)[c] = float32(r.alpha / float64(k))
		}
		p.Row(i)[y] += float32(1 - r.alpha)
	}
	s.Loss = arbench.SoftCrossEntropy{P: p}
	return nil
}

// The derivative is 1-alpha of the label's and alpha of the mean over all classes.
func TestLabelSmoothingMixesDerivativesOfClasses(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 5)
	got, _ := stepGradient(t, m, b, &smoothing{alpha: 0.3})
	want, _ := stepGradient(t, m, b)
	for i := range want {
		want[i] *= 0.7
	}
	for k := range 3 {
		as := b
		as.Y = []int{k, k, k, k, k}
		g, _ := stepGradient(t, m, as)
		for i := range want {
			want[i] += 0.3 / 3 * g[i]
		}
	}
	near(t, "derivative", got, want, 1e-6, 0)
}

// free is free adversarial training (Shafahi et al. 2019, algorithm 1): each batch is replayed, and
// one pass gives both the step of the weights and that of the perturbation.
type free struct {
	replays int
	threat  arbench.Threat
}

func (*free) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "free"} }

func (r *free) Around(
	ctx context.Context, s *arbench.Step, next func(context.Context, *arbench.Step) error,
) error {
	x0 := s.X
	s.X, s.Want = x0.Clone(), s.Want|arbench.DX
	for range r.replays {
		if err := next(ctx, s); err != nil {
			return err
		}
		for i, g := range s.DX.Data {
			s.X.Data[i] += float32(r.threat.Eps) * sign(g)
		}
		r.threat.Project(s.X, x0)
	}
	s.X = x0
	return nil
}

// Each of m replays costs one pass each way. The images of replay k are those of the hand-written
// loop, so the weights after three replays equal it bit by bit.
func TestFreeTrainingReplaysOnePassForBothDerivatives(t *testing.T) {
	ctx := context.Background()
	m, byHand := openLinear(t, 3, 1), openLinear(t, 3, 1)
	b := labelled(t, m, 1, 4)
	s := &arbench.Step{Model: m, Batch: b}
	if err := takeStep(ctx, s, arbench.NewSGD(), 0.5, &free{3, linf}); err != nil {
		t.Fatal(err)
	}
	x := b.X.Clone()
	for range 3 {
		call := arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}}
		call.Want = arbench.DX
		p := must[arbench.Pass](t)(byHand.Run(ctx, call))
		call.Want = arbench.DParams
		must[arbench.Pass](t)(byHand.Run(ctx, call))
		if err := byHand.Step(ctx, arbench.NewSGD(), 0.5); err != nil {
			t.Fatal(err)
		}
		for i, g := range p.DX[0].Data {
			x.Data[i] += float32(linf.Eps) * sign(g)
		}
		linf.Project(x, b.X)
	}
	want := must[[]arbench.Param](t)(byHand.Params(ctx))
	if diff := cmp.Diff(want, must[[]arbench.Param](t)(m.Params(ctx))); diff != "" {
		t.Errorf("weights -want +got:\n%s", diff)
	}
	if s.Passes.Forward != 3*4 || s.Passes.Backward != 3*4 {
		t.Errorf("%+v, want 3 passes each way of 4 examples", s.Passes)
	}
}
