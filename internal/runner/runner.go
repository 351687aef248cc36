// Package runner answers the cells of a plan: it trains the models that are missing, puts them to
// the attacks, judges what comes back, and keeps all of it in a store.
package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/store"
)

// Options say how to run, none of which changes a result.
type Options struct {
	Jobs    int           // models worked on at once; 0 means one for each core
	Threads int           // of each model; 0 means the cores that the jobs leave
	Every   time.Duration // least time between two saves of an attack under way; 0 means 5 s

	// Watch is called when work starts, advances and ends, by one goroutine at a time; nil is not.
	Watch func(Event)
}

// An Event tells how the work on one training or one cell goes.
type Event struct {
	Cell  arbench.Cell // of a training: only Model and Seed
	State State
	Done  int // of Total steps or examples
	Total int
	Err   error // of Failed

	Program string // of Compiling
}

// A State is how far a piece of work is.
type State int

// The states of work.
const (
	Started  State = iota
	Advanced       // Done says how far
	Finished
	Kept      // the store had it
	Failed    // Err says why
	Compiling // the backend compiles Program before it goes on
)

// Run makes every answer of p that st lacks. A training or cell that fails costs no other; it comes
// back as a failure. The error is of what stops everything: the context or the store.
func Run(ctx context.Context, st *store.Store, p *plan.Plan, o Options) ([]arbench.Failure, error) {
	r := &run{store: st, plan: p, Options: o, cells: map[*plan.Model][]*plan.Cell{}}
	r.Jobs = max(min(cmp.Or(o.Jobs, runtime.NumCPU()), len(p.Models)), 1)
	r.working.Store(int32(r.Jobs))
	if o.Threads == 0 {
		// A model may take over cores that others leave; its memory grows with the threads that it may have.
		r.Threads = max(min(runtime.NumCPU(), 4*runtime.NumCPU()/r.Jobs), 1)
		r.share = func() int { return runtime.NumCPU() / int(max(r.working.Load(), 1)) }
	}
	r.Every = cmp.Or(o.Every, 5*time.Second)
	for _, c := range p.All() {
		r.cells[c.Model] = append(r.cells[c.Model], c)
	}
	st.Sweep() // what it cannot clean up today it may tomorrow
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *plan.Model, len(p.Models))
	for _, m := range r.order() {
		queue <- m
	}
	close(queue)
	var wg sync.WaitGroup
	for range r.Jobs {
		wg.Go(func() {
			defer r.working.Add(-1)
			for m := range queue {
				if err := r.model(ctx, m); err != nil {
					cancel(err) // the first cause stays
					return
				}
			}
		})
	}
	wg.Wait()
	return r.failures, context.Cause(ctx)
}

// run is a run under way.
type run struct {
	Options
	store *store.Store
	plan  *plan.Plan
	cells map[*plan.Model][]*plan.Cell

	working atomic.Int32 // jobs that have models left
	share   func() int   // cores for each of them; nil where the number of threads is given

	mu       sync.Mutex
	failures []arbench.Failure
}

// order returns the models with those that another process is training last, so that two processes
// on one store share the work.
func (r *run) order() []*plan.Model {
	var free, busy []*plan.Model
	for _, m := range r.plan.Models {
		unlock, ok, err := r.store.TryLock(m.ID)
		if err == nil && !ok {
			busy = append(busy, m)
			continue
		}
		if ok {
			unlock()
		}
		free = append(free, m)
	}
	return append(free, busy...)
}

// model trains m if need be and answers its cells. Only what stops everything is an error.
func (r *run) model(ctx context.Context, m *plan.Model) error {
	t, err := r.training(ctx, m)
	if err != nil {
		return r.fail(ctx, arbench.Cell{Model: m.Name, Seed: m.Seed}, m.ID, err)
	}
	subjects := map[string]*subject{}
	for _, c := range r.cells[m] {
		digest := t.Digest
		if c.Checkpoint == "best" {
			digest = t.Best
		}
		if err := r.cell(ctx, c, digest, subjects); err != nil {
			if err := r.fail(ctx, c.Cell, c.ID(digest), err); err != nil {
				return err
			}
		}
	}
	return nil
}

// fatal is an error that stops the run: nothing that follows could be kept.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// fail enters a failure, in the store too, and returns err if it stops everything.
func (r *run) fail(ctx context.Context, c arbench.Cell, id string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var f fatal
	if errors.As(err, &f) {
		return f.error
	}
	r.mu.Lock()
	r.failures = append(r.failures, arbench.Failure{Cell: c, Error: err.Error()})
	r.mu.Unlock()
	r.tell(Event{Cell: c, State: Failed, Err: err})
	return r.store.Put(id, kindFailure, []byte(err.Error()))
}

func (r *run) tell(e Event) {
	if r.Watch == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Watch(e)
}

// watchCompiling returns a context in which what a backend compiles is told as an event of c.
func (r *run) watchCompiling(ctx context.Context, c arbench.Cell) context.Context {
	return arbench.WatchCompiling(ctx, func(program string) func() {
		r.tell(Event{Cell: c, State: Compiling, Program: program})
		return func() {}
	})
}

// The kinds of records. The last of each group is written when the group is complete.
const (
	kindCheckpoint = "checkpoint" // of a training under way
	kindWeights    = "weights"    // of a model after its last epoch
	kindBest       = "best"       // of a model after its best epoch
	kindTraining   = "training"   // record.Training: the model is complete

	kindCrafted    = "crafted"    // by a Crafted attack under way
	kindPart       = "part"       // of an attack under way
	kindCandidates = "candidates" // that broke examples
	kindCost       = "cost"       // spent: a fact of one machine
	kindOutcome    = "outcome"    // the cell is complete
	kindProbe      = "probe"      // quantities: the cell is complete

	kindFailure = "failure" // why a training or cell could not be measured, the last time
)

// recovered runs f and turns a panic of a plugin into an error of its cell.
func recovered(what string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v", what, p)
		}
	}()
	return f()
}
