package arbench

import (
	"context"
	"math"
)

// An Ascent is projected gradient ascent in Linf: Steps times x ← P(x + Size·sign dL/dx), where P keeps
// x within Eps of X0 and in the box; see SignStep.
type Ascent struct {
	X0     Tensor    // the images
	X      Tensor    // where to start, inside the threat; overwritten by where the ascent ends
	Y      []int     // classes of the images, to tell when one is first misclassified
	Loss   Loss      // to climb
	Threat           // Linf: the budget of each row
	Size   []float64 // of the steps of each row
	Steps  int
	Mode   Mode // of batch normalization
}

// An Ascender does whole ascents where the net is, between two trips to the host.
type Ascender interface {
	Model

	// Ascend makes the ascent, with the same numbers as Run and SignStep in turn, and returns for each
	// row the number, from 1, of the first point it passed forward that was misclassified, 0 for none.
	// It returns false, having changed nothing, for an ascent that it cannot make as a whole.
	Ascend(ctx context.Context, a Ascent) (first []int, ok bool, err error)
}

// SignStep moves x by size·sign(g), with sign(0) = 0, and then into the ball of radius eps around x0 in
// Linf and into the box [0, 1].
func SignStep(x, x0, g []float32, size, eps float32) {
	length := math.Float32bits(size)
	for j, v := range g { // signs change from pixel to pixel: a branch on them would be guessed wrong
		s := math.Float32frombits(length | math.Float32bits(v)&(1<<31))
		if v == 0 || v != v {
			s = 0
		}
		c := x0[j]
		x[j] = clip01(min(max(x[j]+s, c-eps), c+eps))
	}
}

// Ascend makes an ascent from a.X for the given rows of the trial, none meaning all, as a whole where
// the model can; it books it as so many passes forward and backward. It returns false, having changed
// nothing, where the model cannot, and where statistics of the batch would lack the rows left out.
func (o *Oracle) Ascend(ctx context.Context, a Ascent, rows ...int) (ok bool, err error) {
	m, can := o.model.(Ascender)
	if !can || o.average > 1 || o.access < Gradients || a.X.Len() == 0 ||
		o.stand != nil && a.X.Len() < o.batch.Len() {
		return false, nil
	}
	a.Mode = o.mode
	first, ok, err := m.Ascend(ctx, a)
	if err != nil || !ok {
		return ok, err
	}
	switch {
	case o.stand != nil && len(rows) > 0:
		o.stand.x.Scatter(rows, a.X)
	case o.stand != nil:
		o.stand.keep(a.X)
	}
	for i, f := range first {
		r := i
		if len(rows) > 0 {
			r = rows[i]
		}
		if o.books.First[r] == 0 && f > 0 {
			o.books.First[r] = o.books.Forward[r] + f
		}
		o.books.Forward[r] += a.Steps
		o.books.Backward[r] += a.Steps
	}
	return true, nil
}
