package fab

import (
	"context"
	"sync"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
)

// A search is an attack on a trial under way.
type search struct {
	*Attack
	arbench.Trial
	best     arbench.Tensor // the nearest misclassified points so far, the images where there is none
	distance []float64      // theirs from the images; +Inf where there is none

	movers sync.Pool // of *mover: no more than there are goroutines
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
		l.A[i], l.B[i] = goal.Rivals(z.Row(r), y[r])[rank], y[r]
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
		s.step(x, rows, p)
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

// work is that of a step for a pixel, as a multiple of what is usual row by row.
const work = 4

// step takes one step for each row of x, by the answer p of the model.
func (s *search) step(x arbench.Tensor, rows []int, p arbench.Pass) {
	arbench.EachRow(len(rows), work*arbench.Volume(x.Shape[1:]), func(i int) {
		m, ok := s.movers.Get().(*mover)
		if !ok {
			m = &mover{Attack: s.Attack, norm: s.Norm}
		}
		w, f := nearest(s.Norm, p, i)
		m.step(x.Row(i), s.X.Row(rows[i]), w, f)
		s.movers.Put(m)
	})
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
