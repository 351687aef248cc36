package backendtest

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

func inputGradient(ctx context.Context, k *kit, m arbench.Model) error {
	if k.most(m)&arbench.DX == 0 {
		return nil
	}
	modes := []arbench.Mode{arbench.Frozen}
	if k.hasStatistics() {
		modes = append(modes, arbench.BatchStats)
	}
	for _, mode := range modes {
		c := k.call(4, arbench.DX)
		c.Mode = mode
		p, err := m.Run(ctx, c)
		if err != nil {
			return err
		}
		if len(p.DX) != 1 || p.DX[0].Len() != 4 || len(p.DX[0].Data) != len(c.X.Data) {
			return fmt.Errorf("want one derivative of shape %v", c.X.Shape)
		}
		for trial := range 3 {
			if err := k.inputDirection(c, p.DX[0], trial); err != nil {
				return fmt.Errorf("mode %d: %w", mode, err)
			}
		}
	}
	return nil
}

// inputDirection compares dx, along a random direction of each image in turn, with the central
// difference of the sum of the reference's cross-entropies.
func (k *kit) inputDirection(c arbench.Call, dx arbench.Tensor, trial int) error {
	r, err := k.reference()
	if err != nil {
		return err
	}
	for i := range c.X.Len() {
		d := direction(len(c.X.Row(i)), "input", i, trial)
		x := rows(c.X)
		want, err := centralDifference(func(h float64) (float64, error) {
			for j, v := range c.X.Row(i) {
				x[i][j] = float64(v) + h*d[j]
			}
			z, err := r.logits(x, c.Mode)
			return total(crossEntropy(z, k.classes(len(z))), nil), err
		})
		if err != nil {
			return err
		}
		got, size := dot(dx.Row(i), d), arbench.L2.Of(dx.Row(i))
		if !(math.Abs(got-want) <= tolGrad*size+1e-7) {
			return fmt.Errorf("row %d: derivative along a random direction is %v, want %v", i, got, want)
		}
	}
	return nil
}

// centralDifference returns the derivative of f at 0.
func centralDifference(f func(h float64) (float64, error)) (float64, error) {
	const h = 1e-6
	up, err := f(h)
	if err != nil {
		return 0, err
	}
	down, err := f(-h)
	return (up - down) / (2 * h), err
}

// total returns the weighted sum of values; nil weights are 1 each.
func total(values []float64, weight []float32) float64 {
	s := 0.0
	for i, v := range values {
		if weight != nil {
			v *= float64(weight[i])
		}
		s += v
	}
	return s
}

func severalLosses(ctx context.Context, k *kit, m arbench.Model) error {
	y := k.classes(4)
	losses := []arbench.Loss{
		arbench.CrossEntropy{Y: y},
		arbench.LogitDifference{A: y, B: make([]int, 4)},
		arbench.LossFunc(arbench.Margin{Y: y}.Eval), // through its derivative alone
	}
	c := k.call(4, k.most(m))
	c.Losses = losses
	t, trainable := m.(arbench.Trainable)
	together, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	var sums []arbench.Param
	if trainable {
		if sums, err = grads(ctx, t, c); err != nil {
			return err
		}
	}
	for l, loss := range losses {
		c.Losses = []arbench.Loss{loss}
		p, err := m.Run(ctx, c)
		if err != nil {
			return err
		}
		one := arbench.Pass{Logits: together.Logits, Values: together.Values[l : l+1]}
		if len(together.DX) > 0 {
			one.DX = together.DX[l : l+1]
		}
		if err := samePass(fmt.Sprintf("loss %d of three", l), p, one); err != nil {
			return err
		}
	}
	if !trainable {
		return nil
	}
	t.ClearGrad()
	c.Want = arbench.DParams
	for _, loss := range losses {
		c.Losses = []arbench.Loss{loss}
		if _, err := t.Run(ctx, c); err != nil {
			return err
		}
	}
	ps, err := t.Params(ctx)
	if err != nil {
		return err
	}
	return nearGrads("sum of three losses", ps, sums, 1e-4)
}

// nearGrads reports the first parameter whose running sum differs.
func nearGrads(what string, want, got []arbench.Param, tol float64) error {
	for i, p := range want {
		if err := near(what+": "+p.Name, p.Grad.Data, got[i].Grad.Data, tol); err != nil {
			return err
		}
	}
	return nil
}

func access(ctx context.Context, k *kit, m arbench.Model) error {
	for want, need := range map[arbench.Want]arbench.Access{
		arbench.DX: arbench.Gradients, arbench.DParams: arbench.Weights,
	} {
		_, err := m.Run(ctx, k.call(2, want))
		if got := m.Info().Access; (err == nil) != (got >= need) {
			return fmt.Errorf("access to %v, asked for %v: error %v", got, need, err)
		}
	}
	return nil
}
