package train

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/arbench/arbench"
)

// A Clock tells the seconds of work from those in which a backend compiled for it, which are those of a first
// time and say nothing of the work.
type Clock struct {
	begun    time.Time
	compiled atomic.Int64 // nanoseconds
}

// NewClock starts a clock, and returns it with the context of the work.
func NewClock(ctx context.Context) (context.Context, *Clock) {
	c := &Clock{begun: time.Now()}
	return arbench.WatchCompiling(ctx, func(string) func() {
		begun := time.Now()
		return func() { c.compiled.Add(int64(time.Since(begun))) }
	}), c
}

// Seconds returns those of work since NewClock, at least 0, and those of compiling.
func (c *Clock) Seconds() (work, compiling float64) {
	d := time.Duration(c.compiled.Load())
	return max(time.Since(c.begun)-d, 0).Seconds(), d.Seconds()
}
