package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/train"
)

// trial is an attack cell under way.
type trial struct {
	*run
	cell   *plan.Cell
	id     string
	model  arbench.Model
	batch  arbench.Batch // every example of the cell
	stages []arbench.Stage
	staged bool // the attack is a cascade
	refs   map[arbench.ModelRef]arbench.Model
	record.Part
	crafted arbench.Tensor
	saved   time.Time
}

// attack puts the examples of c to its attack, or to each stage of it, from where the store says
// that an earlier run stopped.
func (r *run) attack(ctx context.Context, c *plan.Cell, id string, s *subject) error {
	t := &trial{run: r, cell: c, id: id, model: s.model, saved: time.Now()}
	t.batch = r.batch(c, 0, len(c.Examples))
	if err := t.begin(); err != nil {
		return err
	}
	for _, prepare := range []func(context.Context) error{t.others, t.craft, t.resume} {
		if err := prepare(ctx); err != nil {
			return err
		}
	}
	for ; t.Stage < len(t.stages); t.Stage, t.Done = t.Stage+1, 0 {
		if err := t.stage(ctx); err != nil {
			return err
		}
	}
	return t.keep()
}

// begin finds the stages and sets up an empty part.
func (t *trial) begin() error {
	a := t.cell.Attack.It
	t.stages = []arbench.Stage{{Name: t.cell.Attack.Name, Attack: a}}
	n := t.batch.Len()
	o := newOutcome(t.cell, t.model.Info().Classes)
	o.Y = t.batch.Y
	o.Distance, o.First = make([]float64, n), make([]int, n)
	o.Forward, o.Backward = make([]int, n), make([]int, n)
	if cascade, ok := a.(arbench.Staged); ok {
		stages, err := cascade.Stages(t.model.Info(), t.cell.Threat.Threat)
		if err != nil {
			return err
		}
		t.stages, t.staged, o.Stage = stages, true, make([]int, n)
		for _, s := range stages {
			o.Stages = append(o.Stages, arbench.StageOutcome{Name: s.Name})
		}
	}
	t.Part = record.Part{Outcome: o, Candidates: t.batch.X.Clone()}
	return nil
}

// resume takes over what an earlier run had done.
func (t *trial) resume(context.Context) error {
	b, ok, err := t.store.Get(t.id, kindPart)
	if err != nil || !ok {
		return err
	}
	p, err := record.DecodePart(b)
	if err != nil {
		return err
	}
	if !slices.Equal(p.Outcome.ID, t.Outcome.ID) || p.Stage > len(t.stages) ||
		len(p.Outcome.Stages) != len(t.Outcome.Stages) {
		return fmt.Errorf("the store's part of this attack is about other examples or stages")
	}
	t.Part = p
	return nil
}

// stage puts what is left to the stage under way, in full batches.
func (t *trial) stage(ctx context.Context) error {
	rows := t.left()
	if t.staged && t.Stage == 0 && t.Done == 0 {
		if err := t.judge(ctx, allRows(len(t.Outcome.ID)), t.batch.X, true); err != nil {
			return err
		}
		rows = t.left()
	}
	for t.Done < len(rows) {
		timed, clock := train.NewClock(ctx)
		next := rows[t.Done:min(t.Done+batchSize, len(rows))]
		if err := t.perturb(timed, next); err != nil {
			return err
		}
		t.Done += len(next)
		work, compiling := clock.Seconds()
		t.Seconds, t.Compiling = t.Seconds+work, t.Compiling+compiling
		n := len(t.Outcome.ID) // in each stage; those it is not for count as done
		t.tell(Event{
			Cell: t.cell.Cell, State: Advanced,
			Done: t.Stage*n + n - len(rows) + t.Done, Total: len(t.stages) * n,
		})
		if err := t.save(); err != nil {
			return err
		}
	}
	return nil
}

// left returns the rows that the stage under way is for: of a cascade, those that no earlier stage
// broke and that are not misclassified as they are.
func (t *trial) left() []int {
	var rows []int
	for i := range t.Outcome.ID {
		if !t.staged || t.Outcome.Stage[i] == 0 || t.Outcome.Stage[i] == t.Stage+1 {
			rows = append(rows, i)
		}
	}
	return rows
}

func allRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// perturb puts the given rows to the stage under way, books the passes and judges the candidates.
func (t *trial) perturb(ctx context.Context, rows []int) error {
	a := t.stages[t.Stage].Attack
	b := t.batch.Gather(rows)
	threat := t.cell.Asked().Gather(rows)
	trial, oracle := t.trial(a, b, threat)
	var x arbench.Tensor
	err := recovered("the attack", func() (err error) {
		x, err = trial.Put(ctx, a)
		return err
	})
	if err != nil {
		return fmt.Errorf("attack %s: %w", t.stages[t.Stage].Name, err)
	}
	if t.staged && threat.Family == nil { // the smallest change that a stage found may lie outside
		threat.Project(x, b.X)
	}
	books := oracle.Books()
	for i, r := range rows {
		if t.Outcome.First[r] == 0 && books.First[i] > 0 {
			t.Outcome.First[r] = t.Outcome.Forward[r] + books.First[i]
		}
		t.Outcome.Forward[r] += books.Forward[i]
		t.Outcome.Backward[r] += books.Backward[i]
		if t.staged {
			t.Outcome.Stages[t.Stage].Passes.Add(arbench.Passes{Forward: books.Forward[i], Backward: books.Backward[i]})
		}
	}
	return t.judge(ctx, rows, x, false)
}

// save stores the part, unless it did so a moment ago.
func (t *trial) save() error {
	if time.Since(t.saved) < t.Every {
		return nil
	}
	b, err := record.EncodePart(t.Part)
	if err != nil {
		return err
	}
	t.saved = time.Now()
	return t.put(t.id, kindPart, b)
}

// keep stores the outcome, with the candidates of the examples that broke.
func (t *trial) keep() error {
	var broken []int
	for i := range t.Outcome.ID {
		if !t.Outcome.Correct(i) {
			broken = append(broken, i)
		}
	}
	ids := t.batch.Gather(broken).ID
	b, err := record.EncodeCandidates(ids, t.Candidates.Gather(broken))
	if err != nil {
		return err
	}
	if err := t.put(t.id, kindCandidates, b); err != nil {
		return err
	}
	if err := t.keepOutcome(t.id, t.Outcome, spent{t.Seconds, t.Compiling}); err != nil {
		return err
	}
	for _, kind := range []string{kindPart, kindCrafted} {
		if err := t.store.Delete(t.id, kind); err != nil {
			return fatal{err}
		}
	}
	return nil
}
