package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// A Job is one training: a model, the examples, and how.
type Job struct {
	Model        arbench.Trainable
	Examples     arbench.Examples
	IDs          []int // of the training examples
	Validation   []int // of examples held out; may be empty
	Recipe       Recipe
	Regularizers []arbench.Regularizer
	Seed         uint64

	// Resume is where to go on; nil starts at the beginning. What follows is bit by bit what would
	// have followed without the interruption.
	Resume *Checkpoint

	// Save is called with the state after each epoch but the last; nil saves nothing. Its argument
	// is valid until it returns.
	Save func(*Checkpoint) error

	// Progress is called after each step; nil reports nothing.
	Progress func(Progress)
}

// Progress says how far a training is.
type Progress struct {
	Step, Steps int // steps done, of the whole training
	Loss        float64
}

// A Checkpoint is a training after some epochs: all it needs to go on, and what it has shown.
type Checkpoint struct {
	State        arbench.State
	Best         []arbench.Param // of the epoch with the highest validation accuracy; nil without one
	BestAccuracy float64         // in %
	Epochs       []arbench.EpochResult
	Passes       arbench.Passes
	Seconds      float64 // of work
	Compiling    float64 // seconds in which the backend compiled, beside those of work
}

// Fit trains j.Model and returns its last checkpoint. A training whose loss or logits become NaN or
// infinite, or whose model ends no better than a guess, is an error that says so.
func Fit(ctx context.Context, j Job) (*Checkpoint, error) {
	if len(j.IDs) == 0 {
		return nil, errors.New("there are no examples to train on")
	}
	f := &fit{Job: j, at: &Checkpoint{BestAccuracy: math.Inf(-1)}}
	if j.Resume != nil {
		c := *j.Resume
		f.at = &c
		if err := j.Model.Restore(ctx, c.State); err != nil {
			return nil, fmt.Errorf("going on from a checkpoint: %w", err)
		}
	}
	for len(f.at.Epochs) < j.Recipe.Epochs {
		if err := f.epoch(ctx); err != nil {
			return nil, err
		}
	}
	if err := f.learned(ctx); err != nil {
		return nil, err
	}
	state, err := j.Model.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	f.at.State = state
	return f.at, nil
}

// fit is a training under way.
type fit struct {
	Job
	at *Checkpoint
}

// epoch trains one epoch, validates, and saves.
func (f *fit) epoch(ctx context.Context) error {
	timed, clock := NewClock(ctx)
	n := len(f.at.Epochs)
	batches := batches(f.IDs, f.Recipe.Batch, f.Seed, n)
	var t tally
	next := f.ahead(n, batches[0])
	for i := range batches {
		b := next()
		if i+1 < len(batches) {
			next = f.ahead(n, batches[i+1])
		}
		if err := f.step(timed, n, i, len(batches), b, &t); err != nil {
			return fmt.Errorf("epoch %d of %d, step %d of %d: %w", n+1, f.Recipe.Epochs, i+1, len(batches), err)
		}
	}
	result := arbench.EpochResult{
		Epoch:      n + 1,
		Rate:       f.Recipe.Schedule.RateAt(float64(n+1), float64(f.Recipe.Epochs)),
		Loss:       t.loss / float64(t.n),
		Accuracy:   100 * float64(t.correct) / float64(t.n),
		Clean:      math.NaN(),
		Validation: math.NaN(),
	}
	if err := f.validate(timed, &result); err != nil {
		return err
	}
	work, compiling := clock.Seconds()
	f.at.Seconds, f.at.Compiling = f.at.Seconds+work, f.at.Compiling+compiling
	f.watch(ctx, &result)
	f.at.Epochs = append(f.at.Epochs, result)
	if f.Save == nil || n+1 == f.Recipe.Epochs {
		return nil
	}
	var err error
	if f.at.State, err = f.Model.Snapshot(ctx); err != nil {
		return err
	}
	return f.Save(f.at)
}

// ahead reads and augments the examples ids of epoch n, and brings them to the model's device, while the caller does
// something else. The function that it returns waits for them.
func (f *fit) ahead(n int, ids []int) func() arbench.Batch {
	var b arbench.Batch
	var failed any
	done, shape := make(chan struct{}), f.Model.Info().Shape
	go func() {
		defer close(done)
		defer func() { failed = recover() }() // a panic of the data set is the caller's
		b = arbench.ReadBatch(f.Examples, shape, ids)
		augment(b, f.Recipe.Augment, f.Seed, n)
		if s, ok := f.Model.(arbench.Stager); ok {
			s.Stage(b.X)
		}
	}()
	return func() arbench.Batch {
		if <-done; failed != nil {
			panic(failed)
		}
		return b
	}
}

// step takes step i of epoch n on b.
func (f *fit) step(ctx context.Context, n, i, perEpoch int, b arbench.Batch, t *tally) error {
	s := &arbench.Step{
		Model:    f.Model,
		Batch:    b,
		Index:    n*perEpoch + i,
		Progress: (float64(n) + float64(i)/float64(perEpoch)) / float64(f.Recipe.Epochs),
		Seed:     f.Seed,
	}
	epoch := float64(n) + (float64(i)+0.5)/float64(perEpoch) // the middle of the step
	rate := f.Recipe.Schedule.RateAt(epoch, float64(f.Recipe.Epochs))
	if err := take(ctx, s, f.Recipe, f.Regularizers, rate, t); err != nil {
		return err
	}
	f.at.Passes.Add(s.Passes)
	if f.Progress != nil {
		f.Progress(Progress{Step: s.Index + 1, Steps: f.Recipe.Epochs * perEpoch, Loss: s.Value})
	}
	return nil
}

// validate enters the accuracy on held-out examples into r and keeps the parameters if it is the
// best so far.
func (f *fit) validate(ctx context.Context, r *arbench.EpochResult) error {
	if len(f.Validation) == 0 {
		return nil
	}
	v, err := f.view(ctx, f.Validation)
	if err != nil {
		return fmt.Errorf("validation: %w", err)
	}
	r.Validation = v.accuracy()
	if r.Validation <= f.at.BestAccuracy {
		return nil
	}
	params, err := f.Model.Params(ctx)
	if err != nil {
		return err
	}
	f.at.Best, f.at.BestAccuracy = params, r.Validation
	for i := range params {
		params[i].Grad = arbench.Tensor{}
	}
	return nil
}
