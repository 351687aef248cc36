package backendtest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

func paramGradient(ctx context.Context, k *kit, m arbench.Trainable) error {
	modes := []arbench.Mode{arbench.Frozen}
	if k.hasStatistics() {
		modes = append(modes, arbench.BatchStats)
	}
	for _, mode := range modes {
		c := k.call(5, arbench.DParams)
		c.Mode, c.Weight = mode, []float32{0.5, -0.25, 1, 0, 0.125}
		if err := k.compareGrads(ctx, m, c); err != nil {
			return fmt.Errorf("mode %d: %w", mode, err)
		}
	}
	return nil
}

// compareGrads compares the derivative of each parameter, along random directions, with central
// differences of the weighted sum of the reference's cross-entropies. A parameter whose derivative
// nearly cancels is held to the size of all of them.
func (k *kit) compareGrads(ctx context.Context, m arbench.Trainable, c arbench.Call) error {
	ps, err := grads(ctx, m, c)
	if err != nil {
		return err
	}
	r, err := k.reference()
	if err != nil {
		return err
	}
	most := 0.0
	for _, p := range ps {
		most = math.Max(most, arbench.L2.Of(p.Grad.Data))
	}
	weight := c.Weight
	if weight == nil {
		weight = slices.Repeat([]float32{1 / float32(c.X.Len())}, c.X.Len())
	}
	for _, p := range ps {
		if p.Role == arbench.Statistic {
			if arbench.L2.Of(p.Grad.Data) != 0 {
				return fmt.Errorf("%s: a statistic has a derivative", p.Name)
			}
			continue
		}
		for trial := range 2 {
			d, value := direction(len(p.Value.Data), p.Name, trial), r.params[p.Name]
			at := slices.Clone(value)
			want, err := centralDifference(func(h float64) (float64, error) {
				for j, v := range at {
					value[j] = v + h*d[j]
				}
				z, err := r.logits(rows(c.X), c.Mode)
				return total(crossEntropy(z, k.classes(len(z))), weight), err
			})
			if copy(value, at); err != nil {
				return err
			}
			got, size := dot(p.Grad.Data, d), arbench.L2.Of(p.Grad.Data)
			if !(math.Abs(got-want) <= tolGrad*size+tolGrad/10*most+1e-7) {
				return fmt.Errorf("%s: derivative along a random direction is %v, want %v", p.Name, got, want)
			}
		}
	}
	return nil
}

func weights(ctx context.Context, k *kit, m arbench.Trainable) error {
	plain, err := grads(ctx, m, k.call(4, 0))
	if err != nil {
		return err
	}
	c := k.call(4, arbench.DX)
	first, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	c.Weight = []float32{0.25, 0.25, 0.25, 0.25}
	even, err := grads(ctx, m, c)
	if err != nil {
		return err
	}
	if err := nearGrads("weights of 1/n", plain, even, 1e-5); err != nil {
		return err
	}
	c.Weight = []float32{-2, 0, 3, 1}
	second, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	return samePass("values and derivatives in the images with weights", first, second)
}

func bothDerivatives(ctx context.Context, k *kit, m arbench.Trainable) error {
	want, err := grads(ctx, m, k.call(4, 0))
	if err != nil {
		return err
	}
	images, err := m.Run(ctx, k.call(4, arbench.DX))
	if err != nil {
		return err
	}
	if ps, err := m.Params(ctx); err != nil || !allZero(ps) {
		return fmt.Errorf("DX alone moved the derivative of a parameter (error %v)", err)
	}
	p, err := m.Run(ctx, k.call(4, arbench.DX|arbench.DParams))
	if err != nil {
		return err
	}
	got, err := m.Params(ctx)
	if err != nil {
		return err
	}
	if err := nearGrads("with DX", want, got, 1e-5); err != nil {
		return err
	}
	if err := near("logits with DParams", images.Logits.Data, p.Logits.Data, tolLogits); err != nil {
		return err
	}
	return near("derivative in the images with DParams", images.DX[0].Data, p.DX[0].Data, tolGrad)
}

func allZero(ps []arbench.Param) bool {
	for _, p := range ps {
		if arbench.Linf.Of(p.Grad.Data) != 0 {
			return false
		}
	}
	return true
}

