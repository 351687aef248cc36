package square

import (
	"math"

	"github.com/arbench/arbench"
)

// dipoles returns η of algorithm 3 on a square of the given sides, row by row: a pyramid and minus a
// pyramid, of norm 1 together, one above the other and side by side.
func dipoles(norm arbench.Norm, rows, cols int) [2][]float64 {
	across, turned := dipole(norm, rows, cols), dipole(norm, cols, rows)
	along := make([]float64, rows*cols)
	for k, v := range turned { // of cols rows
		along[k%rows*cols+k/rows] = v
	}
	return [2][]float64{across, along}
}

// dipole has its first pyramid on the upper half of the rows.
func dipole(norm arbench.Norm, rows, cols int) []float64 {
	half := rows / 2
	eta := append(pyramid(norm, half, cols), pyramid(norm, rows-half, cols)...)
	for k := half * cols; k < len(eta); k++ {
		eta[k] = -eta[k]
	}
	return unit(norm, eta)
}

// pyramid has the value Σ 1/(k+1)² at distance d from its middle, over k from d to the distance of the
// farthest side; in L1 Σ 1/(k+1)⁴. Its norm is 1.
func pyramid(norm arbench.Norm, rows, cols int) []float64 {
	exponent := 2.0
	if norm == arbench.L1 {
		exponent = 4
	}
	height := make([]float64, max(rows/2, cols/2)+2)
	for k := len(height) - 2; k >= 0; k-- {
		height[k] = height[k+1] + math.Pow(float64(k+1), -exponent)
	}
	eta := make([]float64, rows*cols)
	for k := range eta {
		eta[k] = height[max(away(k/cols, rows), away(k%cols, cols))]
	}
	return unit(norm, eta)
}

func away(i, side int) int { return max(i-side/2, side/2-i) }

// unit scales v, in place, to norm 1. Without a pixel there is nothing to scale.
func unit(norm arbench.Norm, v []float64) []float64 {
	sum := 0.0
	for _, a := range v {
		if norm == arbench.L2 {
			sum += a * a
		} else {
			sum += math.Abs(a)
		}
	}
	if norm == arbench.L2 {
		sum = math.Sqrt(sum)
	}
	for k := range v {
		v[k] /= sum
	}
	return v
}
