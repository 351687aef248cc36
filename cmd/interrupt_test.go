package cmd_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Attacks.Register("interrupt", func() arbench.Attack { return &attack{} })
	arbench.Regularizers.Register("interrupt", func() arbench.Regularizer { return &regularizer{} })
}

// attack leaves images as they are. At its third batch it sends this process the signal of Ctrl-C
// if the environment's INTERRUPT says "attack", and again and again if it says "deaf".
type attack struct{}

// batches counts those of all attacks of this process.
var batches atomic.Int64

func (*attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc: "changes nothing", Access: arbench.Labels, Norms: []arbench.Norm{arbench.Linf},
	}
}

func (*attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	third := batches.Add(1) == 3
	for third && os.Getenv("INTERRUPT") == "deaf" {
		if err := interrupt(ctx); !errors.Is(err, context.Canceled) {
			return t.X, err
		}
	}
	if third && os.Getenv("INTERRUPT") == "attack" {
		return t.X, interrupt(ctx)
	}
	return t.X.Clone(), nil
}

// regularizer does nothing. In the second epoch it sends this process the signal of Ctrl-C, if the
// environment's INTERRUPT says "training".
type regularizer struct{}

func (*regularizer) Info() arbench.RegularizerInfo {
	return arbench.RegularizerInfo{Doc: "does nothing"}
}

func (*regularizer) Finish(ctx context.Context, s *arbench.Step) error {
	if s.Progress > 0.6 && os.Getenv("INTERRUPT") == "training" {
		return interrupt(ctx)
	}
	return nil
}

// interrupt sends the signal and waits until it has arrived.
func interrupt(ctx context.Context) error {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Signal(os.Interrupt); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}
