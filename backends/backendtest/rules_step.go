package backendtest

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// optimizers are the rules of movement to compare.
func optimizers() map[string]arbench.Optimizer {
	adamw := arbench.NewAdam()
	adamw.Decay, adamw.Decoupled = 0.1, true
	adam := arbench.NewAdam()
	adam.Beta1, adam.Decay, adam.DecayOn = 0.5, 0.1, []arbench.Role{arbench.Weight}
	return map[string]arbench.Optimizer{
		"sgd":          &arbench.SGD{},
		"sgd momentum": &arbench.SGD{Momentum: 0.9, Decay: 0.1},
		"sgd nesterov": &arbench.SGD{
			Momentum: 0.8, Nesterov: true, Decay: 0.2, DecayOn: []arbench.Role{arbench.Weight, arbench.Scale},
		},
		"adam":       arbench.NewAdam(),
		"adam decay": adam,
		"adamw":      adamw,
	}
}

// steps takes three steps by each optimizer along given derivatives.
func steps(ctx context.Context, k *kit, _ arbench.Trainable) error {
	for name, o := range optimizers() {
		m, err := k.model(ctx)
		if err != nil {
			return err
		}
		t := m.(arbench.Trainable)
		ps, err := t.Params(ctx)
		if err != nil {
			return err
		}
		moves := make([]mover, len(ps))
		for i, p := range ps {
			moves[i] = newMover(o, p)
		}
		for step := 1; step <= 3; step++ {
			rate := 0.1 / float64(step)
			for i, p := range ps {
				if p.Role == arbench.Statistic {
					continue
				}
				r := arbench.KeyedRand(seed, "step", p.Name, step)
				for j := range p.Grad.Data {
					p.Grad.Data[j] = float32(r.NormFloat64())
				}
				moves[i].step(o, wide(p.Grad.Data), rate, step)
				ps[i].Value = arbench.Tensor{}
			}
			if err := t.SetParams(ctx, ps); err != nil {
				return err
			}
			if err := t.Step(ctx, o, rate); err != nil {
				return err
			}
		}
		if ps, err = t.Params(ctx); err != nil {
			return err
		}
		for i, p := range ps {
			if err := near(name+": "+p.Name, moves[i].w, p.Value.Data, tolStep); err != nil {
				return err
			}
		}
	}
	return nil
}

// A mover moves one parameter in float64, as the comments on SGD and Adam say.
type mover struct {
	w, first, second []float64
	decay            float64
}

func newMover(o arbench.Optimizer, p arbench.Param) mover {
	n := len(p.Value.Data)
	return mover{wide(p.Value.Data), make([]float64, n), make([]float64, n), arbench.DecayOf(o, p.Role)}
}

func (m mover) step(rule arbench.Optimizer, g []float64, rate float64, step int) {
	for i := range m.w {
		switch o := rule.(type) {
		case *arbench.SGD:
			d := g[i] + m.decay*m.w[i]
			m.first[i] = o.Momentum*m.first[i] + d
			if o.Nesterov {
				m.w[i] -= rate * (d + o.Momentum*m.first[i])
			} else {
				m.w[i] -= rate * m.first[i]
			}
		case *arbench.Adam:
			d := g[i]
			if o.Decoupled {
				m.w[i] -= rate * m.decay * m.w[i]
			} else {
				d += m.decay * m.w[i]
			}
			m.first[i] = o.Beta1*m.first[i] + (1-o.Beta1)*d
			m.second[i] = o.Beta2*m.second[i] + (1-o.Beta2)*d*d
			mean := m.first[i] / (1 - math.Pow(o.Beta1, float64(step)))
			square := m.second[i] / (1 - math.Pow(o.Beta2, float64(step)))
			m.w[i] -= rate * mean / (math.Sqrt(square) + o.Eps)
		}
	}
}

// snapshot trains, takes a snapshot and trains on; the same goes on from the snapshot in the same
// model and in a new one.
func snapshot(ctx context.Context, k *kit, _ arbench.Trainable) error {
	for name, o := range map[string]arbench.Optimizer{"sgd": arbench.NewSGD(), "adam": arbench.NewAdam()} {
		m, err := k.model(ctx)
		if err != nil {
			return err
		}
		t := m.(arbench.Trainable)
		if _, err := k.train(ctx, t, o, 0, 2); err != nil {
			return err
		}
		s, err := t.Snapshot(ctx)
		if err != nil {
			return err
		}
		if s.Steps != 2 {
			return fmt.Errorf("%s: the state says %d steps, want 2", name, s.Steps)
		}
		want, err := k.train(ctx, t, o, 2, 5)
		if err != nil {
			return err
		}
		fresh, err := k.open().Open(ctx, arbench.ModelSpec{Network: k.net, Seed: 99})
		if err != nil {
			return err
		}
		for where, t := range map[string]arbench.Trainable{
			"the same model": t, "a new model": fresh.(arbench.Trainable),
		} {
			if err := t.Restore(ctx, s); err != nil {
				return fmt.Errorf("%s: %s: %w", name, where, err)
			}
			got, err := k.train(ctx, t, o, 2, 5)
			if err != nil {
				return err
			}
			if err := sameParams(name+": "+where, want, got); err != nil {
				return err
			}
		}
	}
	return nil
}

// train takes steps from to to-1, each on its own images, and returns the parameters.
func (k *kit) train(
	ctx context.Context, m arbench.Trainable, o arbench.Optimizer, from, to int,
) ([]arbench.Param, error) {
	for step := from; step < to; step++ {
		c := k.call(2*hint, arbench.DParams)
		c.X = c.X.Rows(step, step+hint-step%2)
		c.Losses = []arbench.Loss{arbench.CrossEntropy{Y: k.classes(c.X.Len())}}
		c.Mode = arbench.BatchUpdate
		if _, err := m.Run(ctx, c); err != nil {
			return nil, err
		}
		if err := m.Step(ctx, o, 0.01); err != nil {
			return nil, err
		}
	}
	return m.Params(ctx)
}
