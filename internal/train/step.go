package train

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// take takes one step of training: what the regularizers put before it, the pass of the base loss,
// their penalties, the optimizer, what they put after it, and the wrappers around all of it.
func take(
	ctx context.Context, s *arbench.Step, recipe Recipe, regs []arbench.Regularizer, rate float64, t *tally,
) error {
	for _, r := range regs {
		if p, ok := r.(arbench.Preparer); ok {
			if err := p.Prepare(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", r.Info().Doc, err)
			}
		}
	}
	next := func(ctx context.Context, s *arbench.Step) error {
		return update(ctx, s, recipe, regs, rate, t)
	}
	for i := len(regs) - 1; i >= 0; i-- {
		if w, ok := regs[i].(arbench.Wrapper); ok {
			inner := next
			next = func(ctx context.Context, s *arbench.Step) error { return w.Around(ctx, s, inner) }
		}
	}
	return next(ctx, s)
}

// update is the step inside the wrappers.
func update(
	ctx context.Context, s *arbench.Step, recipe Recipe, regs []arbench.Regularizer, rate float64, t *tally,
) error {
	if err := base(ctx, s, t); err != nil {
		return err
	}
	for _, r := range regs {
		if p, ok := r.(arbench.Penalizer); ok {
			value, err := p.Penalize(ctx, s)
			if err != nil {
				return fmt.Errorf("%s: %w", r.Info().Doc, err)
			}
			s.Value += value
		}
	}
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		return fmt.Errorf("the training diverged: its loss is %v; a lower rate or a warm-up may help", s.Value)
	}
	t.loss += s.Value * float64(s.Batch.Len())
	if recipe.Clip > 0 {
		if err := clip(ctx, s.Model, recipe.Clip); err != nil {
			return err
		}
	}
	if err := s.Model.Step(ctx, recipe.Optimizer, rate); err != nil {
		return err
	}
	for _, r := range regs {
		if f, ok := r.(arbench.Finisher); ok {
			if err := f.Finish(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", r.Info().Doc, err)
			}
		}
	}
	return nil
}

// base makes the pass of the base loss, which accumulates the derivative in the parameters.
func base(ctx context.Context, s *arbench.Step, t *tally) error {
	loss := s.Loss
	if loss == nil {
		loss = arbench.CrossEntropy{Y: s.Y}
	}
	p, err := s.Run(ctx, arbench.Call{
		X: s.X, Losses: []arbench.Loss{loss}, Weight: s.Weight, Groups: s.Groups,
		Mode: arbench.BatchUpdate, Want: arbench.DParams | s.Want,
	})
	if err != nil {
		return fmt.Errorf("the training diverged or cannot go on: %w", err)
	}
	if s.Want&arbench.DX != 0 {
		s.DX = p.DX[0]
	}
	s.Value = 0
	for i, v := range p.Values[0] {
		w := 1 / float64(s.X.Len())
		if s.Weight != nil {
			w = float64(s.Weight[i])
		}
		s.Value += w * v
	}
	t.count(s.Y, p.Logits, s.Value)
	return nil
}

// clip scales the running sums of all derivatives down to a Euclidean norm of at most limit.
func clip(ctx context.Context, m arbench.Trainable, limit float64) error {
	ps, err := m.Params(ctx)
	if err != nil {
		return err
	}
	sum := 0.0
	for _, p := range ps {
		for _, g := range p.Grad.Data {
			sum += float64(g) * float64(g)
		}
	}
	norm := math.Sqrt(sum)
	if norm <= limit {
		return nil
	}
	for i := range ps {
		ps[i].Value = arbench.Tensor{}
		for k := range ps[i].Grad.Data {
			ps[i].Grad.Data[k] *= float32(limit / norm)
		}
	}
	return m.SetParams(ctx, ps)
}

// tally is what an epoch showed of its training batches.
type tally struct {
	classes int
	steps   int     // of the epoch
	at      int     // the step under way, from 0
	n       int     // examples
	correct int     // of them
	loss    float64 // Σ loss × examples, penalties and all

	// Of the second half of the steps, to tell a constant from a net that has yet to learn:
	late      float64 // Σ base loss × examples
	labels    []int   // examples of each class
	predicted []int   // examples given each class
}

// count enters the logits of a batch, of which the first len(y) rows are the examples of y, and its
// base loss.
func (t *tally) count(y []int, logits arbench.Tensor, loss float64) {
	late := 2*t.at >= t.steps && t.steps > 1
	if t.labels == nil {
		t.labels, t.predicted = make([]int, t.classes), make([]int, t.classes)
	}
	for i, c := range y {
		k := arbench.Argmax(logits.Row(i))
		t.n++
		if k == c {
			t.correct++
		}
		if late {
			t.late += loss
			t.labels[c]++
			t.predicted[k]++
		}
	}
}

// collapsed reports a net that has become a constant: it gives every example the same class, or its
// loss is that of a guess and it gives nearly all examples the commonest class.
func (t *tally) collapsed() error {
	n, most, commonest := 0, 0, 0
	for k := range t.labels {
		n += t.labels[k]
		most, commonest = max(most, t.predicted[k]), max(commonest, t.labels[k])
	}
	if n == 0 || commonest == n {
		return nil // nothing to judge by
	}
	loss, guess := t.late/float64(n), math.Log(float64(t.classes))
	if most < n && !(loss >= 0.995*guess && float64(most) >= 0.95*float64(n)) {
		return nil
	}
	return fmt.Errorf("the training collapsed: at its end the loss was %.3f (a guess has ln %d = %.3f) "+
		"and %.1f %% of the examples got one class; a lower rate, a warm-up or a smaller training eps "+
		"may help", loss, t.classes, guess, 100*float64(most)/float64(n))
}
