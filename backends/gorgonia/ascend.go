package gorgonia

import (
	"context"
	"errors"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

var _ arbench.Ascender = (*Model)(nil)

// Ascend implements [arbench.Ascender]: a sweep that takes each few rows through all the steps before
// the next. It makes no ascent whose rows influence each other.
func (m *Model) Ascend(ctx context.Context, a arbench.Ascent) (first []int, ok bool, err error) {
	c := arbench.Call{X: a.X, Losses: []arbench.Loss{a.Loss}, Want: arbench.DX, Mode: a.Mode}
	if a.Norm != arbench.Linf || a.Family != nil || a.Steps < 1 || a.X.Len() == 0 {
		return nil, false, nil
	}
	if err := c.Check(m.Info()); err != nil {
		return nil, false, fmt.Errorf("gorgonia: %w", err)
	}
	r := m.newRound(arbench.Call{X: c.X, Losses: c.Losses, Mode: c.Mode}) // whose derivative nobody gets to see
	m.dx = room(m.dx, len(c.X.Data))
	r.call, r.out.DX = c, []arbench.Tensor{{Shape: c.X.Shape, Data: m.dx[:len(c.X.Data)]}}
	what := purpose{batch: a.Mode != arbench.Frozen && r.hasNorms(), dx: true}
	if !r.sweeps(what) {
		return nil, false, nil
	}
	first = make([]int, r.n)
	if err = r.ascend(ctx, what, a, first); errors.Is(err, errNotFinite) {
		err = m.locate(c, r)
	}
	if err != nil {
		return nil, false, fmt.Errorf("gorgonia: %w", err)
	}
	return first, true, nil
}

// ascend makes the steps of a and enters the first misclassified point of each row into first.
func (r *round) ascend(ctx context.Context, what purpose, a arbench.Ascent, first []int) error {
	dx := r.out.DX[0]
	return r.sweeping(ctx, what, a.Steps, func(lo, hi, time int) {
		for i := lo; i < hi; i++ {
			if first[i] == 0 && arbench.Argmax(r.out.Logits.Row(i)) != a.Y[i] {
				first[i] = time + 1
			}
			size, eps := float32(a.Size[i]), float32(a.At(i))
			if !kernel.SignStep(a.X.Row(i), a.X0.Row(i), dx.Row(i), size, eps) {
				r.bad.Store(true)
			}
		}
	})
}
