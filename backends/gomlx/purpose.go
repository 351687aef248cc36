//go:build gomlx

package gomlx

import (
	"context"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// A purpose says what a program of a net does: two of one purpose are the same program.
type purpose struct {
	kind    string // "pass", "visit", "ascent" or "step"
	rows    int
	batch   bool   // batch normalization uses the statistics of the batch
	update  bool   // and moves the running ones
	tails   string // of the losses, a letter each
	dx      bool   // with the derivative of each loss in the images
	dparams bool   // adds the derivative in the parameters to their sums
	steps   int    // of an ascent
	detail  string // layers of a visit, rule of a step
}

// mostPrograms is the greatest number of programs that an engine keeps, beside those that run.
const mostPrograms = 64

// A programKey is the net of a program and what it does: models of one net share their programs.
type programKey struct {
	net  string
	what purpose
}

// use calls f with the program of a purpose, which build makes if it is not there. Watchers of ctx hear of that.
func (e *engine) use(ctx context.Context, net string, what purpose, build func(g *graph.Graph) []*graph.Node, f func(*program) error) error {
	at := e.programs.acquire(programKey{net, what})
	defer e.programs.release(at)
	if !at.made.Load() {
		end := arbench.Compiling(ctx, what.String())
		_ = at.make(func() (*program, error) { return compile(e, what.String(), build) })
		end()
	}
	if at.err != nil {
		return advise(at.err, what)
	}
	return advise(f(at.value), what)
}

// String names the program.
func (p purpose) String() string {
	if p.rows == 0 {
		return p.kind
	}
	name := fmt.Sprintf("%s of %d rows", p.kind, p.rows)
	if p.dx || p.dparams {
		name += " with derivatives"
	}
	return name
}

// advise adds to an error of the device that has no memory what can be done.
func advise(err error, what purpose) error {
	if err == nil {
		return nil
	}
	for _, sign := range []string{"Out of memory", "out of memory", "RESOURCE_EXHAUSTED"} {
		if strings.Contains(err.Error(), sign) {
			smaller := "a smaller rows of the model's evaluator, or of its backend, which trains anew, or a smaller net"
			if what.batch || what.dparams || what.rows == 0 { // the rows of a training's step are its own
				smaller = "a smaller batch or net"
			}
			return fmt.Errorf("the device has too little memory for a %v, want %s: %w", what, smaller, err)
		}
	}
	return err
}
