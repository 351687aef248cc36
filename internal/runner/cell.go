package runner

import (
	"context"
	"encoding/json"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/train"
)

// batchSize is how many examples an attack, a probe or a clean evaluation gets at once. No result
// depends on it.
const batchSize = 128

// subject is a model with its weights, opened once for all its cells.
type subject struct {
	model  arbench.Model
	params []arbench.Param
}

// cell answers c if the store has no answer yet.
func (r *run) cell(ctx context.Context, c *plan.Cell, digest string, open map[string]*subject) error {
	id, kind := c.ID(digest), cellKind(c)
	if ok, err := r.store.Has(id, kind); err != nil || ok {
		if ok {
			r.tell(Event{Cell: c.Cell, State: Kept})
		}
		return err
	}
	unlock, err := r.store.Lock(ctx, id)
	if err != nil {
		return fatal{err}
	}
	defer unlock()
	if ok, err := r.store.Has(id, kind); err != nil || ok {
		if ok { // another process made it meanwhile
			r.tell(Event{Cell: c.Cell, State: Kept})
		}
		return err
	}
	r.tell(Event{Cell: c.Cell, State: Started, Total: len(c.Examples)})
	err = recovered("the model", func() error {
		s := open[c.Checkpoint]
		if s == nil {
			if s, err = r.open(ctx, c.Model, c.Checkpoint); err != nil {
				return err
			}
			open[c.Checkpoint] = s
		}
		return r.answer(r.watchCompiling(ctx, c.Cell), c, id, s)
	})
	if err != nil {
		return err
	}
	if err := r.store.Delete(id, kindFailure); err != nil {
		return fatal{err}
	}
	r.tell(Event{Cell: c.Cell, State: Finished, Done: len(c.Examples), Total: len(c.Examples)})
	return nil
}

func cellKind(c *plan.Cell) string {
	if c.Kind == arbench.ProbeCell {
		return kindProbe
	}
	return kindOutcome
}

// open returns the trained model m with the weights of the given checkpoint.
func (r *run) open(ctx context.Context, m *plan.Model, checkpoint string) (*subject, error) {
	params, err := Weights(r.store, m, checkpoint)
	if err != nil {
		return nil, err
	}
	model, err := m.Evaluator().It.Open(ctx, arbench.ModelSpec{
		Network: m.Network, Weights: params, Batch: batchSize, Threads: r.Threads, Share: r.share,
	})
	if err != nil {
		return nil, err
	}
	return &subject{model, params}, nil
}

// answer makes and stores the answer of c.
func (r *run) answer(ctx context.Context, c *plan.Cell, id string, s *subject) error {
	ctx, clock := train.NewClock(ctx)
	switch c.Kind {
	case arbench.CleanCell:
		o, err := r.clean(ctx, c, s)
		if err != nil {
			return err
		}
		return r.keepOutcome(id, o, spentOn(clock))
	case arbench.AttackCell:
		return r.attack(ctx, c, id, s)
	}
	var qs []arbench.Quantity
	err := recovered("the probe", func() (err error) {
		qs, err = c.Probe.It.Probe(ctx, arbench.Subject{
			Model: s.model, Network: c.Model.Network, Params: s.params, Split: c.Split,
			Shape: c.Model.Network.Input, Data: r.plan.Data.Split(c.Split), IDs: c.Examples,
			Batch: batchSize, Seed: r.plan.Suite.Seeds.Attack, Level: r.plan.Suite.Level,
		})
		return err
	})
	if err != nil {
		return err
	}
	b, err := record.EncodeQuantities(qs)
	if err != nil {
		return err
	}
	if err := r.keepCost(id, spentOn(clock)); err != nil {
		return err
	}
	return r.put(id, kindProbe, b)
}

// clean puts the examples of c to the model as they are.
func (r *run) clean(ctx context.Context, c *plan.Cell, s *subject) (*arbench.Outcome, error) {
	o := newOutcome(c, s.model.Info().Classes)
	for at := 0; at < len(c.Examples); at += batchSize {
		b := r.batch(c, at, min(at+batchSize, len(c.Examples)))
		p, err := s.model.Run(ctx, arbench.Call{X: b.X})
		if err != nil {
			return nil, err
		}
		copy(o.Y[at:], b.Y)
		copy(o.Logits.Rows(at, at+b.Len()).Data, p.Logits.Data)
		r.tell(Event{Cell: c.Cell, State: Advanced, Done: at + b.Len(), Total: len(c.Examples)})
	}
	return o, nil
}

// batch returns examples i to j-1 of c.
func (r *run) batch(c *plan.Cell, i, j int) arbench.Batch {
	return arbench.ReadBatch(r.plan.Data.Split(c.Split), c.Model.Network.Input, c.Examples[i:j])
}

func newOutcome(c *plan.Cell, classes int) *arbench.Outcome {
	n := len(c.Examples)
	return &arbench.Outcome{
		Split: c.Split, ID: c.Examples, Y: make([]int, n), Logits: arbench.NewTensor(n, classes),
	}
}

// keepOutcome stores a complete outcome and what it cost.
func (r *run) keepOutcome(id string, o *arbench.Outcome, s spent) error {
	b, err := record.EncodeOutcome(o)
	if err != nil {
		return err
	}
	if err := r.keepCost(id, s); err != nil {
		return err
	}
	return r.put(id, kindOutcome, b)
}

// spent is the record of what a cell took: of old ones, the number of seconds alone.
type spent struct {
	Seconds   float64 // of work
	Compiling float64 `json:",omitempty"` // seconds beside them
}

// spentOn returns what a clock shows.
func spentOn(c *train.Clock) (s spent) {
	s.Seconds, s.Compiling = c.Seconds()
	return s
}

func (r *run) keepCost(id string, s spent) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return r.put(id, kindCost, b)
}
