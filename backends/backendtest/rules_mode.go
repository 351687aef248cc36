package backendtest

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

func modes(ctx context.Context, k *kit, m arbench.Trainable) error {
	want, err := k.weights()
	if err != nil {
		return err
	}
	for _, mode := range []arbench.Mode{arbench.Frozen, arbench.BatchStats, arbench.BatchUpdate} {
		c := k.call(5, k.most(m))
		c.Mode = mode
		if _, err := m.Run(ctx, c); err != nil {
			return err
		}
		got, err := m.Params(ctx)
		if err != nil {
			return err
		}
		moved := sameParams(fmt.Sprintf("after mode %d", mode), want, got)
		switch {
		case mode == arbench.BatchUpdate && k.hasStatistics():
			if moved == nil {
				return fmt.Errorf("BatchUpdate left the running statistics")
			}
		case moved != nil:
			return moved
		}
	}
	return nil
}

// batchStatistics compares logits and running statistics after two passes of training.
func batchStatistics(ctx context.Context, k *kit, m arbench.Trainable) error {
	r, err := k.reference()
	if err != nil {
		return err
	}
	for _, n := range []int{5, 4} {
		x := k.images(n)
		for _, mode := range []arbench.Mode{arbench.BatchStats, arbench.BatchUpdate} {
			want, err := r.logits(rows(x), mode)
			if err != nil {
				return err
			}
			p, err := m.Run(ctx, arbench.Call{X: x, Mode: mode})
			if err != nil {
				return err
			}
			if err := near(fmt.Sprintf("logits in mode %d", mode), join(want), p.Logits.Data, 5*tolLogits); err != nil {
				return err
			}
		}
	}
	return k.compareStatistics(ctx, m, r)
}

func (k *kit) compareStatistics(ctx context.Context, m arbench.Trainable, r *reference) error {
	ps, err := m.Params(ctx)
	if err != nil {
		return err
	}
	got := map[string][]float32{}
	for _, p := range ps {
		got[p.Name] = p.Value.Data
	}
	names, values := r.statistics(ps)
	for i, name := range names {
		if err := near(name, values[i], got[name], tolLogits); err != nil {
			return err
		}
	}
	return nil
}

// groups runs five rows as groups of 3 and 2, whose statistics are used and updated in order.
func groups(ctx context.Context, k *kit, m arbench.Trainable) error {
	r, err := k.reference()
	if err != nil {
		return err
	}
	x := k.images(5)
	var want []float64
	for _, part := range []arbench.Tensor{x.Rows(0, 3), x.Rows(3, 5)} {
		z, err := r.logits(rows(part), arbench.BatchUpdate)
		if err != nil {
			return err
		}
		want = append(want, join(z)...)
	}
	c := k.call(5, k.most(m))
	c.Mode, c.Groups = arbench.BatchUpdate, []int{3, 2}
	p, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	if err := near("logits", want, p.Logits.Data, 5*tolLogits); err != nil {
		return err
	}
	if err := k.compareStatistics(ctx, m, r); err != nil {
		return err
	}
	return k.groupGradients(ctx, m)
}

// groupGradients compares the derivatives of one call in groups with those of a call for each.
func (k *kit) groupGradients(ctx context.Context, m arbench.Trainable) error {
	weight, y := []float32{1, 0.5, 2, -1, 0.25}, k.classes(5)
	c := k.call(5, arbench.DX)
	c.Mode, c.Groups, c.Weight = arbench.BatchStats, []int{3, 2}, weight
	together, err := m.Run(ctx, c)
	if err != nil {
		return err
	}
	sums, err := grads(ctx, m, c)
	if err != nil {
		return err
	}
	for _, at := range [][2]int{{0, 3}, {3, 5}} {
		part := arbench.Call{
			X: k.images(5).Rows(at[0], at[1]), Mode: arbench.BatchStats, Weight: weight[at[0]:at[1]],
			Losses: []arbench.Loss{arbench.CrossEntropy{Y: y[at[0]:at[1]]}}, Want: arbench.DX | arbench.DParams,
		}
		p, err := m.Run(ctx, part)
		if err != nil {
			return err
		}
		dx := together.DX[0].Rows(at[0], at[1]).Data
		if err := near("derivative in the images", p.DX[0].Data, dx, tolGrad); err != nil {
			return err
		}
	}
	want, err := m.Params(ctx)
	if err != nil {
		return err
	}
	most := 0.0
	for _, p := range want {
		most = max(most, arbench.Linf.Of(p.Grad.Data))
	}
	for i, p := range want {
		for j, v := range p.Grad.Data {
			if d := float64(v - sums[i].Grad.Data[j]); !(max(d, -d) <= tolGrad*most) {
				return fmt.Errorf("derivative %d of %s is %v, want %v", j, p.Name, sums[i].Grad.Data[j], v)
			}
		}
	}
	return nil
}
