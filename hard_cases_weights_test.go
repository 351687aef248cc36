package arbench_test

import (
	"context"
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// awp is adversarial weight perturbation (Wu et al. 2020): the step is taken at w + nu, where each
// nu is gamma ‖w‖ in the direction that raises the loss, and nu is taken off again.
type awp struct{ gamma float64 }

func (*awp) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "awp"} }

func (r *awp) Around(
	ctx context.Context, s *arbench.Step, next func(context.Context, *arbench.Step) error,
) error {
	nu, err := r.perturbation(ctx, s)
	if err != nil {
		return err
	}
	if err := shift(ctx, s.Model, nu, 1); err != nil {
		return err
	}
	if err := next(ctx, s); err != nil {
		return err
	}
	return shift(ctx, s.Model, nu, -1)
}

func (r *awp) perturbation(ctx context.Context, s *arbench.Step) ([]arbench.Param, error) {
	s.Model.ClearGrad()
	_, err := s.Run(ctx, arbench.Call{
		X: s.X, Losses: []arbench.Loss{s.Loss}, Weight: s.Weight, Groups: s.Groups,
		Mode: arbench.BatchStats, Want: arbench.DParams,
	})
	if err != nil {
		return nil, err
	}
	ps, err := s.Model.Params(ctx)
	s.Model.ClearGrad()
	var nu []arbench.Param
	for _, p := range ps {
		size := arbench.L2.Of(p.Grad.Data)
		if len(p.Value.Shape) < 2 || size == 0 {
			continue
		}
		scale := float32(r.gamma * arbench.L2.Of(p.Value.Data) / size)
		for i := range p.Grad.Data {
			p.Grad.Data[i] *= scale
		}
		nu = append(nu, arbench.Param{Name: p.Name, Value: p.Grad})
	}
	return nu, err
}

// shift adds sign·nu to the parameters of the same names.
func shift(ctx context.Context, m arbench.Trainable, nu []arbench.Param, sign float32) error {
	ps, err := m.Params(ctx)
	if err != nil {
		return err
	}
	for i := range ps {
		ps[i].Grad = arbench.Tensor{}
		for _, n := range nu {
			for k := range n.Value.Data {
				if n.Name == ps[i].Name {
					ps[i].Value.Data[k] += sign * n.Value.Data[k]
				}
			}
		}
	}
	return m.SetParams(ctx, ps)
}

// The step of AWP is that of the loss at the weights gamma ‖w‖ further up its derivative.
func TestAWPTakesTheDerivativeAtPerturbedWeights(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 5)
	const gamma = 0.2
	got, s := stepGradient(t, m, b, &awp{gamma})
	plain, _ := stepGradient(t, m, b)

	w, bias := weightsOf(t, m)
	size, norm := 0.0, arbench.L2.Of(w.Data)
	for i := range w.Data {
		size += plain[i] * plain[i]
	}
	for i := range w.Data {
		w.Data[i] += float32(gamma * norm / math.Sqrt(size) * plain[i])
	}
	err := m.SetParams(ctx, []arbench.Param{{Name: "fc.weight", Value: w}})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := stepGradient(t, m, b)
	near(t, "derivative", got, want, 1e-5, 0)
	if d := got[0] - plain[0]; math.Abs(d) < 1e-4 {
		t.Errorf("the perturbation moved the derivative by only %v", d)
	}
	_, same := weightsOf(t, m)
	near(t, "bias, which AWP leaves alone", same, bias, 0, 0)
	if s.Passes.Forward != 10 || s.Passes.Backward != 10 {
		t.Errorf("%+v, want 2 passes each way of 5 examples", s.Passes)
	}
}

// ibp penalizes the cross-entropy of the worst logits that interval bounds allow (Gowal et al.
// 2018, section 3).
type ibp struct{ kappa, eps float64 }

func (*ibp) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "ibp"} }

