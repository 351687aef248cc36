package arbench_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// pairs is a regularizer whose base loss reads each example and its candidate together: the rows of
// one call are the clean images, then the candidates, each group with its own batch statistics.
type pairs struct {
	attack func(clean arbench.Tensor) arbench.Attack
	loss   func(y []int) arbench.Loss // of the 2n rows
	clean  bool                       // the attack needs the logits of the clean images
}

func (*pairs) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "pairs"} }
func (*pairs) Replaces() []arbench.Part      { return []arbench.Part{arbench.Images, arbench.Base} }

func (r *pairs) Prepare(ctx context.Context, s *arbench.Step) error {
	var clean arbench.Pass
	if r.clean {
		var err error
		if clean, err = s.Run(ctx, arbench.Call{X: s.X}); err != nil {
			return err
		}
	}
	x, err := s.Attack(ctx, r.attack(clean.Logits), linf, arbench.Frozen)
	if err != nil {
		return err
	}
	n := s.Batch.Len()
	s.X, s.Groups, s.Loss = arbench.JoinRows(s.X, x), []int{n, n}, r.loss(s.Y)
	s.Weight = make([]float32, 2*n)
	for i := range s.Weight {
		s.Weight[i] = 1 / float32(n)
	}
	return nil
}

// tradesLoss is CE(z(x), y) + beta KL(p(x) ‖ p(x')) (Zhang et al. 2019, equation 5).
func tradesLoss(beta float64) func(y []int) arbench.Loss {
	return func(y []int) arbench.Loss {
		return arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {
			n := len(y)
			arbench.CrossEntropy{Y: y}.Eval(z.Rows(0, n), dz.Rows(0, n), values[:n])
			da, db := make([]float32, z.Shape[1]), make([]float32, z.Shape[1])
			for i := range n {
				values[i] += beta * arbench.Divergence(z.Row(i), z.Row(n+i), da, db)
				values[n+i] = 0
				for k := range da {
					dz.Row(i)[k] += float32(beta) * da[k]
					dz.Row(n + i)[k] = float32(beta) * db[k]
				}
			}
		})
	}
}

// martLoss is CE(z(x'), y) - ln(1.0001 - max over k ≠ y of p(x')[k]) + beta KL(p(x) ‖ p(x'))
// (1.0000001 - p(x)[y]) (Wang et al. 2020, equation 11, with the constants of its code).
func martLoss(beta float64) func(y []int) arbench.Loss {
	return func(y []int) arbench.Loss {
		return arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {
			n, c := len(y), z.Shape[1]
			p, q := make([]float64, c), make([]float64, c)
			da, db := make([]float32, c), make([]float32, c)
			for i, y := range y {
				arbench.Softmax(z.Row(i), p)
				lse := arbench.Softmax(z.Row(n+i), q)
				kl := arbench.Divergence(z.Row(i), z.Row(n+i), da, db)
				j := 0
				for k := range q {
					if k != y && (j == y || q[k] > q[j]) {
						j = k
					}
				}
				doubt := 1.0000001 - p[y]
				values[i] = 0
				values[n+i] = lse - float64(z.Row(n + i)[y]) - math.Log(1.0001-q[j]) + beta*kl*doubt
				for k := range q {
					hit := func(at int) float64 {
						if k == at {
							return 1
						}
						return 0
					}
					dz.Row(i)[k] = float32(beta * (doubt*float64(da[k]) - kl*p[y]*(hit(y)-p[k])))
					dz.Row(n + i)[k] = float32(q[k] - hit(y) + q[j]*(hit(j)-q[k])/(1.0001-q[j]) +
						beta*doubt*float64(db[k]))
				}
			}
		})
	}
}

// The outer step of both is one pass of 2n rows: two forward and two backward passes an example, as
// in the papers' code. The inner attack of TRADES needs the clean logits, one pass more forward.
func TestTradesAndMartCostWhatTheReferenceCosts(t *testing.T) {
	const n, steps = 4, 3
	kl := func(clean arbench.Tensor) arbench.Attack {
		return &ascent{Steps: steps, StepSize: 0.03, Random: true, Loss: arbench.KL{A: clean}}
	}
	ce := func(arbench.Tensor) arbench.Attack { return &ascent{Steps: steps, StepSize: 0.03, Random: true} }
	for _, c := range []struct {
		name string
		r    *pairs
		want arbench.Passes // for each example
	}{
		{"trades", &pairs{kl, tradesLoss(6), true}, arbench.Passes{Forward: 1 + steps + 2, Backward: steps + 2}},
		{"mart", &pairs{ce, martLoss(5), false}, arbench.Passes{Forward: steps + 2, Backward: steps + 2}},
	} {
		m := openLinear(t, 3, 1)
		b := labelled(t, m, 1, n)
		got, s := stepGradient(t, m, b, c.r)
		want := arbench.Passes{Forward: n * c.want.Forward, Backward: n * c.want.Backward}
		if diff := cmp.Diff(want, s.Passes); diff != "" {
			t.Errorf("%s: passes -want +got:\n%s", c.name, diff)
		}
		if diff := cmp.Diff([]int{n, n}, s.Groups); diff != "" {
			t.Errorf("%s: groups -want +got:\n%s", c.name, diff)
		}
		value := func() float64 {
			p := must[arbench.Pass](t)(m.Run(context.Background(), arbench.Call{X: s.X}))
			values, sum := make([]float64, 2*n), 0.0
			s.Loss.Eval(p.Logits, arbench.NewTensor(2*n, 3), values)
			for _, v := range values {
				sum += v / n
			}
			return sum
		}
		near(t, c.name, got, paramDifferences(t, m, value), 5e-4, 1e-3)
	}
}
