package arbench_test

import (
	"context"
	"math/rand/v2"

	"github.com/arbench/arbench"
)

// The attack that the hard cases share: projected sign ascent on a loss (Madry et al. 2018).
type ascent struct {
	Steps    int     `toml:"steps"`
	StepSize float64 `toml:"step_size"`
	Random   bool    `toml:"random"` // start
	Restart  int     `toml:"restart"`

	Loss arbench.Loss // nil means cross-entropy
}

func (*ascent) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc: "sign ascent", Access: arbench.Gradients,
		Norms: []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
}

func (a *ascent) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	return a.on(ctx, t, nil)
}

// on is Perturb for the given rows of the trial that the oracle knows.
func (a *ascent) on(ctx context.Context, t arbench.Trial, rows []int) (arbench.Tensor, error) {
	x := t.X.Clone()
	if a.Random {
		for i := range t.Len() {
			shake(x.Row(i), t.At(i), t.Rand(i, "start", a.Restart))
		}
		t.Project(x, t.X)
	}
	loss := a.Loss
	if loss == nil {
		loss = arbench.CrossEntropy{Y: t.Y}
	}
	for range a.Steps {
		p, err := t.Model.Gradient(ctx, x, loss, rows...)
		if err != nil {
			return arbench.Tensor{}, err
		}
		for i, g := range p.DX[0].Data {
			x.Data[i] += float32(a.StepSize) * sign(g)
		}
		t.Project(x, t.X)
	}
	return x, nil
}

func shake(x []float32, eps float64, r *rand.Rand) {
	for j := range x {
		x[j] += float32(eps * (2*r.Float64() - 1))
	}
}

func sign(v float32) float32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// put puts attack a to m as the runner does: the candidates are projected and classified here.
func put(
	ctx context.Context, m arbench.Model, a arbench.Attack, b arbench.Batch, t arbench.Threat,
) (x arbench.Tensor, broken []bool, books *arbench.Books, err error) {
	o := arbench.NewOracle(m, a.Info().Access, arbench.Frozen, b, t)
	x, err = a.Perturb(ctx, arbench.Trial{Model: o, Batch: b, Threat: t, Seed: 1})
	if err != nil {
		return x, nil, nil, err
	}
	t.Project(x, b.X)
	broken, err = wrong(ctx, m, x, b.Y)
	return x, broken, o.Books(), err
}

// wrong reports which rows of x the model does not give their class.
func wrong(ctx context.Context, m arbench.Model, x arbench.Tensor, y []int) ([]bool, error) {
	p, err := m.Run(ctx, arbench.Call{X: x})
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(y))
	for i := range y {
		out[i] = arbench.Argmax(p.Logits.Row(i)) != y[i]
	}
	return out, nil
}
