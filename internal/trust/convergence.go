package trust

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// unfinished is the name of what [Convergence] measures.
const unfinished = "losses that rise"

// Convergence asks whether an attack that climbs a loss had come to the top where it ended. It puts the
// attack to the model once more, and notes the loss wherever the attack takes a derivative: of each example a
// curve of as many values as it takes steps, one for each run.
//
//   - "losses that rise", in %: of the examples that the attack leaves, those whose greatest loss so far still
//     rose at the end of the way: see rises. Of several runs that of the greatest loss counts.
type Convergence struct {
	Attack arbench.Use[arbench.Attack] `toml:"attack" doc:"with an option steps, and one derivative for each"`
	Norm   arbench.Norm                `toml:"norm" doc:"of the threat"`
	Eps    float64                     `toml:"eps" doc:"of the threat"`
}

var _ arbench.Probe = (*Convergence)(nil)

// Info implements [arbench.Probe].
func (*Convergence) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "whether the loss of an attack still rose where it ended",
		Source: "Pintor et al. (arXiv:2106.09947), indicator 4",
	}
}

// Probe implements [arbench.Probe].
func (p *Convergence) Probe(ctx context.Context, s arbench.Subject) ([]arbench.Quantity, error) {
	steps, _ := number(p.Attack.It, "steps")
	k, n := 0, 0
	for ids := range slices.Chunk(s.IDs, max(s.Batch, 1)) {
		b := arbench.ReadBatch(s.Data, s.Shape, ids)
		w := &witness{
			Model: s.Model, batch: b, threat: arbench.Threat{Norm: p.Norm, Eps: p.Eps}, losses: make([][]float64, b.Len()),
		}
		left, err := w.left(ctx, s, p.Attack.It)
		if err != nil {
			return nil, fmt.Errorf("trust: %w", err)
		}
		for i, yes := range left {
			if yes {
				n++
			}
			if yes && rises(furthest(w.losses[i], steps)) {
				k++
			}
		}
	}
	q := share(k, n)
	q.Name, q.Split = unfinished, s.Split
	return []arbench.Quantity{q}, nil
}

// A witness is a model that notes the loss at each point of which it is asked the derivative. It makes no
// whole ascents, so that the attack takes each step itself.
type witness struct {
	arbench.Model
	batch  arbench.Batch
	threat arbench.Threat
	losses [][]float64 // of each example, in the order of the passes; NaN outside the threat
}

// left puts the examples to a, and returns of each whether the model gets it right all the same.
func (w *witness) left(ctx context.Context, s arbench.Subject, a arbench.Attack) ([]bool, error) {
	s.Model = w
	x, err := s.Attack(ctx, a, w.threat, w.batch)
	if err != nil {
		return nil, err
	}
	p, err := w.Model.Run(ctx, arbench.Call{X: x})
	if err != nil {
		return nil, err
	}
	left := make([]bool, w.batch.Len())
	for i, y := range w.batch.Y {
		left[i] = arbench.Argmax(p.Logits.Row(i)) == y
	}
	return left, nil
}

// Run implements [arbench.Model].
func (w *witness) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	p, err := w.Model.Run(ctx, c)
	if err != nil || c.Want&arbench.DX == 0 {
		return p, err
	}
	for i, loss := range p.Values[0] {
		r := i
		if c.Rows != nil {
			r = c.Rows[i]
		}
		if !arbench.Within(w.threat.Distance(c.X.Row(i), w.batch.X.Row(r)), w.threat.At(r)) {
			loss = math.NaN() // of an attack that comes in from a larger ball
		}
		w.losses[r] = append(w.losses[r], loss)
	}
	return p, nil
}

// furthest returns, of the losses of runs of so many steps, those of the run of the greatest loss.
func furthest(losses []float64, steps int) (run []float64) {
	most := math.Inf(-1)
	for one := range slices.Chunk(losses, max(steps, 1)) {
		if _, hi := ends(one); run == nil || hi > most {
			run, most = one, hi
		}
	}
	return run
}

// rises reports whether the greatest loss so far rose, over the last points of a run, by more than 0.05 of the
// range of all its losses. These are the last 10 as in Pintor et al., but no more than a quarter, since 10 are
// half of the usual 20, on the way to the end of the ball whatever the net. What is no number does not count.
func rises(run []float64) bool {
	first := len(run) - min(len(run)/4, 10)
	lo, hi := ends(run)
	_, before := ends(run[:min(first+1, len(run))])
	return hi-before > 0.05*(hi-lo)
}

// ends returns the least and the greatest number of v.
func ends(v []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if x < lo {
			lo = x
		}
		if x > hi {
			hi = x
		}
	}
	return lo, hi
}

// converged finds examples that the attack left on its way up.
func converged(k check, c *Case) []arbench.Finding {
	if !c.climbs() {
		return k.skipped("the attack climbs no loss in ten steps or more, or averages over passes")
	}
	return k.probed(c, k.name, unfinished, "of %d examples that the attack left, those whose loss still rose where it ended")
}
