//go:build gomlx

package gomlx

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/arbench/arbench"
)

// checkValues refuses images with values that are no numbers.
func (m *Model) checkValues(x arbench.Tensor) error {
	if i := firstBad(x.Data, arbench.Volume(m.plan.net.Input)); i >= 0 {
		return badImage(i)
	}
	return nil
}

func badImage(row int) error {
	return fmt.Errorf("image in row %d has a value that is NaN or infinite", row)
}

// firstBad returns the first row of data, whose rows have size values, with a NaN or an infinity; -1
// if there is none.
func firstBad(data []float32, size int) int {
	const piece = 1 << 16 // values for a goroutine, at least
	workers := min(runtime.GOMAXPROCS(0), max(len(data)/piece, 1))
	found := make([]int, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { found[w] = firstBadIn(data, w*len(data)/workers, (w+1)*len(data)/workers) })
	}
	wait.Wait()
	for _, at := range found {
		if at >= 0 {
			return at / size
		}
	}
	return -1
}

// firstBadIn returns the index of the first NaN or infinity from lo to hi-1, -1 if there is none.
func firstBadIn(data []float32, lo, hi int) int {
	for ; lo < hi; lo += 4096 {
		part, any := data[lo:min(lo+4096, hi)], uint32(0)
		for _, v := range part { // an exponent of all ones carries into the place of the sign
			any |= math.Float32bits(v)&0x7fffffff + 0x00800000
		}
		if any < 1<<31 {
			continue
		}
		for k, v := range part {
			if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
				return lo + k
			}
		}
	}
	return -1
}
