//go:build gomlx

package gomlx

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// An engine is what compiles and runs graphs: there is one for each platform in a process.
type engine struct {
	compute.Backend
	unroll   int // steps of an ascent in one execution
	programs cache[programKey, *program]
	images   cache[imageKey, compute.Buffer]
	moved    atomic.Int64 // bytes copied to the device and back
}

// XLA has the steps of an ascent unrolled: a loop around convolutions is many times slower on its CPUs. Ten at
// a time keep the time to compile low. The Go engine gains nothing from it.
const (
	unrollXLA = 10
	unrollGo  = 1
)

// theGo is the Go engine. The order of its sums of products depends on the place of a row, so it takes rows one
// by one, see [Backend.Rows].
var theGo = sync.OnceValues(func() (*engine, error) {
	b, err := gobackend.New("ops_sequential") // in parallel it deadlocks
	if err != nil {
		return nil, fmt.Errorf("platform %q: %w", goPlatform, err)
	}
	return newEngine(b, unrollGo), nil
})

func newEngine(b compute.Backend, unroll int) *engine {
	e := &engine{Backend: b, unroll: unroll}
	e.programs.most, e.programs.end = mostPrograms, (*program).drop
	e.images.most, e.images.end = mostImages, func(b compute.Buffer) { free(b) }
	return e
}

// xlas holds the engines on XLA by their backend: GoMLX's buffers and programs are of one backend.
var xlas = struct {
	sync.Mutex
	of map[compute.Backend]*engine
}{of: map[compute.Backend]*engine{}}

// engineOf returns the engine of a platform.
func engineOf(platform string, mode plugin.Mode) (*engine, error) {
	if platform == goPlatform {
		return theGo()
	}
	b, err := openXLA(platform, mode)
	if err != nil {
		return nil, err
	}
	xlas.Lock()
	defer xlas.Unlock()
	if xlas.of[b] == nil {
		xlas.of[b] = newEngine(b, unrollXLA)
	}
	return xlas.of[b], nil
}

// linked says that this program has the backend.
func linked() error { return nil }

// rescue turns a panic of GoMLX, which is its way to report errors, into an error.
func rescue(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = p
	default:
		*err = fmt.Errorf("%v", p)
	}
}
