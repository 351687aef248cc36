// Package nearest is what searches for the smallest change share: what they have found so far, the size of
// a derivative that they can go along, and a schedule.
package nearest

import (
	"math"

	"github.com/arbench/arbench"
)

// Points are, for each example of a trial, the nearest misclassified point that a search has seen.
type Points struct {
	X        arbench.Tensor // the points; the image where there is none yet
	Distance []float64      // theirs from the images, in the trial's norm; +Inf where there is none

	t arbench.Trial
}

// New returns the points of a search in t that has seen nothing.
func New(t arbench.Trial) *Points {
	p := &Points{X: t.X.Clone(), Distance: make([]float64, t.Len()), t: t}
	for i := range p.Distance {
		p.Distance[i] = math.Inf(1)
	}
	return p
}

// Left returns the rows whose logits z, those of the images, give them their class. The others need no
// change: they are entered at distance 0.
func (p *Points) Left(z arbench.Tensor) []int {
	var rows []int
	for i, y := range p.t.Y {
		if arbench.Argmax(z.Row(i)) == y {
			rows = append(rows, i)
		} else {
			p.Distance[i] = 0
		}
	}
	return rows
}

// Found enters x, a misclassified point of row r, if it is nearer than the one before.
func (p *Points) Found(r int, x []float32) {
	if d := p.t.Distance(x, p.t.X.Row(r)); d < p.Distance[r] {
		copy(p.X.Row(r), x)
		p.Distance[r] = d
	}
}

// Size returns the norm n of a derivative; 0, as of a zero one, where it is of no use: where an element
// or the norm is not finite.
func Size(n arbench.Norm, g []float32) float64 {
	if size, sum := n.Of(g), arbench.L1.Of(g); finite(size) && finite(sum) {
		return size
	}
	return 0
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Anneal returns a number that goes from a at step 0 of n towards b, along half a cosine (Loshchilov &
// Hutter, SGDR, ICLR 2017, equation 5).
func Anneal(a, b float64, step, n int) float64 {
	return b + (a-b)*(1+math.Cos(math.Pi*float64(step)/float64(n)))/2
}
