package runner

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/store"
)

// A Reforward is what became of the stored candidates of an attack cell when they were looked at again.
type Reforward struct {
	Cell       arbench.Cell
	Candidates int      // stored, within the threat: of what the attack broke
	Survive    int      // of these, that the model gets wrong when they are rounded to 8 bits, too
	Wrong      []string // what does not hold of them; empty if all is as the outcome says
}

// Reforwards puts the stored candidates of the attack cells of p to their models again, without running
// an attack, and looks whether they are finite, in the box and the ball, and wrongly classified. Cells
// without an answer are none of its business. It changes nothing in st.
func Reforwards(ctx context.Context, st *store.Store, p *plan.Plan, o Options) ([]Reforward, error) {
	r := &run{store: st, plan: p, Options: o}
	var out []Reforward
	for _, m := range p.Models {
		t, ok, err := loadTraining(st, m)
		if err != nil {
			return nil, fmt.Errorf("training of %s (seed %d): %w", m.Name, m.Seed, err)
		}
		if !ok {
			continue
		}
		open := map[string]*subject{}
		for _, c := range p.Cells {
			if c.Model != m || c.Kind != arbench.AttackCell {
				continue
			}
			ok, err := st.Has(c.ID((&records{training: t}).digest(c)), kindOutcome)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if open[c.Checkpoint] == nil {
				if open[c.Checkpoint], err = r.open(ctx, m, c.Checkpoint); err != nil {
					return nil, err
				}
			}
			again, err := r.reforward(ctx, c, open[c.Checkpoint].model)
			if err != nil {
				return nil, err
			}
			out = append(out, again)
		}
	}
	return out, nil
}

// reforward looks at the candidates of c again.
func (r *run) reforward(ctx context.Context, c *plan.Cell, m arbench.Model) (Reforward, error) {
	out := Reforward{Cell: c.Cell}
	fail := func(format string, args ...any) { out.Wrong = append(out.Wrong, fmt.Sprintf(format, args...)) }
	o, err := Outcome(r.store, c)
	if err != nil {
		fail("the outcome: %v", err)
		return out, nil
	}
	ids, x, err := Candidates(r.store, c)
	if err != nil {
		fail("the candidates: %v", err)
		return out, nil
	}
	var broken []int
	var distances []float64
	for i, id := range o.ID {
		if !o.Correct(i) {
			broken, distances = append(broken, id), append(distances, o.Distance[i])
		}
	}
	if !slices.Equal(o.ID, c.Examples) || !slices.Equal(broken, ids) || x.Len() != len(ids) {
		fail("%d candidates, the outcome says that %d of %d examples are misclassified", x.Len(), len(broken), len(o.ID))
		return out, nil
	}
	f := &faults{n: len(ids)}
	for at := 0; at < len(ids); at += batchSize {
		part := ids[at:min(at+batchSize, len(ids))]
		b := arbench.ReadBatch(r.plan.Data.Split(c.Split), c.Model.Network.Input, part)
		if err := f.see(ctx, c, m, b, x.Rows(at, at+len(part)), distances[at:]); err != nil {
			return out, err
		}
	}
	out.Candidates, out.Survive, out.Wrong = f.within, f.survive, f.words(c)
	return out, nil
}

// faults count what does not hold of candidates.
type faults struct {
	n                          int
	infinite, box, ball, right int
	distance                   int // is not that of the outcome
	within, survive            int // candidates in the ball, and those that 8 bits leave candidates
}

// see looks at the candidates x of the examples b, whose distances the outcome has.
func (f *faults) see(
	ctx context.Context, c *plan.Cell, m arbench.Model, b arbench.Batch, x arbench.Tensor, distances []float64,
) error {
	grey, within := x.Clone(), make([]bool, b.Len())
	for i := range b.Len() {
		row := x.Row(i)
		switch {
		case slices.ContainsFunc(row, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }):
			f.infinite++
			copy(row, b.X.Row(i)) // which the model takes, and gets right or not
			continue
		case !arbench.InBox(row):
			f.box++
		}
		if c.Threat.Family == nil && c.Threat.Distance(row, b.X.Row(i)) != distances[i] {
			f.distance++
		}
		within[i] = c.Threat.Family != nil || arbench.Within(c.Threat.Distance(row, b.X.Row(i)), c.Threat.Eps)
		if !within[i] && !mayLieOutside(c) {
			f.ball++
		}
	}
	for i, v := range x.Data {
		grey.Data[i] = float32(math.Round(255*float64(v)) / 255)
	}
	wrong, err := misclassified(ctx, m, x, b.Y)
	if err != nil {
		return err
	}
	survive, err := misclassified(ctx, m, grey, b.Y)
	if err != nil {
		return err
	}
	for i, yes := range within {
		if !wrong[i] {
			f.right++
		}
		if yes {
			f.within++
		}
		if yes && survive[i] {
			f.survive++
		}
	}
	return nil
}

// mayLieOutside reports whether candidates of c may be farther from their images than its threat allows: the
// smallest changes that a minimum-norm attack looks for, which then count as nothing.
func mayLieOutside(c *plan.Cell) bool {
	_, staged := c.Attack.It.(arbench.Staged)
	return c.Attack.It.Info().MinimumNorm && !staged
}

// misclassified returns of each row of x whether it gets another class than y.
func misclassified(ctx context.Context, m arbench.Model, x arbench.Tensor, y []int) ([]bool, error) {
	p, err := m.Run(ctx, arbench.Call{X: x})
	if err != nil {
		return nil, err
	}
	wrong := make([]bool, len(y))
	for i, class := range y {
		wrong[i] = arbench.Argmax(p.Logits.Row(i)) != class
	}
	return wrong, nil
}

// words says what does not hold.
func (f *faults) words(c *plan.Cell) []string {
	var out []string
	for _, one := range []struct {
		n    int
		what string
	}{
		{f.infinite, "hold a NaN or an infinity"}, {f.box, "leave [0, 1]"},
		{f.ball, "lie outside " + c.Threat.Threat.String()}, {f.distance, "are not as far from their images as the outcome says"},
		{f.right, "are classified right"},
	} {
		if one.n > 0 {
			out = append(out, fmt.Sprintf("%d of %d candidates %s", one.n, f.n, one.what))
		}
	}
	return out
}
