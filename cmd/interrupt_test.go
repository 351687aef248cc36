package cmd_test

import (
	"context"
	"errors"
	"os"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Attacks.Register("interrupt", func() arbench.Attack { return &attack{} })
	arbench.Regularizers.Register("interrupt", func() arbench.Regularizer { return &regularizer{} })
}

// attack leaves images as they are. At its third batch it sends this process the signal of Ctrl-C
// if the environment's INTERRUPT says "attack", and again and again if it says "deaf".
type attack struct{ batches int }

func (*attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc: "changes nothing", Access: arbench.Labels, Norms: []arbench.Norm{arbench.Linf},
	}
}

func (a *attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	a.batches++
	for a.batches == 3 && os.Getenv("INTERRUPT") == "deaf" {
		if err := interrupt(ctx); !errors.Is(err, context.Canceled) {
			return t.X, err
		}
	}
	if a.batches == 3 && os.Getenv("INTERRUPT") == "attack" {
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
