package fab

import (
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// nearest returns, of the boundaries f + <w, d> = 0 that the losses of p have near row i, the one
// that the least d reaches, the box aside. One whose value or derivative is not finite is none, nor
// is one whose derivative is zero. If there is no other, w is nil. A row on the boundary itself counts
// as just short of it, since equal logits may go to either class.
func nearest(n arbench.Norm, p arbench.Pass, i int) (w []float32, f float64) {
	const short = 1e-6 // of a pixel, in the norm
	least := math.Inf(1)
	for l, values := range p.Values {
		g := p.DX[l].Row(i)
		size := n.Dual().Of(g)
		if math.IsInf(size, 1) {
			continue
		}
		if d := math.Abs(values[i]) / size; d < least { // false for NaN
			least, w, f = d, g, values[i]
			if f == 0 {
				f = -short * size
			}
		}
	}
	return w, f
}

// A mover takes steps, of one image at a time. Its memory is kept for the next.
type mover struct {
	*Attack
	norm arbench.Norm
	projector
	d, d0 []float32 // ways to the boundary, from the iterate and from the image
}

// step moves x towards the boundary f + <w, d> = 0, beyond it by the factor eta, and with a weight
// alpha towards the boundary's point nearest to the image x0. Without a boundary it only leads back
// towards the image, by the share alpha_max at most.
func (m *mover) step(x, x0, w []float32, f float64) {
	d, d0 := slices.Grow(m.d[:0], len(x))[:len(x)], slices.Grow(m.d0[:0], len(x))[:len(x)]
	m.d, m.d0 = d, d0
	clear(d)
	clear(d0)
	if w != nil {
		way := -f // from x0 to the boundary
		for j, v := range w {
			way += float64(v) * (float64(x[j]) - float64(x0[j]))
		}
		m.project(m.norm, d, x, w, -f)
		m.project(m.norm, d0, x0, w, way)
	}
	const least = 1e-8 // keeps alpha a number where both are on the boundary
	a, a0 := max(m.norm.Of(d), least), max(m.norm.Of(d0), least)
	alpha := min(a/(a+a0), m.AlphaMax)
	for j := range x {
		v := (1-alpha)*(float64(x[j])+m.Eta*float64(d[j])) + alpha*(float64(x0[j])+m.Eta*float64(d0[j]))
		x[j] = float32(min(max(v, 0), 1))
	}
}
