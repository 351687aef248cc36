package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/store"
)

// A Difference is what a stored answer and the same answer made anew do not agree in.
type Difference struct {
	Cell arbench.Cell // of weights: only Model and Seed
	What string
}

// Verify answers the cells of p again that st has answers to, from the weights that it holds, and
// compares the bits. It changes nothing in st and counts the cells that it compared. What cannot be
// made again is a difference; cells without an answer are none of its business.
func Verify(ctx context.Context, st *store.Store, p *plan.Plan, o Options) (compared int, found []Difference, err error) {
	dir, err := os.MkdirTemp("", "arbench-verify-")
	if err != nil {
		return 0, nil, err
	}
	defer os.RemoveAll(dir)
	scratch, err := store.Open(dir)
	if err != nil {
		return 0, nil, err
	}
	v := &verification{stored: st, again: scratch, digests: map[string]*records{}}
	part, err := v.prepare(p)
	if err != nil {
		return 0, nil, err
	}
	failures, err := Run(ctx, scratch, part, o)
	if err != nil {
		return 0, nil, err
	}
	for _, f := range failures {
		v.differ(f.Cell, "cannot be made again: %s", f.Error)
	}
	for _, c := range part.Cells {
		if err := v.compare(c); err != nil {
			return 0, nil, err
		}
	}
	return len(part.Cells), v.found, nil
}

// verification is a Verify under way.
type verification struct {
	stored, again *store.Store
	digests       map[string]*records // by id of the model
	found         []Difference
}

func (v *verification) differ(c arbench.Cell, format string, args ...any) {
	v.found = append(v.found, Difference{c, fmt.Sprintf(format, args...)})
}

// prepare takes over the trainings of p, those that attacks name too, and returns the part of p that
// is answered.
func (v *verification) prepare(p *plan.Plan) (*plan.Plan, error) {
	for _, m := range p.Models {
		if err := v.training(m); err != nil {
			return nil, err
		}
	}
	out := *p
	out.Cells, out.Checks = nil, nil
	has := map[*plan.Model]bool{}
	for _, c := range p.All() {
		rec := v.digests[c.Model.ID]
		if rec == nil || slices.ContainsFunc(refs(c), func(m *plan.Model) bool { return v.digests[m.ID] == nil }) {
			continue
		}
		ok, err := v.stored.Has(c.ID(rec.digest(c)), cellKind(c))
		if err != nil {
			return nil, err
		}
		if ok {
			out.Cells, has[c.Model] = append(out.Cells, c), true
		}
	}
	out.Models = slices.DeleteFunc(slices.Clone(p.Models), func(m *plan.Model) bool { return !has[m] })
	return &out, nil
}

func refs(c *plan.Cell) []*plan.Model {
	var out []*plan.Model
	for _, m := range c.Refs {
		out = append(out, m)
	}
	return out
}

// training copies a finished training, whose weights have to be those that its record names. Weights
// that are given are not the store's.
func (v *verification) training(m *plan.Model) error {
	if v.digests[m.ID] != nil {
		return nil
	}
	at := arbench.Cell{Model: m.Name, Seed: m.Seed}
	t, ok, err := loadTraining(v.stored, m)
	if err != nil {
		v.differ(at, "%v", err)
	}
	if err != nil || !ok {
		return nil
	}
	if m.Given() {
		v.digests[m.ID] = &records{training: t}
		return nil
	}
	for kind, digest := range map[string]string{kindWeights: t.Digest, kindBest: t.Best} {
		if digest == "" {
			continue
		}
		b, ok, err := v.stored.Get(m.ID, kind)
		switch sum := sha256.Sum256(b); {
		case err != nil:
			v.differ(at, "%v", err)
			return nil
		case !ok:
			v.differ(at, "the store has no %s", kind)
			return nil
		case hex.EncodeToString(sum[:]) != digest:
			v.differ(at, "the %s have digest %x, their training says %s", kind, sum, digest)
			return nil
		}
		if err := v.again.Put(m.ID, kind, b); err != nil {
			return err
		}
	}
	b, err := record.EncodeTraining(t)
	if err != nil {
		return err
	}
	v.digests[m.ID] = &records{training: t}
	return v.again.Put(m.ID, kindTraining, b)
}

// compare enters a difference if both answers to c are there and are not the same bits.
func (v *verification) compare(c *plan.Cell) error {
	id := c.ID(v.digests[c.Model.ID].digest(c))
	again, ok, err := v.again.Get(id, cellKind(c))
	if err != nil || !ok { // it failed, which is entered already
		return err
	}
	stored, _, err := v.stored.Get(id, cellKind(c))
	if err != nil {
		v.differ(c.Cell, "%v", err)
		return nil
	}
	if !bytes.Equal(stored, again) {
		v.differ(c.Cell, "%s", disagreement(c, stored, again))
		return nil
	}
	if c.Kind != arbench.AttackCell {
		return nil
	}
	before, _, err := v.stored.Get(id, kindCandidates)
	if err != nil {
		v.differ(c.Cell, "%v", err)
		return nil
	}
	after, _, err := v.again.Get(id, kindCandidates)
	if err == nil && !bytes.Equal(before, after) {
		v.differ(c.Cell, "the candidates are others")
	}
	return err
}

// disagreement says in how many examples two outcomes differ.
func disagreement(c *plan.Cell, stored, again []byte) string {
	if c.Kind == arbench.ProbeCell {
		return "the probe gave other quantities"
	}
	a, err := record.DecodeOutcome(stored)
	if err != nil {
		return err.Error()
	}
	b, err := record.DecodeOutcome(again)
	if err != nil || !slices.Equal(a.ID, b.ID) {
		return "the outcome is of other examples"
	}
	logits, labels := 0, 0
	for i := range a.ID {
		if !slices.Equal(a.Logits.Row(i), b.Logits.Row(i)) {
			logits++
		}
		if a.Correct(i) != b.Correct(i) {
			labels++
		}
	}
	return fmt.Sprintf("other logits for %d of %d examples, %d of them judged otherwise", logits, len(a.ID), labels)
}
