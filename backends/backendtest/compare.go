package backendtest

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// Tolerances of float32 arithmetic against float64, relative to the greatest number of what is
// compared. They leave room for Winograd's transforms, not for a wrong term.
const (
	tolLogits = 1e-4
	tolGrad   = 1e-3 // of the norm, along a random direction
	tolStep   = 1e-5
)

// same reports the first number whose bits differ.
func same(what string, want, got []float32) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if math.Float32bits(w) != math.Float32bits(got[i]) {
			return fmt.Errorf("%s: number %d is %v, want %v to the last bit", what, i, got[i], w)
		}
	}
	return nil
}

// near reports the first number that is further from want than tol times the greatest of want.
func near[T float32 | float64](what string, want []T, got []float32, tol float64) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, w := range want {
		scale = math.Max(scale, math.Abs(float64(w)))
	}
	for i, w := range want {
		if d := math.Abs(float64(w) - float64(got[i])); !(d <= tol*scale) {
			return fmt.Errorf("%s: number %d is %v, want %v within %.2g", what, i, got[i], w, tol*scale)
		}
	}
	return nil
}

// samePass reports how two passes differ in any bit.
func samePass(what string, want, got arbench.Pass) error {
	if err := same(what+": logits", want.Logits.Data, got.Logits.Data); err != nil {
		return err
	}
	if len(want.Values) != len(got.Values) || len(want.DX) != len(got.DX) {
		return fmt.Errorf("%s: %d values and %d derivatives, want %d and %d", what,
			len(got.Values), len(got.DX), len(want.Values), len(want.DX))
	}
	for l := range want.Values {
		for i, v := range want.Values[l] {
			if got.Values[l][i] != v {
				return fmt.Errorf("%s: value %d of loss %d is %v, want %v", what, i, l, got.Values[l][i], v)
			}
		}
	}
	for l := range want.DX {
		if err := same(what+": derivative in the images", want.DX[l].Data, got.DX[l].Data); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf returns rows i to j-1 of a pass.
func rowsOf(p arbench.Pass, i, j int) arbench.Pass {
	out := arbench.Pass{Logits: p.Logits.Rows(i, j)}
	for l := range p.Values {
		out.Values = append(out.Values, p.Values[l][i:j])
	}
	for _, dx := range p.DX {
		out.DX = append(out.DX, dx.Rows(i, j))
	}
	return out
}

// sameParams reports the first parameter whose values differ in any bit.
func sameParams(what string, want, got []arbench.Param) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %d parameters, want %d", what, len(got), len(want))
	}
	for i, p := range want {
		if p.Name != got[i].Name || p.Role != got[i].Role {
			return fmt.Errorf("%s: parameter %d is %q (%s), want %q (%s)",
				what, i, got[i].Name, got[i].Role, p.Name, p.Role)
		}
		if err := same(what+": "+p.Name, p.Value.Data, got[i].Value.Data); err != nil {
			return err
		}
	}
	return nil
}

// grads returns the running sums of the derivative of c's losses alone; the sums end up zero.
func grads(ctx context.Context, m arbench.Trainable, c arbench.Call) ([]arbench.Param, error) {
	m.ClearGrad()
	c.Want |= arbench.DParams
	if _, err := m.Run(ctx, c); err != nil {
		return nil, err
	}
	ps, err := m.Params(ctx)
	m.ClearGrad()
	return ps, err
}

// direction returns ±1 for each of n numbers.
func direction(n int, keys ...any) []float64 {
	d, r := make([]float64, n), arbench.KeyedRand(seed, keys...)
	for i := range d {
		d[i] = float64(2*r.IntN(2) - 1)
	}
	return d
}

// dot returns the sum of products of g and d.
func dot(g []float32, d []float64) float64 {
	s := 0.0
	for i, v := range g {
		s += float64(v) * d[i]
	}
	return s
}
