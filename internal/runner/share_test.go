package runner_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/internal/runner"
)

func init() {
	arbench.Backends.Register("sharing", func() arbench.Backend { return &sharing{} })
}

// sharing is a backend whose second model makes no pass until it may use every core.
type sharing struct{ linear.Backend }

// seen is what models of sharing were told.
var seen struct {
	sync.Mutex
	opened int
	both   int // cores for each of two models at work
	late   int // cores for the second one, in the end
}

func (s *sharing) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	m, err := s.Backend.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	seen.Lock()
	defer seen.Unlock()
	seen.opened++
	return &sharer{Trainable: m.(arbench.Trainable), share: spec.Share, number: seen.opened}, nil
}

type sharer struct {
	arbench.Trainable
	share  func() int
	number int // in the order in which models were opened
}

func (s *sharer) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	until := func(done func() bool) {
		for start := time.Now(); !done() && time.Since(start) < 10*time.Second; time.Sleep(time.Millisecond) {
		}
	}
	switch s.number {
	case 1:
		until(func() bool { seen.Lock(); defer seen.Unlock(); return seen.both > 0 })
	case 2:
		seen.Lock()
		if seen.both == 0 {
			seen.both = s.share()
		}
		seen.Unlock()
		until(func() bool { return s.share() == runtime.NumCPU() })
		seen.late = s.share()
	}
	return s.Trainable.Run(ctx, c)
}

// Models that are worked on at the same time share the cores, and the last one has them all.
func TestTheLastModelHasAllCores(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("one core is not shared")
	}
	p := planned(t, suiteText, "seeds.train=[0]", "dataset.tests=20", "recipe.epochs=1", `backend={use="sharing"}`)
	run(t, opened(t, t.TempDir()), p, runner.Options{Jobs: 2})
	if want := runtime.NumCPU() / 2; seen.both != want || seen.late != runtime.NumCPU() {
		t.Errorf("%d cores for each of two, then %d for the last, want %d and %d", seen.both, seen.late, want, runtime.NumCPU())
	}
}
