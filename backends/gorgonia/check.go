package gorgonia

import (
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// checkValues refuses images with values that are no numbers.
func (m *Model) checkValues(x arbench.Tensor) error {
	parts := min(x.Len(), m.eng.pool.Threads())
	bad := make([]int, parts) // of each part of the rows: 1 plus the first bad one, 0 for none
	err := m.eng.pool.Do(parts, func(_, i int) {
		lo, hi := part(x.Len(), parts, i)
		rows := x.Rows(lo, hi)
		if k := firstBad(rows.Data, len(rows.Row(0))); k >= 0 {
			bad[i] = lo + k + 1
		}
	})
	if err != nil {
		return err
	}
	for _, row := range bad {
		if row > 0 {
			return badImage(row - 1)
		}
	}
	return nil
}

func badImage(row int) error {
	return fmt.Errorf("image in row %d has a value that is NaN or infinite", row)
}

// firstBad returns the first row of data, whose rows have size values, with a NaN or an infinity; -1
// if there is none.
func firstBad(data []float32, size int) int {
	for lo := 0; lo < len(data); lo += 4096 {
		part := data[lo:min(lo+4096, len(data))]
		if finite(part) {
			continue
		}
		for k, v := range part {
			if !isFinite(v) {
				return (lo + k) / size
			}
		}
	}
	return -1
}

// finite reports that all values are finite: else the sum of their squares is not.
func finite(x []float32) bool {
	n := len(x) / 16
	var sum, squares [16]float64
	if n > 0 {
		kernel.ChannelSums(kernel.Image{Layout: kernel.Rows(n, 16), Data: x}, sum[:], squares[:])
	}
	total := float32(0)
	for _, v := range squares {
		total += float32(v * 0)
	}
	for _, v := range x[16*n:] {
		total += v * 0
	}
	return total == 0
}

func isFinite(v float32) bool { return math.Float32bits(v)&0x7f800000 != 0x7f800000 }
