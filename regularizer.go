package arbench

import (
	"context"
	"math/rand/v2"
)

// A Regularizer changes a step of training. It implements one or more of Preparer, Penalizer,
// Wrapper and Finisher. Several trainings use one at the same time, so it keeps nothing between calls.
//
// As for an Attack, its exported fields are its options.
type Regularizer interface {
	Info() RegularizerInfo
}

// RegularizerInfo describes a regularizer with its present options.
type RegularizerInfo struct {
	Doc    string // one line, for "arbench list"
	Source string // paper, section, equation
}

// A Preparer replaces the batch or the base loss: adversarial training, TRADES, label smoothing.
// The plan refuses two regularizers that replace the same thing.
type Preparer interface {
	Regularizer

	// Replaces says which parts of the step Prepare replaces.
	Replaces() []Part

	// Prepare changes s.X, s.Loss, s.Weight or s.Groups before the pass of the step.
	Prepare(ctx context.Context, s *Step) error
}

// A Part is something of a Step that a Preparer replaces.
type Part string

// The parts of a step.
const (
	Images Part = "images"
	Base   Part = "base loss"
)

// A Penalizer adds a term to the training loss.
type Penalizer interface {
	Regularizer

	// Penalize adds the derivative of its term to s.Model's running sums, by way of Run with
	// DParams or of SetParams, and returns the value of the term.
	Penalize(ctx context.Context, s *Step) (float64, error)
}

// A Wrapper goes around the step: adversarial weight perturbation, free adversarial training.
type Wrapper interface {
	Regularizer

	// Around calls next, any number of times, to take the step s: the pass of the base loss, the
	// penalties, the optimizer's step and what comes after it. It is called after Prepare.
	Around(ctx context.Context, s *Step, next func(context.Context, *Step) error) error
}

// A Finisher acts on the parameters after the step: Parseval, singular value bounding.
type Finisher interface {
	Regularizer

	// Finish changes s.Model's parameters by way of SetParams.
	Finish(ctx context.Context, s *Step) error
}

// A Step is one step of training. Fields may be added.
type Step struct {
	Model Trainable
	Batch
	Loss   Loss      // the base loss; cross-entropy of Y at the start
	Weight []float32 // of each row of X in the base loss; nil means 1/n each
	Groups []int     // as in Call

	// Want asks the pass of the base loss for more than the derivative in the parameters: with DX
	// it leaves the derivative in X in DX, for free adversarial training.
	Want Want
	DX   Tensor

	Index    int     // of the step, from 0
	Progress float64 // part of the training done, from 0 to 1
	Seed     uint64  // of the training
	Passes   Passes  // spent so far on this step's examples, by way of Attack and Run
	Value    float64 // mean of the base loss, after the pass
}

// Passes counts examples passed through a net.
type Passes struct {
	Forward, Backward int
}

// Add adds q to p.
func (p *Passes) Add(q Passes) {
	p.Forward += q.Forward
	p.Backward += q.Backward
}

// Rand returns the generator for what purpose names, for row i of the batch, keyed by the
// training's seed, the step and the example.
func (s *Step) Rand(i int, purpose string) *rand.Rand {
	return KeyedRand(s.Seed, purpose, s.Index, s.ID[i])
}

// Run makes one pass of the model and counts it.
func (s *Step) Run(ctx context.Context, c Call) (Pass, error) {
	p, err := s.Model.Run(ctx, c)
	if err == nil {
		s.Passes.Forward += c.X.Len()
		if c.Want != 0 {
			s.Passes.Backward += c.X.Len() * len(c.Losses)
		}
	}
	return p, err
}

// Attack puts the step's batch to a within t, with batch normalization in the given mode, projects
// what it returns into t, and counts the passes.
func (s *Step) Attack(ctx context.Context, a Attack, t Threat, mode Mode) (Tensor, error) {
	oracle := NewOracle(s.Model, a.Info().Access, mode, s.Batch, t)
	trial := Trial{Model: oracle, Batch: s.Batch, Threat: t, Seed: stepSeed(s.Seed, s.Index)}
	x, err := trial.Put(ctx, a)
	if err != nil {
		return Tensor{}, err
	}
	for i, f := range oracle.books.Forward {
		s.Passes.Add(Passes{f, oracle.books.Backward[i]})
	}
	return x, nil
}

func stepSeed(seed uint64, index int) uint64 { return KeyedRand(seed, "step", index).Uint64() }
