package backendtest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// reference returns the float64 net with the kit's weights.
func (k *kit) reference() (*reference, error) {
	ps, err := k.weights()
	if err != nil {
		return nil, err
	}
	return newReference(k.net, ps)
}

func logits(ctx context.Context, k *kit, m arbench.Model) error {
	r, err := k.reference()
	if err != nil {
		return err
	}
	x := k.images(5)
	want, err := r.logits(rows(x), arbench.Frozen)
	if err != nil {
		return err
	}
	p, err := m.Run(ctx, arbench.Call{X: x})
	if err != nil {
		return err
	}
	if len(p.Values) != 0 || len(p.DX) != 0 {
		return fmt.Errorf("values and derivatives that nobody asked for")
	}
	return near("logits", join(want), p.Logits.Data, tolLogits)
}

func join(xs [][]float64) []float64 {
	var out []float64
	for _, x := range xs {
		out = append(out, x...)
	}
	return out
}

func ownValues(ctx context.Context, k *kit, m arbench.Model) error {
	c := k.call(5, 0)
	c.Losses = append(c.Losses, arbench.Margin{Y: k.classes(5)})
	p, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	if len(p.Values) != 2 || len(p.DX) != 0 {
		return fmt.Errorf("%d sets of values and %d derivatives, want 2 and 0", len(p.Values), len(p.DX))
	}
	for l, loss := range c.Losses {
		want := make([]float64, 5)
		loss.Eval(p.Logits, arbench.Tensor{}, want)
		for i, v := range want {
			// A compiled loss may differ from the host's in float32's last bits.
			if got := p.Values[l][i]; math.Abs(got-v) > 1e-5*(1+math.Abs(v)) {
				return fmt.Errorf("loss %d of row %d is %v, want %v", l, i, got, v)
			}
		}
	}
	return nil
}

func ownership(ctx context.Context, k *kit, m arbench.Model) error {
	c := k.call(3, k.most(m)&arbench.DX)
	image := c.X.Clone()
	first, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	if err := same("images after Run", image.Data, c.X.Data); err != nil {
		return err
	}
	kept := arbench.Pass{Logits: first.Logits.Clone()}
	for _, v := range first.Values {
		kept.Values = append(kept.Values, slices.Clone(v))
	}
	for _, dx := range first.DX {
		kept.DX = append(kept.DX, dx.Clone())
	}
	for i := range c.X.Data {
		c.X.Data[i] = 1 - c.X.Data[i]
	}
	if _, err := m.Run(ctx, c); err != nil {
		return err
	}
	return samePass("a pass after the next one", kept, first)
}

// most returns all that m gives.
func (k *kit) most(m arbench.Model) arbench.Want {
	switch m.Info().Access {
	case arbench.Weights:
		return arbench.DX | arbench.DParams
	case arbench.Gradients:
		return arbench.DX
	}
	return 0
}

func rowIndependence(ctx context.Context, k *kit, m arbench.Model) error {
	want := k.most(m) & arbench.DX
	whole, err := m.Run(ctx, k.call(5, want))
	if err != nil {
		return err
	}
	for i := range 5 {
		c := k.call(5, want)
		c.X = c.X.Rows(i, i+1)
		c.Losses = []arbench.Loss{arbench.CrossEntropy{Y: k.classes(5)[i : i+1]}}
		alone, err := m.Run(ctx, c)
		if err != nil {
			return err
		}
		if err := samePass(fmt.Sprintf("row %d alone", i), rowsOf(whole, i, i+1), alone); err != nil {
			return err
		}
	}
	return nil
}

func batchSizes(ctx context.Context, k *kit, m arbench.Model) error {
	want := k.most(m) & arbench.DX
	whole, err := m.Run(ctx, k.call(3*hint+1, want))
	if err != nil {
		return err
	}
	for _, n := range []int{hint, 1, hint + 1, 2, 2 * hint, hint - 1} {
		part, err := m.Run(ctx, k.call(n, want))
		if err != nil {
			return fmt.Errorf("%d rows with a hint of %d: %w", n, hint, err)
		}
		if err := samePass(fmt.Sprintf("%d rows", n), rowsOf(whole, 0, n), part); err != nil {
			return err
		}
	}
	return nil
}

func threads(ctx context.Context, k *kit) error {
	var first arbench.Pass
	var trained []arbench.Param
	for i, n := range []int{1, 2, 3, 0} {
		ps, err := k.weights()
		if err != nil {
			return err
		}
		m, err := k.open().Open(ctx, arbench.ModelSpec{
			Network: k.net, Weights: ps, Batch: hint, Threads: n,
		})
		if err != nil {
			return err
		}
		c := k.call(2*hint+1, k.most(m))
		c.Key = uint64(i) // no layer of the vocabulary draws numbers
		p, err := m.Run(ctx, c)
		if err != nil {
			return err
		}
		after, err := stepped(ctx, m)
		if err != nil {
			return err
		}
		if i == 0 {
			first, trained = p, after
			continue
		}
		what := fmt.Sprintf("%d threads instead of 1", n)
		if err := samePass(what, first, p); err != nil {
			return err
		}
		if err := sameParams(what, trained, after); err != nil {
			return err
		}
	}
	return nil
}

// stepped returns the parameters after a step, nil for a model that has none.
func stepped(ctx context.Context, m arbench.Model) ([]arbench.Param, error) {
	t, ok := m.(arbench.Trainable)
	if !ok {
		return nil, nil
	}
	if err := t.Step(ctx, arbench.NewSGD(), 0.1); err != nil {
		return nil, err
	}
	return t.Params(ctx)
}
