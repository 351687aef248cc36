package runner

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/train"
)

// training returns what is kept of the training of m, which it takes, or ends, if need be. Another
// process that trains the same model is waited for.
func (r *run) training(ctx context.Context, m *plan.Model) (record.Training, error) {
	at := arbench.Cell{Model: m.Name, Seed: m.Seed}
	if m.Given() {
		return given(m), nil
	}
	if t, ok, err := r.trained(m); err != nil || ok {
		if ok {
			r.tell(Event{Cell: at, State: Kept})
		}
		return t, err
	}
	unlock, err := r.store.Lock(ctx, m.ID)
	if err != nil {
		return record.Training{}, fatal{err}
	}
	defer unlock()
	if t, ok, err := r.trained(m); err != nil || ok {
		if ok { // another process took it meanwhile
			r.tell(Event{Cell: at, State: Kept})
		}
		return t, err
	}
	r.tell(Event{Cell: at, State: Started})
	c, err := r.fit(ctx, m, at)
	if err != nil {
		return record.Training{}, err
	}
	t, err := r.keep(m, c)
	if err == nil {
		r.tell(Event{Cell: at, State: Finished})
	}
	return t, err
}

// given returns what is known of a model whose weights are given: they are the last and the best.
func given(m *plan.Model) record.Training {
	return record.Training{Digest: m.Digest, Best: m.Digest}
}

// trained returns the finished training of m; false if there is none, or its weights are missing.
func (r *run) trained(m *plan.Model) (t record.Training, ok bool, err error) {
	t, ok, err = loadTraining(r.store, m)
	if err != nil || !ok {
		return t, false, err
	}
	kinds := []string{kindWeights}
	if t.Best != "" {
		kinds = append(kinds, kindBest)
	}
	for _, kind := range kinds {
		if ok, err := r.store.Has(m.ID, kind); err != nil || !ok {
			return t, false, err
		}
	}
	return t, true, nil
}

// fit trains m, from its checkpoint if the store has one.
func (r *run) fit(ctx context.Context, m *plan.Model, at arbench.Cell) (*train.Checkpoint, error) {
	resume, err := r.checkpoint(m)
	if err != nil {
		return nil, err
	}
	model, err := m.Spec.Backend.It.Open(ctx, arbench.ModelSpec{
		Network: m.Network, Seed: m.Seed, Batch: 2 * min(m.Spec.Recipe.Batch, len(m.Train)), Threads: r.Threads, Share: r.share,
	})
	if err != nil {
		return nil, err
	}
	trainable, ok := model.(arbench.Trainable)
	if !ok {
		return nil, fmt.Errorf("backend %q cannot train", m.Spec.Backend.Use)
	}
	job := train.Job{
		Model: trainable, Examples: r.plan.Data.Train, IDs: m.Train, Validation: m.Validation,
		Recipe: m.Spec.Recipe, Seed: m.Seed, Resume: resume,
		Save: func(c *train.Checkpoint) error {
			b, err := record.EncodeCheckpoint(c)
			if err != nil {
				return err
			}
			return r.put(m.ID, kindCheckpoint, b)
		},
		Progress: func(p train.Progress) {
			r.tell(Event{Cell: at, State: Advanced, Done: p.Step, Total: p.Steps})
		},
	}
	for _, reg := range m.Spec.Regularizers {
		job.Regularizers = append(job.Regularizers, reg.It)
	}
	var c *train.Checkpoint
	err = recovered("the training", func() (err error) {
		c, err = train.Fit(r.watchCompiling(ctx, at), job)
		return err
	})
	return c, err
}

// checkpoint returns where the training of m goes on, nil for the beginning.
func (r *run) checkpoint(m *plan.Model) (*train.Checkpoint, error) {
	b, ok, err := r.store.Get(m.ID, kindCheckpoint)
	if err != nil || !ok {
		return nil, err
	}
	return record.DecodeCheckpoint(b, m.Network)
}

// keep stores a finished training.
func (r *run) keep(m *plan.Model, c *train.Checkpoint) (record.Training, error) {
	t := record.Training{Epochs: c.Epochs, Passes: c.Passes, Seconds: c.Seconds, Compiling: c.Compiling}
	var err error
	if t.Digest, err = r.keepWeights(m.ID, kindWeights, c.State.Params); err != nil {
		return t, err
	}
	if c.Best != nil {
		if t.Best, err = r.keepWeights(m.ID, kindBest, c.Best); err != nil {
			return t, err
		}
	}
	b, err := record.EncodeTraining(t)
	if err != nil {
		return t, err
	}
	if err := r.put(m.ID, kindTraining, b); err != nil {
		return t, err
	}
	for _, kind := range []string{kindCheckpoint, kindFailure} {
		if err := r.store.Delete(m.ID, kind); err != nil {
			return t, fatal{err}
		}
	}
	return t, nil
}

// keepWeights stores ps and returns the digest of what it stored.
func (r *run) keepWeights(id, kind string, ps []arbench.Param) (string, error) {
	b, err := record.EncodeParams(ps)
	if err != nil {
		return "", err
	}
	return record.Digest(b), r.put(id, kind, b)
}

// put stores a record; that it cannot stops the run.
func (r *run) put(id, kind string, b []byte) error {
	if err := r.store.Put(id, kind, b); err != nil {
		return fatal{err}
	}
	return nil
}
