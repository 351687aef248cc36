//go:build gomlx

package gomlx

import (
	"fmt"
	"math"
	"slices"

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

// checkRadii refuses steps and budgets of an ascent that are no numbers.
func checkRadii(a arbench.Ascent) error {
	for i, size := range a.Size {
		if isBad(float32(size)) || isBad(float32(a.At(i))) {
			return fmt.Errorf("row %d has a step of %v and a budget of %v, want numbers", i, size, a.At(i))
		}
	}
	return nil
}

// piece is the number of values that are looked at together.
const piece = 4096

// firstBad returns the first row of data, whose rows have size values, with a NaN or an infinity; -1
// if there is none.
func firstBad(data []float32, size int) int {
	bad := make([]bool, (len(data)+piece-1)/piece)
	arbench.EachRow(len(bad), piece, func(i int) { bad[i] = hasBad(pieceOf(data, i)) })
	i := slices.Index(bad, true)
	if i < 0 {
		return -1
	}
	return (i*piece + slices.IndexFunc(pieceOf(data, i), isBad)) / size
}

func pieceOf(data []float32, i int) []float32 { return data[i*piece : min((i+1)*piece, len(data))] }

func isBad(v float32) bool { return math.Float32bits(v)&0x7f800000 == 0x7f800000 }

// hasBad is whether any value is bad, without a branch for each: an exponent of all ones carries into the place
// of the sign.
func hasBad(data []float32) bool {
	or := uint32(0)
	for _, v := range data {
		or |= math.Float32bits(v)&0x7fffffff + 0x00800000
	}
	return or >= 1<<31
}
