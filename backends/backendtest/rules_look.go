package backendtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

func visit(ctx context.Context, k *kit, m arbench.Observable) error {
	r, err := k.reference()
	if err != nil {
		return err
	}
	x := k.images(hint + 1)
	want, err := r.run(rows(x), arbench.Frozen)
	if err != nil {
		return err
	}
	var names []string
	for _, l := range k.net.Layers {
		names = append(names, l.Name)
	}
	at := 0
	err = m.Visit(ctx, x, names, func(layer string, a arbench.Tensor) error {
		if at >= len(names) || layer != names[at] {
			return fmt.Errorf("layer %q comes at place %d of %v", layer, at, names)
		}
		if shape := append([]int{x.Len()}, r.shapes[at]...); !slices.Equal(shape, a.Shape) {
			return fmt.Errorf("layer %q has shape %v, want %v", layer, a.Shape, shape)
		}
		at++
		return near("layer "+layer, join(want[at-1]), a.Data, tolLogits)
	})
	if err != nil {
		return err
	}
	if at != len(names) {
		return fmt.Errorf("saw %d of %d layers", at, len(names))
	}
	return visitEnds(ctx, m, x, names)
}

// visitEnds checks what ends a visit, and that only what was named is shown.
func visitEnds(ctx context.Context, m arbench.Observable, x arbench.Tensor, names []string) error {
	last, stop, calls := names[len(names)-1], errors.New("stop"), 0
	err := m.Visit(ctx, x, []string{last}, func(string, arbench.Tensor) error { calls++; return nil })
	if err != nil || calls != 1 {
		return fmt.Errorf("one named layer: %d calls, error %v", calls, err)
	}
	calls = 0
	err = m.Visit(ctx, x, names, func(string, arbench.Tensor) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		return fmt.Errorf("an error of f: %d calls, error %v", calls, err)
	}
	err = m.Visit(ctx, x, []string{"no such layer"}, func(string, arbench.Tensor) error { return nil })
	if err == nil {
		return fmt.Errorf("an unknown layer: no error")
	}
	return nil
}

// interval returns lower and upper images around the kit's, within 0.05 and the box.
func (k *kit) interval(n int) (x, lo, hi arbench.Tensor) {
	x = k.images(n)
	lo, hi = x.Clone(), x.Clone()
	for i, v := range x.Data {
		lo.Data[i], hi.Data[i] = max(v-0.05, 0), min(v+0.05, 1)
	}
	return x, lo, hi
}

func bounds(ctx context.Context, k *kit, m arbench.Bounder) error {
	x, lo, hi := k.interval(3)
	zlo, zhi, err := m.Bounds(ctx, lo, hi)
	if err != nil {
		return err
	}
	for trial := range 20 {
		r := arbench.KeyedRand(seed, "inside", trial)
		for i := range x.Data {
			x.Data[i] = []float32{lo.Data[i], hi.Data[i]}[r.IntN(2)]
		}
		p, err := m.Run(ctx, arbench.Call{X: x})
		if err != nil {
			return err
		}
		for i, z := range p.Logits.Data {
			if slack := float32(1e-5) * max(z, -z, 1); z < zlo.Data[i]-slack || z > zhi.Data[i]+slack {
				return fmt.Errorf("logit %d is %v, outside its bounds [%v, %v]", i, z, zlo.Data[i], zhi.Data[i])
			}
		}
	}
	p, err := m.Run(ctx, arbench.Call{X: x})
	if err != nil {
		return err
	}
	if zlo, zhi, err = m.Bounds(ctx, x, x); err != nil {
		return err
	}
	for _, z := range []arbench.Tensor{zlo, zhi} {
		if err := near("bounds of a point", p.Logits.Data, z.Data, tolLogits); err != nil {
			return err
		}
	}
	return nil
}

// boundsGradient compares BoundsGrad, along a random direction of each parameter, with differences of
// Bounds itself. They are of float32, and cross the corners of a piecewise linear function, so the
// tolerance is 2 % and the median over several directions counts.
func boundsGradient(ctx context.Context, k *kit, m arbench.Bounder) error {
	t, ok := m.(arbench.Trainable)
	if !ok {
		return nil
	}
	_, lo, hi := k.interval(3)
	dlo, dhi := arbench.NewTensor(3, k.net.Classes()), arbench.NewTensor(3, k.net.Classes())
	for i := range dlo.Data {
		dlo.Data[i], dhi.Data[i] = float32(i%3)-0.5, 1-float32(i%2)/4
	}
	t.ClearGrad()
	for range 2 { // it adds
		if err := m.BoundsGrad(ctx, lo, hi, dlo, dhi); err != nil {
			return err
		}
	}
	ps, err := t.Params(ctx)
	if err != nil {
		return err
	}
	value := func() (float64, error) {
		zlo, zhi, err := m.Bounds(ctx, lo, hi)
		return dot(zlo.Data, wide(dlo.Data)) + dot(zhi.Data, wide(dhi.Data)), err
	}
	for _, p := range ps {
		if p.Role == arbench.Statistic {
			continue
		}
		var errs []float64
		for trial := range 5 {
			d := direction(len(p.Value.Data), "bounds", p.Name, trial)
			want, err := moveParam(ctx, t, p, d, value)
			if err != nil {
				return err
			}
			errs = append(errs, math.Abs(dot(p.Grad.Data, d)/2-want)/arbench.L2.Of(p.Grad.Data)*2)
		}
		if slices.Sort(errs); !(errs[len(errs)/2] < 0.02) {
			return fmt.Errorf("%s: the derivative is %.2g of its norm off", p.Name, errs[len(errs)/2])
		}
	}
	return nil
}

// moveParam returns the central difference of f along direction d of p.
func moveParam(
	ctx context.Context, m arbench.Trainable, p arbench.Param, d []float64, f func() (float64, error),
) (float64, error) {
	const h = 1.0 / 1024
	at := func(h float64) (float64, error) {
		moved := arbench.Param{Name: p.Name, Value: p.Value.Clone()}
		for j := range d {
			moved.Value.Data[j] += float32(h * d[j])
		}
		if err := m.SetParams(ctx, []arbench.Param{moved}); err != nil {
			return 0, err
		}
		return f()
	}
	up, err := at(h)
	if err != nil {
		return 0, err
	}
	down, err := at(-h)
	if err != nil {
		return 0, err
	}
	_, err = at(0)
	return (up - down) / (2 * h), err
}
