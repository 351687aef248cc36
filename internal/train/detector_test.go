package train_test

import (
	"context"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

func TestFitReportsADivergedTraining(t *testing.T) {
	j := job(t)
	j.Recipe.Optimizer = &arbench.SGD{Momentum: 0.9, Decay: 1}
	j.Recipe.Schedule = train.Schedule{Use: "constant", Rate: 1e30}
	_, err := train.Fit(context.Background(), j)
	if err == nil || !strings.Contains(err.Error(), "diverged") || !strings.Contains(err.Error(), "epoch 1 of 6") {
		t.Errorf("got %v, want an error that says when the training diverged", err)
	}
}

// constant is a regularizer that makes a net ignore its input.
type constant struct{}

func (constant) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "zero weights"} }

func (constant) Finish(ctx context.Context, s *arbench.Step) error {
	ps, err := s.Model.Params(ctx)
	if err != nil {
		return err
	}
	clear(ps[0].Value.Data)
	ps[1].Value.Data[0], ps[1].Value.Data[1] = 0.01, 0
	return s.Model.SetParams(ctx, ps)
}

func TestFitReportsACollapsedTraining(t *testing.T) {
	j := job(t)
	j.Regularizers = []arbench.Regularizer{constant{}}
	_, err := train.Fit(context.Background(), j)
	if err == nil || !strings.Contains(err.Error(), "collapsed") {
		t.Errorf("got %v, want an error that says the training collapsed", err)
	}
}

// flips is a regularizer that makes a net sure of one class for every image, another one each step.
type flips struct{}

func (flips) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "sure of one class"} }

func (flips) Finish(ctx context.Context, s *arbench.Step) error {
	ps, err := s.Model.Params(ctx)
	if err != nil {
		return err
	}
	clear(ps[0].Value.Data)
	ps[1].Value.Data[s.Index%2], ps[1].Value.Data[1-s.Index%2] = 100, 0
	return s.Model.SetParams(ctx, ps)
}

func TestFitJudgesTheNetAsItEnds(t *testing.T) {
	for _, batch := range []int{16, 160} {
		j := job(t)
		j.Recipe.Batch = batch
		j.Regularizers = []arbench.Regularizer{flips{}}
		if _, err := train.Fit(context.Background(), j); err == nil || !strings.Contains(err.Error(), "collapsed") {
			t.Errorf("batch %d: got %v, want an error that says the training collapsed", batch, err)
		}
	}
}
