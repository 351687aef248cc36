package kernel

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// spins is how often an idle worker looks for work before it sleeps: some hundreds of
// microseconds, longer than what a caller does between two passes.
const spins = 1000000

// Pool is a fixed set of workers that share out indices. The caller of Do is worker 0,
// so a pool of one thread starts no goroutine. Use it from any goroutine: calls of Do
// take turns.
type Pool struct {
	mu      sync.Mutex // held during Do
	helpers []*helper
	closed  bool
	job     job
	limit   func() int // of workers in a call of Do; nil for all
}

// job is the call of Do in progress.
type job struct {
	f      func(worker, i int)
	shares []share // by worker
	err    atomic.Pointer[error]
}

// share is a range of indices. Its worker takes them in order, and then those of others.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // no other share on this cache line
}

// helper is one goroutine of a pool.
type helper struct {
	state  atomic.Int32
	asleep atomic.Bool
	wake   chan struct{} // one token for each sleep that was ended
	done   chan struct{} // one token for each job the caller awaits asleep
	spins  int
	_      [64]byte // no other helper's state on this cache line
}

const ( // helper.state
	idle    int32 = iota
	posted        // there is a job to join
	running       // it has joined
	awaited       // it has joined and the caller sleeps until it is through
	retired       // the pool is closed
)

// ErrClosed is what Do returns after Close.
var ErrClosed = errors.New("kernel: the pool of workers is closed")

// NewPool starts threads-1 helpers; fewer than 1 thread counts as 1. Close the pool
// to end them.
func NewPool(threads int) *Pool {
	p := &Pool{job: job{shares: make([]share, max(threads, 1))}}
	n := spins
	if threads > runtime.GOMAXPROCS(0) {
		n = 0 // a spinning helper would hold up a working one
	}
	for i := 1; i < threads; i++ {
		h := &helper{wake: make(chan struct{}, 1), done: make(chan struct{}, 1), spins: n}
		p.helpers = append(p.helpers, h)
		go h.loop(&p.job, i)
	}
	return p
}

// Limit has every call of Do ask how many workers it may use; less than 1 means 1. Call it before the
// first Do.
func (p *Pool) Limit(f func() int) { p.limit = f }

// Threads returns the number of workers, the caller of Do included.
func (p *Pool) Threads() int { return len(p.helpers) + 1 }

// Do calls f(worker, i) for i from 0 to n-1 and returns when all calls have. A worker,
// numbered 0 to Threads-1, begins with its own share, the same range in every call with
// the same n, so that what it has in its caches serves again; then it helps the others. No two
// calls at a time have the same worker. If f panics, the remaining indices are not
// handed out and Do returns an error with the panic's value and stack. f must not
// call Do of the same pool.
func (p *Pool) Do(n int, f func(worker, i int)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	j := &p.job
	workers := len(j.shares)
	if p.limit != nil {
		workers = max(min(p.limit(), workers), 1)
	}
	j.f = f
	for w := range j.shares {
		s := &j.shares[w]
		s.end = int64(min(w+1, workers) * n / workers)
		s.next.Store(int64(min(w, workers) * n / workers))
	}
	j.err.Store(nil)
	helpers := p.helpers[:max(0, min(workers, n)-1)]
	for _, h := range helpers {
		h.post(posted)
	}
	j.run(0)
	for _, h := range helpers {
		h.await()
	}
	j.f = nil
	if err := j.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Close ends the helpers. It waits for a Do in progress; a second call does nothing.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	for _, h := range p.helpers {
		h.post(retired)
	}
}

// run gives one worker indices until there are none left.
func (j *job) run(worker int) {
	defer func() {
		if r := recover(); r != nil {
			err := fmt.Errorf("kernel: worker panicked: %v\n%s", r, debug.Stack())
			j.err.CompareAndSwap(nil, &err)
			for w := range j.shares {
				j.shares[w].next.Store(j.shares[w].end)
			}
		}
	}()
	for k := range j.shares {
		s := &j.shares[(worker+k)%len(j.shares)]
		for i := s.next.Add(1) - 1; i < s.end; i = s.next.Add(1) - 1 {
			j.f(worker, int(i))
		}
	}
}

// post gives the helper a new state and wakes it if need be.
func (h *helper) post(state int32) {
	h.state.Store(state)
	if h.asleep.CompareAndSwap(true, false) {
		h.wake <- struct{}{}
	}
}

// await returns when the helper is not, and will not be, at the posted job.
func (h *helper) await() {
	if h.state.CompareAndSwap(posted, idle) {
		return // it has not joined: no need to wait until it is awake
	}
	for range h.spins {
		if h.state.Load() == idle {
			return
		}
	}
	if h.state.CompareAndSwap(running, awaited) {
		<-h.done
	}
}

// loop joins one job after another.
func (h *helper) loop(j *job, worker int) {
	for h.next() {
		if !h.state.CompareAndSwap(posted, running) {
			continue // the caller was through before
		}
		j.run(worker)
		if h.state.Swap(idle) == awaited {
			h.done <- struct{}{}
		}
	}
}

// next waits for a job, at first awake, then asleep. It reports false if the pool
// is closed.
func (h *helper) next() bool {
	for i := 0; h.state.Load() == idle; i++ {
		if i < h.spins {
			if i%1024 == 1023 {
				runtime.Gosched() // the caller may have other goroutines to run meanwhile
			}
			continue
		}
		i = 0
		h.asleep.Store(true)
		if h.state.Load() != idle && h.asleep.CompareAndSwap(true, false) {
			break
		}
		<-h.wake
	}
	return h.state.Load() != retired
}