func (r *ibp) Penalize(ctx context.Context, s *arbench.Step) (float64, error) {
	m := s.Model.(arbench.Bounder) // the plan refuses a model without bounds
	lo, hi := s.X.Clone(), s.X.Clone()
	for i := range lo.Data {
		lo.Data[i] = max(lo.Data[i]-float32(r.eps), 0)
		hi.Data[i] = min(hi.Data[i]+float32(r.eps), 1)
	}
	zlo, zhi, err := m.Bounds(ctx, lo, hi)
	if err != nil {
		return 0, err
	}
	worst := zhi.Clone()
	for i, y := range s.Y {
		worst.Row(i)[y] = zlo.Row(i)[y]
	}
	dz, values := arbench.NewTensor(worst.Shape...), make([]float64, len(s.Y))
	arbench.CrossEntropy{Y: s.Y}.Eval(worst, dz, values)
	dlo, dhi := arbench.NewTensor(dz.Shape...), dz
	value, scale := 0.0, r.kappa/float64(len(s.Y))
	for i, y := range s.Y {
		value += scale * values[i]
		for k := range dz.Row(i) {
			dz.Row(i)[k] *= float32(scale)
		}
		dlo.Row(i)[y], dhi.Row(i)[y] = dz.Row(i)[y], 0
	}
	return value, m.BoundsGrad(ctx, lo, hi, dlo, dhi)
}

func TestIBPAddsTheDerivativeOfItsBound(t *testing.T) {
	ctx := context.Background()
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 5)
	r := &ibp{kappa: 0.5, eps: 0.1}
	value := func() float64 {
		v := must[float64](t)(r.Penalize(ctx, &arbench.Step{Model: m, Batch: b}))
		m.ClearGrad()
		return v
	}
	got, _ := stepGradient(t, m, b, r)
	plain, _ := stepGradient(t, m, b)
	want := paramDifferences(t, m, value)
	for i := range want {
		want[i] += plain[i]
	}
	near(t, "derivative", got, want, 2e-4, 1e-3)
	two := openLinear(t, 2, 1)
	b = labelled(t, two, 1, 5)
	v := must[float64](t)((&ibp{1, 0.1}).Penalize(ctx, &arbench.Step{Model: two, Batch: b}))
	if exact := worstCaseLoss(t, two, b, 0.1); v < exact {
		t.Errorf("the bound %v is below the worst case %v", v, exact)
	}
}

// jacobian penalizes ½‖∂(v·z)/∂x‖² for one direction v of the logits (Hoffman et al. 2019). Its
// derivative in the weights is that of a central difference along g = ∂(v·z)/∂x (as CURE and
// Hessian-vector products are made): two sets of rows with weights of opposite signs.
type jacobian struct {
	lambda float64
	a, b   int // v is +1 at class a and -1 at class b
}

func (*jacobian) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "jacobian"} }

func (r *jacobian) Penalize(ctx context.Context, s *arbench.Step) (float64, error) {
	n := s.X.Len()
	ones := func(rows, k int) []int {
		out := make([]int, rows)
		for i := range out {
			out[i] = k
		}
		return out
	}
	p, err := s.Run(ctx, arbench.Call{
		X: s.X, Want: arbench.DX,
		Losses: []arbench.Loss{arbench.LogitDifference{A: ones(n, r.a), B: ones(n, r.b)}},
	})
	if err != nil {
		return 0, err
	}
	const h = 1.0 / 64
	g, value := p.DX[0], 0.0
	up, down, weight := s.X.Clone(), s.X.Clone(), make([]float32, 2*n)
	for i := range n {
		size := arbench.L2.Of(g.Row(i))
		value += r.lambda * size * size / 2 / float64(n)
		weight[i] = float32(r.lambda / (2 * h * float64(n)))
		weight[n+i] = -weight[i]
		for j, v := range g.Row(i) {
			up.Row(i)[j] += h * v
			down.Row(i)[j] -= h * v
		}
	}
	_, err = s.Run(ctx, arbench.Call{
		X: arbench.JoinRows(up, down), Weight: weight, Want: arbench.DParams,
		Losses: []arbench.Loss{arbench.LogitDifference{A: ones(2*n, r.a), B: ones(2*n, r.b)}},
	})
	return value, err
}

// For z = W x + b the penalty is ½‖wₐ-w_b‖², with the derivative ±(wₐ-w_b) in wₐ and w_b.
func TestJacobianPenaltyEqualsItsClosedForm(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 4)
	const lambda = 0.3
	got, _ := stepGradient(t, m, b, &jacobian{lambda, 2, 0})
	want, _ := stepGradient(t, m, b)
	w, _ := weightsOf(t, m)
	half := 0.0
	for j := range 6 {
		d := float64(w.Row(2)[j]) - float64(w.Row(0)[j])
		half += lambda * d * d / 2
		want[2*6+j] += lambda * d
		want[j] -= lambda * d
	}
	near(t, "derivative", got, want, 1e-5, 0)
	v := must[float64](t)((&jacobian{lambda, 2, 0}).Penalize(context.Background(),
		&arbench.Step{Model: m, Batch: b}))
	near(t, "value", []float64{v}, []float64{half}, 1e-6, 0)
}
