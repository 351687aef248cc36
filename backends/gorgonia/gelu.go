package gorgonia

import "math"

// The distribution function Φ of the normal distribution is tabled at gaussSteps places a unit up to
// ±gaussEnd, each with its Taylor polynomial of degree 6. Half a step away that is off by 3e-16, and
// its derivative by 2e-13: the seventh derivative of Φ is at most 6.
const (
	gaussSteps = 32
	gaussEnd   = 5
)

var gaussTable = tableGauss()

// tableGauss uses that the n-th derivative of the density φ is (-1)ⁿ Heₙ φ, with Hermite's polynomials
// Heₙ₊₁ = x Heₙ - n Heₙ₋₁.
func tableGauss() (table [2*gaussEnd*gaussSteps + 1][7]float64) {
	for i := range table {
		x := float64(i)/gaussSteps - gaussEnd
		term := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
		before, hermite := 0.0, 1.0
		table[i][0] = gauss(x)
		for n := range 6 {
			table[i][n+1] = term * hermite / float64(n+1)
			before, hermite = hermite, x*hermite-float64(n)*before
			term /= -float64(n + 1)
		}
	}
	return table
}

// quickGELU returns x Φ(x) and its derivative Φ + x φ, each with an error of at most off; false where
// the table ends.
func quickGELU(x float64) (f, df, off float64, ok bool) {
	if !(math.Abs(x) <= gaussEnd) {
		return 0, 0, 0, false
	}
	i := int((x+gaussEnd)*gaussSteps + 0.5)
	c, d := &gaussTable[i], x+gaussEnd-float64(i)/gaussSteps
	area := c[0] + d*(c[1]+d*(c[2]+d*(c[3]+d*(c[4]+d*(c[5]+d*c[6])))))
	density := c[1] + d*(2*c[2]+d*(3*c[3]+d*(4*c[4]+d*(5*c[5]+d*(6*c[6])))))
	return x * area, area + x*density, 2e-15 + 2e-13*math.Abs(x), true
}
