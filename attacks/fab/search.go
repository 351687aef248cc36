package fab

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// A search is an attack on a trial under way.
type search struct {
	*Attack
	arbench.Trial
	best     arbench.Tensor // the nearest misclassified points so far, the images where there is none
	distance []float64      // theirs from the images; +Inf where there is none

	projector
	d, d0 []float32 // changes of one image
}

// rivals returns the differences z[k] - z[y] for every class k other than y, the class of each row,
// as one loss for each place in the order of these classes.
func rivals(y, rows []int, classes int) []arbench.Loss {
	losses := make([]arbench.Loss, classes-1)
	for k := range losses {
		l := arbench.LogitDifference{A: make([]int, len(rows)), B: make([]int, len(rows))}
		for i, r := range rows {
			l.A[i], l.B[i] = k, y[r]
			if k >= y[r] {
				l.A[i]++
			}
		}
		losses[k] = l
	}
	return losses
}

// target returns the difference z[k] - z[y] for the class k that has, of those other than y, the
// clean logit of the given rank; 0 is the greatest, and of equal ones the first class comes first.
func target(z arbench.Tensor, y, rows []int, rank int) []arbench.Loss {
	l := arbench.LogitDifference{A: make([]int, len(rows)), B: make([]int, len(rows))}
	for i, r := range rows {
		var others []int
		for k := range z.Row(r) {
			if k != y[r] {
				others = append(others, k)
			}
		}
		slices.SortStableFunc(others, func(a, b int) int { return cmp.Compare(z.Row(r)[b], z.Row(r)[a]) })
		l.A[i], l.B[i] = others[rank], y[r]
	}
	return []arbench.Loss{l}
}

// run takes the steps of one run for the given rows of the trial. All differences of logits come
// from one pass.
func (s *search) run(ctx context.Context, rows []int, losses []arbench.Loss, run int) error {
	x := s.X.Gather(rows)
	if run%s.Restarts > 0 {
		for i, r := range rows {
			s.start(x.Row(i), r, run)
		}
	}
	for range s.Steps {
		p, err := s.Model.Run(ctx, arbench.Call{X: x, Rows: rows, Losses: losses, Want: arbench.DX})
		if err != nil {
			return err
		}
		for i, r := range rows {
			w, f := nearest(s.Norm, p, i)
			s.step(x.Row(i), s.X.Row(r), w, f)
		}
		y, err := s.Model.Labels(ctx, x, rows...)
		if err != nil {
			return err
		}
		for i, r := range rows {
			if y[i] != s.Y[r] {
				s.found(x.Row(i), r)
			}
		}
	}
	return nil
}

// start moves x, the image of row r, to a random point at half the lesser of eps and of the best
// distance so far, and then into the box.
func (s *search) start(x []float32, r, run int) {
	rng := s.Rand(r, "start", run)
	t := make([]float32, len(x))
	for j := range t {
		if s.Norm == arbench.Linf {
			t[j] = float32(2*rng.Float64() - 1)
		} else {
			t[j] = float32(rng.NormFloat64())
		}
	}
	scale := 0.5 * min(s.distance[r], s.At(r)) / s.Norm.Of(t)
	for j, v := range t {
		x[j] = float32(min(max(float64(x[j])+scale*float64(v), 0), 1))
	}
}

// dual are the norms that give the distance to a hyperplane: |f| / ‖w‖.
var dual = map[arbench.Norm]arbench.Norm{
	arbench.Linf: arbench.L1, arbench.L2: arbench.L2, arbench.L1: arbench.Linf,
}

// nearest returns, of the boundaries f + <w, d> = 0 that the losses of p have near row i, the one
// that the least d reaches, the box aside. One whose value or derivative is not finite is none, nor
// is one whose derivative is zero. If there is no other, w is nil. A row on the boundary itself counts
// as just short of it, since equal logits may go to either class.
func nearest(n arbench.Norm, p arbench.Pass, i int) (w []float32, f float64) {
	const short = 1e-6 // of a pixel, in the norm
	least := math.Inf(1)
	for l, values := range p.Values {
		g := p.DX[l].Row(i)
		size := dual[n].Of(g)
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

// step moves x towards the boundary f + <w, d> = 0, beyond it by the factor eta, and with a weight
// alpha towards the boundary's point nearest to the image x0. Without a boundary it only leads back
// towards the image, by the share alpha_max at most.
func (s *search) step(x, x0, w []float32, f float64) {
	d, d0 := slices.Grow(s.d[:0], len(x))[:len(x)], slices.Grow(s.d0[:0], len(x))[:len(x)]
	s.d, s.d0 = d, d0
	clear(d)
	clear(d0)
	if w != nil {
		way := -f // from x0 to the boundary
		for j, v := range w {
			way += float64(v) * (float64(x[j]) - float64(x0[j]))
		}
		s.project(s.Norm, d, x, w, -f)
		s.project(s.Norm, d0, x0, w, way)
	}
	const least = 1e-8 // keeps alpha a number where both are on the boundary
	a, a0 := max(s.Norm.Of(d), least), max(s.Norm.Of(d0), least)
	alpha := min(a/(a+a0), s.AlphaMax)
	for j := range x {
		v := (1-alpha)*(float64(x[j])+s.Eta*float64(d[j])) + alpha*(float64(x0[j])+s.Eta*float64(d0[j]))
		x[j] = float32(min(max(v, 0), 1))
	}
}

// found enters the misclassified point x of row r if none so far is nearer, and moves x back towards
// the image. Of points that float32 finds equally near the last counts: a run still converges in
// pixels that do not decide the distance.
func (s *search) found(x []float32, r int) {
	x0 := s.X.Row(r)
	if d := s.Distance(x, x0); d <= s.distance[r] {
		copy(s.best.Row(r), x)
		s.distance[r] = d
	}
	for j, c := range x0 {
		x[j] = float32(float64(c) + s.Beta*(float64(x[j])-float64(c)))
	}
}
