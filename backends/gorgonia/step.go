package gorgonia

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// moments says what the optimizer has kept so far.
type moments struct {
	method string // of the optimizer; empty before the first step
	steps  int
}

// stepFloats is the size of the pieces of a parameter that workers step through.
const stepFloats = 1 << 14

// Step implements [arbench.Trainable]. With an optimizer of another method than before, the moments
// start anew.
func (m *Model) Step(ctx context.Context, o arbench.Optimizer, rate float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	if m.stepped.method != o.Method() {
		m.startMoments(o.Method())
	}
	m.stepped.steps++
	pieces := m.pieces()
	err := m.eng.pool.Do(len(pieces), func(_, i int) {
		p := pieces[i]
		p.step(o, rate, m.stepped.steps)
		clear(p.g[p.lo:p.hi])
	})
	if err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	m.now.weights++
	return nil
}

// A piece is a part of a parameter.
type piece struct {
	*param
	lo, hi int
}

// pieces cuts the parameters that move: each worker gets its part of every one, as it does of a dense
// layer's derivative.
func (m *Model) pieces() []piece {
	var ps []piece
	for t := range m.eng.workers {
		for _, p := range m.plan.params {
			lo, hi := part(len(p.g), len(m.eng.workers), t)
			for ; lo < hi; lo += stepFloats {
				ps = append(ps, piece{p, lo, min(lo+stepFloats, hi)})
			}
		}
	}
	return ps
}

// step moves a piece.
func (p piece) step(o arbench.Optimizer, rate float64, t int) {
	w, g := p.w[p.lo:p.hi], p.g[p.lo:p.hi]
	decay := arbench.DecayOf(o, p.role)
	switch o := o.(type) {
	case *arbench.SGD:
		s := kernel.SGD{Rate: float32(rate), Momentum: float32(o.Momentum), Decay: float32(decay),
			Nesterov: o.Nesterov}
		if o.Momentum == 0 {
			s.Step(w, g, nil)
			return
		}
		s.Step(w, g, p.momentum[p.lo:p.hi])
	case *arbench.Adam:
		a := kernel.Adam{Rate: rate, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, Decay: decay,
			Decoupled: o.Decoupled}
		a.Step(t, w, g, p.m[p.lo:p.hi], p.v[p.lo:p.hi])
	}
}

// ClearGrad implements [arbench.Trainable].
func (m *Model) ClearGrad() {
	for _, p := range m.plan.params {
		clear(p.g)
	}
}
