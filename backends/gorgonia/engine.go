package gorgonia

import (
	"runtime"

	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// An engine is what all graphs of a model compute with: the workers, the scratch memory of each and
// the memory for sums over rows.
type engine struct {
	pool    *kernel.Pool
	workers []worker
	sums    []float32 // partial sums of one weight gradient at a time
}

// A worker's memory is touched by that worker alone.
type worker struct {
	epilogue kernel.Epilogue
	nonzeros kernel.Nonzeros
	scratch  map[scratchKey][]float32
	floats   []float32 // see tiles

	// In a sweep:
	shift int       // from a row of memory to the row of the call that it holds
	dx    []float32 // where the derivative in the images goes
}

// A scratchKey says what scratch memory holds. Memory of one layout is never used for another, so
// that halos and padding stay zero.
type scratchKey struct {
	layout   kernel.Layout
	channels int
	slot     slot
}

// A slot tells apart scratch images of one layout that are in use at the same time.
type slot int

const (
	slotGrad  slot = iota // derivative before the pooling
	slotRaw               // derivative of the linear layer's output
	slotInput             // input (or its derivative) of one group of a convolution
	slotGroup             // output (or its derivative) of one group of a convolution
	slotMade              // input that a lean block before did not keep
)

// newEngine returns an engine of that many threads, 0 meaning one for each core, of which share, if not nil,
// says how many may be used.
func newEngine(threads int, share func() int) *engine {
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	e := &engine{pool: kernel.NewPool(threads)}
	e.pool.Limit(share)
	e.workers = make([]worker, e.pool.Threads())
	for i := range e.workers {
		e.workers[i].scratch = map[scratchKey][]float32{}
	}
	return e
}

// take returns the worker's scratch memory for rows images of layout l with that many real channels.
// Its halo and padding are zero.
func (w *worker) take(l kernel.Layout, channels int, s slot, rows int) []float32 {
	key, n := scratchKey{l, channels, s}, rows*l.Size()
	if len(w.scratch[key]) < n {
		w.scratch[key] = make([]float32, n)
	}
	return w.scratch[key][:n]
}

// tiles returns n floats of scratch memory with any content.
func (w *worker) tiles(n int) []float32 {
	w.floats = room(w.floats, n)
	return w.floats
}

// partials returns memory for n floats of partial sums, with any content.
func (e *engine) partials(n int) []float32 {
	if len(e.sums) < n {
		e.sums = make([]float32, n)
		adviseHuge(e.sums)
	}
	return e.sums[:n]
}

// A span is a few consecutive rows, all of one group of a batch normalization: the unit of work. How
// rows are cut into spans depends on the call alone, never on the number of workers.
type span struct{ lo, hi, group int }

func (s span) rows() int { return s.hi - s.lo }

// cut appends to spans the rows of the given groups in pieces of at most size rows.
func cut(spans []span, groups []int, size int) []span {
	lo := 0
	for g, n := range groups {
		for end := lo + n; lo < end; lo += size {
			spans = append(spans, span{lo, min(lo+size, end), g})
		}
		lo = sum(groups[:g+1])
	}
	return spans
}

func sum(ns []int) int {
	t := 0
	for _, n := range ns {
		t += n
	}
	return t
}

// part returns the range of n things that belongs to part i of the given number of parts.
func part(n, parts, i int) (lo, hi int) { return i * n / parts, (i + 1) * n / parts }
