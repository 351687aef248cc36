// Package deepfool implements DeepFool: it goes to the nearest decision boundary of the linearized
// model, linearizes there, and so on until the image is misclassified.
//
// Moosavi-Dezfooli, Fawzi & Frossard, DeepFool: a simple and accurate method to fool deep neural
// networks, CVPR 2016 (arXiv:1511.04599), algorithm 2, with the norms of its section 3.3. As in the
// authors' code, whether the class has changed is asked of the image with the overshoot, and only the
// classes of greatest clean logit are gone to. As in Foolbox, images are kept to the box on the way.
package deepfool

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/nearest"
)

func init() { arbench.Attacks.Register("deepfool", func() arbench.Attack { return New() }) }

// New returns the attack of the paper: at most 50 steps, to the boundaries with the 9 classes that come
// next after the image's own, and 2 % beyond.
func New() *Attack { return &Attack{MaxSteps: 50, Overshoot: 0.02, Candidates: 10} }

// Attack is the attack and its options.
type Attack struct {
	MaxSteps   int     `toml:"max_steps" doc:"each a pass forward, and one backward for each class but one"`
	Overshoot  float64 `toml:"overshoot" doc:"how far beyond the boundary to go, as a share of the change"`
	Candidates int     `toml:"candidates" doc:"classes of greatest clean logit to go to, the image's own counted"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:         "DeepFool: a small change, by steps to the nearest linearized boundary until it is crossed",
		Source:      "Moosavi-Dezfooli et al., CVPR 2016 (arXiv:1511.04599), algorithm 2 and section 3.3",
		Access:      arbench.Gradients,
		Norms:       []arbench.Norm{arbench.Linf, arbench.L2},
		MinimumNorm: true, AnyEps: true,
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.MaxSteps < 1 {
		errs = append(errs, fmt.Errorf("max_steps %d must be at least 1", a.MaxSteps))
	}
	if !(a.Overshoot >= 0) || math.IsInf(a.Overshoot, 1) {
		errs = append(errs, fmt.Errorf("overshoot %v must be finite and not negative", a.Overshoot))
	}
	if a.Candidates < 2 {
		errs = append(errs, fmt.Errorf("candidates %d must be at least 2: the class of the image and another",
			a.Candidates))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator]. Most images take a few of the steps.
func (a *Attack) MostPasses(classes int, _ arbench.Norm) float64 {
	return 1 + float64(a.MaxSteps)*float64(min(classes, a.Candidates))
}

// A search is an attack on a trial under way.
type search struct {
	*Attack
	arbench.Trial
	x, sum arbench.Tensor // the images as they are changed; the changes, without overshoot and box
	rivals [][]int        // the classes to go to, for each row
}

// Perturb implements [arbench.Attack]. The candidate is the first misclassified point, or the last one
// if none is; an image that is misclassified, and any of a model of one class, stays as it is. An image
// costs a pass forward for its clean logits, one for each step, and one that finds it misclassified.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	s := &search{Attack: a, Trial: t, x: t.X.Clone()}
	z, err := t.Model.Logits(ctx, t.X)
	if err != nil {
		return arbench.Tensor{}, err
	}
	s.sum = arbench.NewTensor(t.X.Shape...)
	s.rivals = make([][]int, t.Len())
	var rows []int
	for i, y := range t.Y {
		s.rivals[i] = goal.Rivals(z.Row(i), y)
		s.rivals[i] = s.rivals[i][:min(len(s.rivals[i]), a.Candidates-1)]
		if arbench.Argmax(z.Row(i)) == y {
			rows = append(rows, i)
		}
	}
	if t.Model.Info().Classes < 2 {
		return s.x, nil
	}
	for step := 0; step < a.MaxSteps && len(rows) > 0; step++ {
		if rows, err = s.step(ctx, rows); err != nil {
			return arbench.Tensor{}, err
		}
	}
	return s.x, nil
}

// step moves the given rows, and returns those that were not misclassified before.
func (s *search) step(ctx context.Context, rows []int) ([]int, error) {
	p, err := s.Model.Run(ctx, arbench.Call{
		X: s.x.Gather(rows), Rows: rows, Losses: s.differences(rows), Want: arbench.DX,
	})
	if err != nil {
		return nil, err
	}
	var left, at []int // rows, and their places in p
	for i, r := range rows {
		if arbench.Argmax(p.Logits.Row(i)) == s.Y[r] {
			left, at = append(left, r), append(at, i)
		}
	}
	arbench.EachRow(len(left), len(s.x.Data)/s.x.Len(), func(k int) { s.move(left[k], p, at[k]) })
	return left, nil
}

// differences returns z[k] - z[y], one loss for each rank of the class k among the rivals of a row.
func (s *search) differences(rows []int) []arbench.Loss {
	losses := make([]arbench.Loss, len(s.rivals[rows[0]]))
	for rank := range losses {
		l := arbench.LogitDifference{A: make([]int, len(rows)), B: make([]int, len(rows))}
		for i, r := range rows {
			l.A[i], l.B[i] = s.rivals[r][rank], s.Y[r]
		}
		losses[rank] = l
	}
	return losses
}

// move takes row r, which is row i of p, to the nearest of the boundaries f + <w, d> = 0. One whose
// value or derivative is not finite, or whose derivative is zero, is none.
func (s *search) move(r int, p arbench.Pass, i int) {
	least, f, w := math.Inf(1), 0.0, []float32(nil)
	for l, values := range p.Values {
		g := p.DX[l].Row(i)
		size := nearest.Size(s.Norm.Dual(), g)
		if d := math.Abs(values[i]) / size; size > 0 && d < least { // false for NaN
			least, f, w = d, values[i], g
		}
	}
	if w == nil {
		return
	}
	const short = 1e-6 // of a pixel, in the norm: an image on the boundary counts as short of it
	s.add(s.sum.Row(r), w, max(math.Abs(f)/nearest.Size(s.Norm.Dual(), w), short))
	x, x0 := s.x.Row(r), s.X.Row(r)
	for j, d := range s.sum.Row(r) {
		x[j] = float32(min(max(float64(x0[j])+(1+s.Overshoot)*float64(d), 0), 1))
	}
}

// add adds to sum the change of the given size, in the norm, that raises <w, sum> most.
func (s *search) add(sum, w []float32, size float64) {
	length := arbench.L2.Of(w)
	for j, v := range w {
		switch {
		case s.Norm != arbench.Linf:
			sum[j] += float32(size * float64(v) / length)
		case v > 0:
			sum[j] += float32(size)
		case v < 0:
			sum[j] -= float32(size)
		}
	}
}
