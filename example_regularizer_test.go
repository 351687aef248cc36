package arbench_test

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Regularizers.Register("dual-norm", func() arbench.Regularizer { return &DualNorm{Strength: 0.1} })
}

// DualNorm penalizes the dual norm of each example's input derivative, which is what a small change
// in Linf can add to the loss (Simon-Gabriel et al. 2019).
type DualNorm struct {
	Strength float64 `toml:"strength" doc:"weight of the penalty"`
}

// Info implements [arbench.Regularizer].
func (r *DualNorm) Info() arbench.RegularizerInfo {
	return arbench.RegularizerInfo{Doc: "L1 norm of the input derivative", Source: "arXiv:1802.01421"}
}

// Penalize implements [arbench.Penalizer]. The derivative in the parameters is that of a central
// difference of the loss along the sign of the input derivative.
func (r *DualNorm) Penalize(ctx context.Context, s *arbench.Step) (float64, error) {
	const h = 1.0 / 64
	n := s.Batch.Len()
	loss := []arbench.Loss{arbench.CrossEntropy{Y: s.Y}}
	p, err := s.Run(ctx, arbench.Call{X: s.X, Losses: loss, Want: arbench.DX})
	if err != nil {
		return 0, err
	}
	value, up, down := 0.0, s.X.Clone(), s.X.Clone()
	for j, g := range p.DX[0].Data {
		value += r.Strength / float64(n) * arbench.L1.Of([]float32{g})
		up.Data[j] += h * sign(g)
		down.Data[j] -= h * sign(g)
	}
	weight := make([]float32, 2*n)
	for i := range n {
		weight[i] = float32(r.Strength / (2 * h * float64(n)))
		weight[n+i] = -weight[i]
	}
	twice := append(append([]int(nil), s.Y...), s.Y...)
	_, err = s.Run(ctx, arbench.Call{
		X: arbench.JoinRows(up, down), Losses: []arbench.Loss{arbench.CrossEntropy{Y: twice}},
		Weight: weight, Want: arbench.DParams,
	})
	return value, err
}

// A whole regularizer, registered as a plugin, at work on a few steps of training: each step takes
// the derivative of the base loss, adds the penalty's, and moves the parameters.
func Example_regularizer() {
	ctx := context.Background()
	for _, strength := range []float64{0, 2} {
		m, err := openThreshold(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		penalty, err := train(ctx, m.(arbench.Trainable), &DualNorm{Strength: strength})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("trained with strength %v, the derivative has norm %.2f\n", strength, penalty)
	}
	// Output:
	// trained with strength 0, the derivative has norm 1.06
	// trained with strength 2, the derivative has norm 0.06
}

// train takes 50 steps and returns the mean norm of the input derivative after them.
func train(ctx context.Context, m arbench.Trainable, r arbench.Penalizer) (float64, error) {
	batch := arbench.Batch{
		X: arbench.Tensor{Shape: []int{4, 1, 1, 2}, Data: []float32{0.9, 0.7, 0.6, 0.8, 0.2, 0.1, 0.3, 0.4}},
		Y: []int{1, 1, 0, 0}, ID: []int{0, 1, 2, 3},
	}
	for index := range 50 {
		s := &arbench.Step{Model: m, Batch: batch, Index: index}
		_, err := s.Run(ctx, arbench.Call{
			X: s.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: s.Y}}, Want: arbench.DParams,
		})
		if err != nil {
			return 0, err
		}
		if _, err := r.Penalize(ctx, s); err != nil {
			return 0, err
		}
		if err := m.Step(ctx, arbench.NewSGD(), 0.1); err != nil {
			return 0, err
		}
	}
	return (&DualNorm{Strength: 1}).Penalize(ctx, &arbench.Step{Model: m, Batch: batch})
}
