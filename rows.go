package arbench

import (
	"runtime"
	"sync"
)

// serial is the number of values that are not worth a second goroutine.
const serial = 1 << 14

// EachRow calls f for 0 to n-1, on several goroutines if the work on n rows of width values is worth
// it, and returns when all calls have. What f does for one row must not touch another's.
func EachRow(n, width int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n, n*width/serial)
	part := func(w int) {
		for i := w * n / workers; i < (w+1)*n/workers; i++ {
			f(i)
		}
	}
	if workers < 2 {
		workers = 1
		part(0)
		return
	}
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() {
			if workers > 2 {
				runtime.Gosched()
			}
			part(w)
		})
	}
	// New goroutines wait in the queue of this thread. A thread on which a backend's worker looks for work
	// finds, whenever that worker yields, the worker itself in the common queue, and never looks in others.
	// So this goroutine goes to the common queue and leaves its thread to the new one; of several, each goes.
	runtime.Gosched()
	part(0)
	wg.Wait()
}
