package runner

import (
	"context"
	"fmt"
	"iter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/record"
)

// others opens the models that the attack's options name, each trained first if need be.
func (t *trial) others(ctx context.Context) error {
	t.refs = map[arbench.ModelRef]arbench.Model{}
	for ref, m := range t.cell.Refs {
		if _, err := t.training(ctx, m); err != nil {
			return fmt.Errorf("model %q, which the attack names: %w", ref, err)
		}
		s, err := t.open(ctx, m, m.Checkpoint)
		if err != nil {
			return fmt.Errorf("model %q, which the attack names: %w", ref, err)
		}
		t.refs[ref] = s.model
	}
	return nil
}

// trial returns the trial of a on the examples b, and the oracle of the model under attack.
func (t *trial) trial(a arbench.Attack, b arbench.Batch, threat arbench.Threat) (arbench.Trial, *arbench.Oracle) {
	access := a.Info().Access
	oracle := arbench.NewOracle(t.model, access, arbench.Frozen, b, threat)
	out := arbench.Trial{
		Model: oracle, Batch: b, Threat: threat, Seed: t.plan.Suite.Seeds.Attack, Crafted: t.crafted,
		Others: map[arbench.ModelRef]*arbench.Oracle{},
	}
	for ref, m := range t.refs {
		out.Others[ref] = arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
	}
	return out, oracle
}

// craft has a Crafted attack make what its trials share, or takes it from the store.
func (t *trial) craft(ctx context.Context) error {
	a, ok := t.cell.Attack.It.(arbench.Crafted)
	if !ok {
		return nil
	}
	b, ok, err := t.store.Get(t.id, kindCrafted)
	if err != nil {
		return err
	}
	if ok {
		t.crafted, err = record.DecodeTensor(b)
		return err
	}
	err = recovered("the attack", func() (err error) {
		t.crafted, err = a.Craft(ctx, t.lessons(a))
		return err
	})
	if err != nil {
		return fmt.Errorf("attack %s: %w", t.cell.Attack.Name, err)
	}
	if b, err = record.EncodeTensor(t.crafted); err != nil {
		return err
	}
	return t.put(t.id, kindCrafted, b)
}

// lessons yields the model's training examples as trials.
func (t *trial) lessons(a arbench.Attack) iter.Seq2[arbench.Trial, error] {
	ids, shape := t.cell.Model.Train, t.cell.Model.Network.Input
	return func(yield func(arbench.Trial, error) bool) {
		for at := 0; at < len(ids); at += batchSize {
			part := ids[at:min(at+batchSize, len(ids))]
			b := arbench.ReadBatch(t.plan.Data.Train, shape, part)
			if out, _ := t.trial(a, b, t.cell.Asked()); !yield(out, nil) {
				return
			}
		}
	}
}
