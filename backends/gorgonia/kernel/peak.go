package kernel

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// peakTurns is the length of one measurement: a few milliseconds.
const peakTurns = 1_000_000

// Peak measures how many floating-point operations a second so many threads reach, together, with
// multiply-adds of registers on the path in use: what no kernel can exceed. It takes some tens of
// milliseconds and returns 0 on the portable path, whose compiler decides.
func Peak(threads int) float64 {
	if turnFlops() == 0 {
		return 0
	}
	var found []float64
	for range 5 {
		var all sync.WaitGroup
		start := time.Now()
		for range max(threads, 1) {
			all.Go(func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				fmaTurns(peakTurns)
			})
		}
		all.Wait()
		flops := float64(max(threads, 1)) * peakTurns * turnFlops()
		found = append(found, flops/time.Since(start).Seconds())
	}
	return slices.Max(found)
}
