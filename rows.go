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
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				f(i)
			}
		})
	}
	wg.Wait()
}
