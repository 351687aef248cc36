//go:build gomlx

package gomlx

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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

// A cache keeps the programs used last, of all models of an engine: those of one net share them. The zero
// value is empty. It may be used by several goroutines.
type cache struct {
	mu      sync.Mutex
	entries []*entry // the one used last at the end
}

// An entry is a program, or the wish for one.
type entry struct {
	net     string
	what    purpose
	compile sync.Once
	made    atomic.Bool // or failed
	program *program
	err     error
	users   int  // that have not released it
	dropped bool // from the cache
}

// use calls f with the program of a purpose, which build makes if it is not there. Watchers of ctx hear of that.
func (e *engine) use(ctx context.Context, net string, what purpose, build func(g *graph.Graph) []*graph.Node, f func(*program) error) error {
	c := &e.programs
	at := c.acquire(net, what)
	defer c.release(at)
	if !at.made.Load() {
		end := arbench.Compiling(ctx, what.String())
		at.compile.Do(func() {
			at.program, at.err = compile(e, what.String(), build)
			at.made.Store(true)
		})
		end()
	}
	if at.err != nil {
		return advise(at.err, what)
	}
	return advise(f(at.program), what)
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

// acquire returns the entry of a purpose, which stays until it is released.
func (c *cache) acquire(net string, what purpose) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.entries, func(e *entry) bool { return e.what == what && e.net == net })
	at := &entry{net: net, what: what}
	if i >= 0 {
		at = c.entries[i]
		c.entries = slices.Delete(c.entries, i, i+1)
	}
	at.users++
	c.entries = append(c.entries, at)
	if len(c.entries) > mostPrograms {
		c.drop(0)
	}
	return at
}

// release gives an entry back. One whose program was not made is forgotten.
func (c *cache) release(at *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at.users--
	if i := slices.Index(c.entries, at); at.err != nil && i >= 0 {
		c.drop(i)
	}
	at.finish()
}

// drop takes entry i out of the cache.
func (c *cache) drop(i int) {
	at := c.entries[i]
	c.entries = slices.Delete(c.entries, i, i+1)
	at.dropped = true
	at.finish()
}

// finish frees a program that nobody can use any more.
func (e *entry) finish() {
	if e.dropped && e.users == 0 && e.program != nil {
		e.program.drop()
		e.program = nil
	}
}