func accumulate(ctx context.Context, k *kit, m arbench.Trainable) error {
	once, err := grads(ctx, m, k.call(4, 0))
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := m.Run(ctx, k.call(4, arbench.DParams)); err != nil {
			return err
		}
		if _, err := m.Run(ctx, k.call(2, 0)); err != nil { // a pass without derivatives in between
			return err
		}
	}
	got, err := m.Params(ctx)
	if err != nil {
		return err
	}
	for _, p := range once {
		for i := range p.Grad.Data {
			p.Grad.Data[i] *= 3
		}
	}
	if err := nearGrads("three passes", once, got, 1e-5); err != nil {
		return err
	}
	if err := m.Step(ctx, arbench.NewSGD(), 0); err != nil {
		return err
	}
	if got, err = m.Params(ctx); err != nil {
		return err
	}
	if !allZero(got) {
		return fmt.Errorf("running sums are left after Step")
	}
	return nil
}

func clearGrad(ctx context.Context, k *kit, m arbench.Trainable) error {
	if _, err := m.Run(ctx, k.call(3, arbench.DParams)); err != nil {
		return err
	}
	ps, err := m.Params(ctx)
	if err != nil {
		return err
	}
	if allZero(ps) {
		return fmt.Errorf("a pass with DParams left no derivative")
	}
	m.ClearGrad()
	if ps, err = m.Params(ctx); err != nil {
		return err
	}
	if !allZero(ps) {
		return fmt.Errorf("running sums are left")
	}
	return nil
}

func roundTrip(ctx context.Context, k *kit, m arbench.Trainable) error {
	given, err := m.Params(ctx)
	if err != nil {
		return err
	}
	for i, p := range given {
		r := arbench.KeyedRand(seed, "round trip", p.Name)
		if p.Grad.Data == nil && p.Role != arbench.Statistic {
			return fmt.Errorf("%s has no derivative", p.Name)
		}
		for j := range p.Value.Data {
			given[i].Value.Data[j] = r.Float32() + 0.5
		}
		for j := range p.Grad.Data {
			given[i].Grad.Data[j] = r.Float32() - 0.5
		}
	}
	if err := m.SetParams(ctx, given); err != nil {
		return err
	}
	if err := holds(ctx, m, "all", given); err != nil {
		return err
	}
	var values, sums []arbench.Param
	for _, p := range given {
		values = append(values, arbench.Param{Name: p.Name, Value: p.Value.Clone()})
		if p.Role != arbench.Statistic {
			sums = append(sums, arbench.Param{Name: p.Name, Grad: p.Grad.Clone()})
		}
	}
	for what, part := range map[string][]arbench.Param{
		"values alone": values, "derivatives alone": sums, "one": values[:1], "none": nil,
	} {
		if err := m.SetParams(ctx, part); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if err := holds(ctx, m, what, given); err != nil {
			return err
		}
	}
	values[0].Value.Data[0]++
	if err := holds(ctx, m, "the caller's copy changed", given); err != nil {
		return err
	}
	return refusals(ctx, m, given)
}

// holds reports how m's parameters and running sums differ from want.
func holds(ctx context.Context, m arbench.Trainable, what string, want []arbench.Param) error {
	got, err := m.Params(ctx)
	if err != nil {
		return err
	}
	if err := sameParams(what, want, got); err != nil {
		return err
	}
	for i, p := range want {
		if err := same(what+": derivative of "+p.Name, p.Grad.Data, got[i].Grad.Data); err != nil {
			return err
		}
	}
	return nil
}

func refusals(ctx context.Context, m arbench.Trainable, given []arbench.Param) error {
	longer := arbench.NewTensor(len(given[0].Value.Data) + 1)
	for what, p := range map[string]arbench.Param{
		"an unknown name":              {Name: "nobody.weight", Value: arbench.NewTensor(1)},
		"a value of another size":      {Name: given[0].Name, Value: longer},
		"a derivative of another size": {Name: given[0].Name, Grad: longer},
	} {
		if err := m.SetParams(ctx, []arbench.Param{p}); err == nil {
			return fmt.Errorf("%s: no error", what)
		}
	}
	return holds(ctx, m, "after refused parameters", given)
}
