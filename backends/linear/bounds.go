package linear

import (
	"context"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

// Bounds implements [arbench.Bounder]. For one linear layer the bounds are attained.
func (m *Model) Bounds(
	ctx context.Context, lo, hi arbench.Tensor,
) (zlo, zhi arbench.Tensor, err error) {
	if err := m.checkInterval(ctx, lo, hi); err != nil {
		return arbench.Tensor{}, arbench.Tensor{}, fmt.Errorf("linear: %w", err)
	}
	lo, hi = m.normalize(lo), m.normalize(hi)
	zlo = arbench.NewTensor(lo.Len(), m.info.Classes)
	zhi = arbench.NewTensor(lo.Len(), m.info.Classes)
	for i := range lo.Len() {
		for k := range m.info.Classes {
			low, high := m.bias(k), m.bias(k)
			for j, w := range m.weight(k) {
				down, up := ends(w, lo.Row(i)[j], hi.Row(i)[j])
				low += float64(w) * down
				high += float64(w) * up
			}
			zlo.Row(i)[k], zhi.Row(i)[k] = float32(low), float32(high)
		}
	}
	return zlo, zhi, nil
}

// ends returns the values between lo and hi at which w times the value is least and greatest.
func ends(w, lo, hi float32) (down, up float64) {
	if w < 0 {
		return float64(hi), float64(lo)
	}
	return float64(lo), float64(hi)
}

// BoundsGrad implements [arbench.Bounder].
func (m *Model) BoundsGrad(ctx context.Context, lo, hi, dlo, dhi arbench.Tensor) error {
	if err := m.checkInterval(ctx, lo, hi); err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	want := []int{lo.Len(), m.info.Classes}
	if !slices.Equal(dlo.Shape, want) || !slices.Equal(dhi.Shape, want) {
		return fmt.Errorf("linear: derivatives of shape %v and %v, want %v", dlo.Shape, dhi.Shape, want)
	}
	lo, hi = m.normalize(lo), m.normalize(hi)
	for k := range m.info.Classes {
		sum, total := make([]float64, lo.Shape[1]), 0.0
		for i := range lo.Len() {
			low, high := float64(dlo.Row(i)[k]), float64(dhi.Row(i)[k])
			total += low + high
			for j, w := range m.weight(k) {
				down, up := ends(w, lo.Row(i)[j], hi.Row(i)[j])
				sum[j] += low*down + high*up
			}
		}
		m.addGrad(k, sum, total)
	}
	return nil
}

func (m *Model) checkInterval(ctx context.Context, lo, hi arbench.Tensor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.checkImages(lo); err != nil {
		return err
	}
	if err := m.checkImages(hi); err != nil {
		return err
	}
	if lo.Len() != hi.Len() {
		return fmt.Errorf("%d lower and %d upper images", lo.Len(), hi.Len())
	}
	for i, v := range lo.Data {
		if v > hi.Data[i] {
			return fmt.Errorf("lower image exceeds the upper one at value %d: %v > %v", i, v, hi.Data[i])
		}
	}
	return nil
}
