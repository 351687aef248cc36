// Package trades implements TRADES, which trades accuracy for a smooth answer near each image.
//
// Zhang et al., Theoretically Principled Trade-off between Robustness and Accuracy, ICML 2019
// (arXiv:1901.08573), equation 5 and algorithm 1: minimise the mean of
//
//	CE(f(x), y) + β max over x' in the ball of KL(p(x) ‖ p(x'))
//
// where the derivative flows through both p. The search starts at x + 0.001·N(0, I) and sees running
// statistics in batch normalization, as in the authors' code. One pass takes both halves of the
// loss, each with its own batch statistics; the authors' code passes x twice, with the same result
// but for the running statistics.
package trades

import (
	"context"
	"errors"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

func init() {
	arbench.Regularizers.Register("trades", func() arbench.Regularizer { return New() })
}

// New returns the training of the paper on CIFAR-10: β = 6 and 10 steps, here of eps/4 (theirs are
// 0.007 for eps 0.031). Norm and Eps are left to be set.
func New() *Regularizer { return &Regularizer{Beta: 6, Steps: 10, RelStep: 0.25} }

// Regularizer replaces the images by each image and its worst neighbour, and the base loss.
type Regularizer struct {
	Beta    float64      `toml:"beta" doc:"weight of the divergence; the paper's 1/λ"`
	Norm    arbench.Norm `toml:"norm" doc:"of the threat to train against: linf, l2 or l1"`
	Eps     float64      `toml:"eps" doc:"of the threat, for pixels in [0, 1]; above 0"`
	Steps   int          `toml:"steps" doc:"gradient steps of the search"`
	RelStep float64      `toml:"rel_step" doc:"length of a step as a multiple of eps"`
}

var _ arbench.Preparer = (*Regularizer)(nil)

// Info implements [arbench.Regularizer].
func (r *Regularizer) Info() arbench.RegularizerInfo {
	return arbench.RegularizerInfo{
		Doc:    "TRADES: divergence between the answers for an image and for its worst neighbour",
		Source: "Zhang et al. 2019 (arXiv:1901.08573), equation 5",
	}
}

// Validate reports options that make no sense.
func (r *Regularizer) Validate() error {
	var errs []error
	switch r.Norm {
	case arbench.Linf, arbench.L2, arbench.L1:
		errs = append(errs, arbench.Threat{Norm: r.Norm, Eps: r.Eps}.Validate())
	default:
		errs = append(errs, fmt.Errorf("norm %q: want %q, %q or %q, in which there are gradient steps", r.Norm,
			arbench.Linf, arbench.L2, arbench.L1))
	}
	if r.Eps == 0 {
		errs = append(errs, errors.New("eps 0 leaves the training as it is: say how far the images move"))
	}
	if !(r.Beta >= 0) {
		errs = append(errs, fmt.Errorf("beta %v must not be negative", r.Beta))
	}
	if r.Steps < 1 {
		errs = append(errs, fmt.Errorf("steps %d must be at least 1", r.Steps))
	}
	if !(r.RelStep > 0) {
		errs = append(errs, fmt.Errorf("rel_step %v must be positive", r.RelStep))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator]: those of the search, and of the neighbour in the step.
func (r *Regularizer) MostPasses(int, arbench.Norm) float64 { return 1 + 2*float64(r.Steps) + 2 }

// Replaces implements [arbench.Preparer].
func (r *Regularizer) Replaces() []arbench.Part {
	return []arbench.Part{arbench.Images, arbench.Base}
}

// Prepare implements [arbench.Preparer]. It leaves 2n rows: the images, then their neighbours, each
// with the class and the id of its image.
func (r *Regularizer) Prepare(ctx context.Context, s *arbench.Step) error {
	n := s.Batch.Len()
	if r.Beta == 0 || r.Eps == 0 || n == 0 {
		return nil
	}
	t := arbench.Threat{Norm: r.Norm, Eps: r.Eps}
	x, err := s.Attack(ctx, &search{r.Steps, r.RelStep}, t, arbench.Frozen)
	if err != nil {
		return err
	}
	s.Loss = loss{Y: s.Y, Beta: r.Beta}
	s.Batch = arbench.Batch{
		X:  arbench.JoinRows(s.X, x),
		Y:  append(s.Y[:n:n], s.Y...),
		ID: append(s.ID[:n:n], s.ID...),
	}
	s.Groups = []int{n, n}
	s.Weight = make([]float32, 2*n)
	for i := range s.Weight {
		s.Weight[i] = 1 / float32(n)
	}
	return nil
}

// loss is that of 2n rows, in two halves: CE of the first, and β KL of each row of the second from
// its row in the first. The rows of a pair need the same weight.
type loss struct {
	Y    []int
	Beta float64
}

// Eval implements [arbench.Loss].
func (l loss) Eval(z, dz arbench.Tensor, values []float64) {
	n := len(l.Y)
	var da, db []float32
	var first arbench.Tensor
	if dz.Data != nil {
		first, da = dz.Rows(0, n), make([]float32, z.Shape[1])
	}
	arbench.CrossEntropy{Y: l.Y}.Eval(z.Rows(0, n), first, values[:n])
	for i := range n {
		if dz.Data != nil {
			db = dz.Row(n + i)
		}
		values[n+i] = l.Beta * arbench.Divergence(z.Row(i), z.Row(n+i), da, db)
		for k := range db {
			dz.Row(i)[k] += float32(l.Beta) * da[k]
			db[k] *= float32(l.Beta)
		}
	}
}

// search is the inner maximisation of algorithm 1, lines 4 to 7, as an attack.
type search struct {
	steps   int
	relStep float64
}

var _ arbench.Attack = (*search)(nil)

// Info implements [arbench.Attack].
func (*search) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Access: arbench.Gradients}
}

// Perturb implements [arbench.Attack].
func (a *search) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	for i := range x.Len() {
		rng := t.Rand(i, "trades", 0)
		for j := range x.Row(i) {
			x.Row(i)[j] += 0.001 * float32(rng.NormFloat64())
		}
	}
	return a.from(ctx, t, x)
}

// from climbs from x, in place, and returns it.
func (a *search) from(ctx context.Context, t arbench.Trial, x arbench.Tensor) (arbench.Tensor, error) {
	clean, err := t.Model.Logits(ctx, t.X)
	if err != nil {
		return arbench.Tensor{}, err
	}
	for range a.steps {
		p, err := t.Model.Gradient(ctx, x, arbench.KL{A: clean})
		if err != nil {
			return arbench.Tensor{}, err
		}
		for i := range x.Len() {
			pgd.Ascend(t.Norm, x.Row(i), p.DX[0].Row(i), a.relStep*t.At(i), 0.99)
		}
		t.Project(x, t.X)
	}
	return x, nil
}
