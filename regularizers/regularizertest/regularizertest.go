// Package regularizertest is the kit of rules that every regularizer must keep. A regularizer's test
// calls
//
//	regularizertest.Run(t,
//		func() arbench.Regularizer { return &Regularizer{Strength: 2} },
//		func() arbench.Regularizer { return &Regularizer{} })
//
// where the second constructor gives one of strength 0. Each failure names the rule that was broken.
package regularizertest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/arbench/arbench"
)

// rules are the rules by name.
var rules = []struct {
	name  string
	check func(context.Context, *kit) error
}{
	{"describes-itself", describesItself},
	{"keeps-the-batch", keepsBatch},
	{"replaces-what-it-says", replacesWhatItSays},
	{"step-fits-together", stepFitsTogether},
	{"keeps-the-parameters", keepsParameters},
	{"same-step-same-parameters", sameStep},
	{"derivative-of-its-value", derivative},
	{"counts-its-passes", countsPasses},
	{"strength-0-is-plain-training", strengthZero},
	{"stops-when-cancelled", stopsWhenCancelled},
}

// Run checks every rule, each in a subtest of its name, on the regularizer that construct returns.
// The one that off returns has strength 0; off is nil if there is no such thing.
func Run(t *testing.T, construct, off func() arbench.Regularizer) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if err := r.check(t.Context(), &kit{construct, off}); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check is Run outside a test: its error names every rule that is broken.
func Check(ctx context.Context, construct, off func() arbench.Regularizer) error {
	var errs []error
	for _, r := range rules {
		if err := r.check(ctx, &kit{construct, off}); err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %w", r.name, err))
		}
	}
	return errors.Join(errs...)
}

type kit struct {
	construct func() arbench.Regularizer
	off       func() arbench.Regularizer
}

// newStep returns a step in the middle of a training, on a net of its own.
func newStep() (*arbench.Step, *net, error) {
	m, err := newNet()
	if err != nil {
		return nil, nil, err
	}
	b := examples(7)
	s := &arbench.Step{
		Model: m, Batch: b, Loss: arbench.CrossEntropy{Y: b.Y}, Index: 11, Progress: 0.5, Seed: 3,
	}
	return s, m, nil
}

func examples(n int) arbench.Batch {
	b := arbench.Batch{X: arbench.NewTensor(n, 1, 2, 3), Y: make([]int, n), ID: make([]int, n)}
	for i := range n {
		r := arbench.KeyedRand(1, "regularizertest", i)
		b.Y[i], b.ID[i] = r.IntN(classes), 10+i
		for j := range b.X.Row(i) {
			b.X.Row(i)[j] = r.Float32()
		}
	}
	return b
}

// prepare lets r prepare s, if it does such a thing.
func prepare(ctx context.Context, r arbench.Regularizer, s *arbench.Step) error {
	if p, ok := r.(arbench.Preparer); ok {
		return p.Prepare(ctx, s)
	}
	return nil
}

// pass makes the pass of the base loss and the penalty: all that adds to the derivative.
func pass(ctx context.Context, r arbench.Regularizer, s *arbench.Step) error {
	p, err := s.Run(ctx, arbench.Call{
		X: s.X, Losses: []arbench.Loss{s.Loss}, Weight: s.Weight, Groups: s.Groups,
		Mode: arbench.BatchUpdate, Want: arbench.DParams,
	})
	if err != nil {
		return err
	}
	s.Value = 0
	for i, v := range p.Values[0] {
		if s.Weight != nil {
			s.Value += float64(s.Weight[i]) * v
		} else {
			s.Value += v / float64(s.X.Len())
		}
	}
	if p, ok := r.(arbench.Penalizer); ok {
		value, err := p.Penalize(ctx, s)
		if err != nil {
			return err
		}
		s.Value += value
	}
	return nil
}

// take takes the whole step s with r, in the order of the trainer.
func take(ctx context.Context, r arbench.Regularizer, s *arbench.Step) error {
	if err := prepare(ctx, r, s); err != nil {
		return err
	}
	next := func(ctx context.Context, s *arbench.Step) error {
		if err := pass(ctx, r, s); err != nil {
			return err
		}
		if err := s.Model.Step(ctx, arbench.NewSGD(), 0.1); err != nil {
			return err
		}
		if f, ok := r.(arbench.Finisher); ok {
			return f.Finish(ctx, s)
		}
		return nil
	}
	if w, ok := r.(arbench.Wrapper); ok {
		return w.Around(ctx, s, next)
	}
	return next(ctx, s)
}
