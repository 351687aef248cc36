package runner

import (
	"context"

	"github.com/arbench/arbench"
)

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
