package runner

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// legal turns what an attack returned into candidates: checked for shape and NaN, and projected into
// the threat. The smallest changes that a minimum-norm attack looks for are kept to the box alone;
// for a family of changes the attack returned parameters, which are applied to the images.
func legal(a arbench.Attack, x arbench.Tensor, b arbench.Batch, t arbench.Threat) (arbench.Tensor, error) {
	width := arbench.Volume(b.X.Shape[1:])
	if t.Family != nil {
		width = t.Family.Width()
	}
	if x.Len() != b.Len() || len(x.Data) != width*b.Len() {
		return x, fmt.Errorf("it returned shape %v for %d examples of %d values", x.Shape, b.Len(), width)
	}
	for i, v := range x.Data {
		if math.IsNaN(float64(v)) {
			return x, fmt.Errorf("its candidate of example %d holds a NaN", b.ID[i/width])
		}
	}
	switch {
	case t.Family != nil:
		out := arbench.NewTensor(b.X.Shape...)
		for i := range b.Len() {
			t.Family.Apply(x.Row(i), t.At(i), b.X.Row(i), out.Row(i))
		}
		return out, nil
	case a.Info().MinimumNorm:
		for i, v := range x.Data {
			x.Data[i] = min(max(v, 0), 1)
		}
	default:
		t.Project(x, b.X)
	}
	return x, nil
}

// judge re-classifies candidates and enters them into the outcome of the given rows. Clean says
// that they are the images themselves, before the first stage of a cascade.
func (t *trial) judge(ctx context.Context, rows []int, x arbench.Tensor, clean bool) error {
	o := t.Outcome
	for at := 0; at < len(rows); at += batchSize {
		part := rows[at:min(at+batchSize, len(rows))]
		p, err := t.model.Run(ctx, arbench.Call{X: x.Rows(at, at+len(part))})
		if err != nil {
			return err
		}
		o.Logits.Scatter(part, p.Logits)
		t.Candidates.Scatter(part, x.Rows(at, at+len(part)))
		for _, r := range part {
			o.Distance[r] = t.cell.Threat.Distance(t.Candidates.Row(r), t.batch.X.Row(r))
			switch {
			case !t.staged || o.Correct(r):
			case clean:
				o.Stage[r] = broken
			default:
				o.Stage[r] = t.Stage + 1
			}
		}
	}
	return nil
}

// broken marks, among the stages of a cascade, an example that is misclassified as it is.
const broken = -1
