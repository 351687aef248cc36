package runner

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/store"
)

// finished are the kinds of records whose content the question determines, in the order in which
// they are written: an answer comes after what belongs to it.
var finished = []string{
	kindWeights, kindBest, kindCandidates, kindTraining, kindOutcome, kindProbe,
}

// passing are the kinds of records that an answer makes superfluous.
var passing = []string{kindCheckpoint, kindCrafted, kindPart, kindFailure}

// A Merged says what a merge did.
type Merged struct {
	Trainings, Cells int // answers that were new
	Known            int // answers that were there
}

// A Source is a store to merge, with the name that errors give it.
type Source struct {
	Name string
	*store.Store
}

// Merge copies what the sources hold into the store. Before it writes anything it refuses answers to
// one question that differ, one a line: that of a training may differ in seconds alone. Of what is
// under way or failed it takes the first, where nothing has the answer.
func Merge(ctx context.Context, into Source, sources []Source) (Merged, error) {
	m := &merge{into: into, sources: sources, first: map[store.Record]seen{}, done: map[string]bool{}}
	for _, s := range append([]Source{into}, sources...) {
		if err := m.look(ctx, s); err != nil {
			return Merged{}, err
		}
	}
	if err := errors.Join(m.conflicts...); err != nil {
		return Merged{}, err
	}
	for _, kinds := range [][]string{{kindCost}, finished, passing} {
		for _, kind := range kinds {
			for _, s := range sources {
				if err := m.copyAll(ctx, s, kind); err != nil {
					return m.Merged, err
				}
			}
		}
	}
	return m.Merged, m.tidy()
}

// merge is a Merge under way.
type merge struct {
	Merged
	into      Source
	sources   []Source
	first     map[store.Record]seen // without sizes
	done      map[string]bool       // ids with an answer
	conflicts []error
}

// seen is what was found first of a record.
type seen struct {
	where  string
	digest [sha256.Size]byte
}

// look reads all answers of a store and compares them with those seen before.
func (m *merge) look(ctx context.Context, s Source) error {
	for r, err := range s.Records() {
		if err != nil {
			return err
		}
		if !slices.Contains(finished, r.Kind) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		b, ok, err := s.Get(r.ID, r.Kind)
		if err != nil {
			m.conflicts = append(m.conflicts, fmt.Errorf("%s: %w", s.Name, err))
			continue
		}
		if !ok {
			continue
		}
		if isAnswer(r.Kind) {
			m.done[r.ID] = true
		}
		digest, err := content(r.Kind, b)
		if err != nil {
			m.conflicts = append(m.conflicts, fmt.Errorf("%s: record %s.%s: %w", s.Name, r.ID, r.Kind, err))
			continue
		}
		r.Bytes = 0
		before, ok := m.first[r]
		if ok && before.digest != digest {
			m.conflicts = append(m.conflicts, fmt.Errorf("%s and %s have different answers to one question, %s of %s: "+
				"delete one of them, and find out why", before.where, s.Name, r.Kind, r.ID))
		}
		if !ok {
			m.first[r] = seen{s.Name, digest}
		}
	}
	return nil
}

// isAnswer reports whether a record of the kind says that its question is answered.
func isAnswer(kind string) bool {
	return kind == kindTraining || kind == kindOutcome || kind == kindProbe
}

// content returns the digest of what the question of a record determines.
func content(kind string, b []byte) ([sha256.Size]byte, error) {
	if kind != kindTraining {
		return sha256.Sum256(b), nil
	}
	t, err := record.DecodeTraining(b)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	t.Seconds, t.Compiling = 0, 0
	b, err = record.EncodeTraining(t)
	return sha256.Sum256(b), err
}

// copyAll copies the records of one kind that the store lacks.
func (m *merge) copyAll(ctx context.Context, s Source, kind string) error {
	for id, err := range s.List(kind) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if m.done[id] && slices.Contains(passing, kind) {
			continue
		}
		has, err := m.into.Has(id, kind)
		if err != nil {
			return err
		}
		if has {
			if isAnswer(kind) {
				m.Known++
			}
			continue
		}
		b, ok, err := s.Get(id, kind)
		if err == nil && ok {
			err = m.into.Put(id, kind, b)
		}
		if err != nil {
			return err
		}
		switch {
		case ok && kind == kindTraining:
			m.Trainings++
		case ok && isAnswer(kind):
			m.Cells++
		}
	}
	return nil
}

// tidy deletes what the answers that came have made superfluous.
func (m *merge) tidy() error {
	for _, kind := range passing {
		for id, err := range m.into.List(kind) {
			if err == nil && m.done[id] {
				err = m.into.Delete(id, kind)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
