//go:build gomlx

package gomlx

import (
	"fmt"
	"math"

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
	for lo := 0; lo < len(data); lo += 4096 {
		part := data[lo:min(lo+4096, len(data))]
		total := float32(0)
		for _, v := range part {
			total += v * 0
		}
		if total == 0 {
			continue
		}
		for k, v := range part {
			if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
				return (lo + k) / size
			}
		}
	}
	return -1
}
