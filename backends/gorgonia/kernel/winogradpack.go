package kernel

import "math"

// winogradBasis takes a kernel's taps to frequencies, G g G^T, as one matrix with a row
// per frequency and a column per tap, and its transpose.
type winogradBasis struct {
	taps, freqs    int
	rows, columns  []float32
	up, upRest     []int32 // tiles of weightTile: to frequencies
	down, downRest []int32 // and back to taps
}

// basisOf returns the basis of kernels of r by r taps. Row f of G evaluates the
// polynomial of the taps at the point f, over the product of its distances to the
// other points; the last takes the highest tap, the point at infinity. Frequencies are
// block floats apart, taps tap floats.
func basisOf(r, block, tap int) winogradBasis {
	side := winogradResults + r - 1
	g := make([][]float64, side)
	for f, p := range winogradPoints[:side-1] {
		v := 1.
		for _, q := range winogradPoints[:side-1] {
			if q != p {
				v /= p - q
			}
		}
		if f == 0 {
			v = math.Abs(v) // as the first row of the inputs' transform has it
		}
		for range r {
			g[f] = append(g[f], v)
			v *= p
		}
	}
	g[side-1] = make([]float64, r)
	g[side-1][r-1] = 1
	n := side * side
	b := winogradBasis{taps: r * r, freqs: n,
		rows: make([]float32, n*r*r), columns: make([]float32, n*r*r)}
	for f := range n {
		for t := range r * r {
			v := float32(g[f/side][t/r] * g[f%side][t%r])
			b.rows[f*r*r+t], b.columns[t*n+f] = v, v
		}
	}
	b.up, b.upRest = tileTable(multiplesOf(r*r, n), multiplesOf(block, n))
	b.down, b.downRest = tileTable(multiplesOf(n, r*r), multiplesOf(tap, r*r))
	return b
}

// multiplesOf returns 0, step, 2*step and so on, n of them.
func multiplesOf(step, n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i * step)
	}
	return s
}

// rise takes the taps of 16 outputs, step floats apart, to their frequencies.
func (b *winogradBasis) rise(taps []float32, step int, freq []float32) {
	a := tileArgs{x: b.rows, b: taps, y: freq, k: b.taps, rows: 1, aStep: 1, bStep: step}
	weightTiles(&a, b.up, b.upRest)
}

// fall adds the frequencies of 16 outputs, step floats apart, to their taps.
func (b *winogradBasis) fall(freq []float32, step int, taps []float32) {
	a := tileArgs{x: b.columns, b: freq, y: taps, k: b.freqs, rows: 1, aStep: 1, bStep: step, flags: flagAdd}
	weightTiles(&a, b.down, b.downRest)
}

// Transform takes the weights from their panels, laid out as by a [Conv] of the same
// geometry and layouts, to the frequencies u for Forward. It panics on slices that are
// too short.
func (w *Winograd) Transform(panel, u []float32) {
	checkLen("winograd", "panel", panel, w.PanelLen())
	checkLen("winograd", "weights' frequencies", u, w.ULen())
	p := &w.fwd
	for k := 0; k < p.out; k += 16 {
		for c := range p.in {
			w.basis.rise(panel[k*w.panelRows+16*c:], 16*w.x.C, u[k*p.in+16*c:])
		}
	}
}

// TransformGrad takes the weights from their panels to the frequencies u for
// InputGrad. It panics on slices that are too short.
func (w *Winograd) TransformGrad(panel, u []float32) {
	checkLen("winograd", "panel", panel, w.PanelLen())
	checkLen("winograd", "weights' frequencies", u, w.ULen())
	var turned [25 * 256]float32 // a block of 16 by 16 channels, taps in falling order
	p, taps := &w.grad, w.basis.taps
	for c := 0; c < p.out; c += 16 {
		for k := 0; k < p.in; k += 16 {
			for t := range taps {
				src := panel[k*w.panelRows+16*((taps-1-t)*w.x.C+c):]
				transpose16((*[256]float32)(turned[t*256:]), (*[256]float32)(src))
			}
			for i := range 16 {
				w.basis.rise(turned[16*i:], 256, u[c*p.in+16*(k+i):])
			}
		}
	}
}

// AddGrad adds the gradient of the weights, from the frequencies that WeightGrad summed
// up, to panels as Transform reads them. It panics on slices that are too short.
func (w *Winograd) AddGrad(du, panelGrad []float32) {
	checkLen("winograd", "gradient's frequencies", du, w.ULen())
	checkLen("winograd", "weight gradient's panel", panelGrad, w.PanelLen())
	p := &w.fwd
	for k := 0; k < p.out; k += 16 {
		for c := range p.in {
			w.basis.fall(du[k*p.in+16*c:], p.weights(), panelGrad[k*w.panelRows+16*c:])
		}
	}
}
