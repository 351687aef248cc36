package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

// Reasons for what is missing where the last run left none, and where it is not known whether it is there.
const (
	notYet  = "not measured yet: arbench run makes it"
	unknown = "not known to be measured"
)

// Untold reports whether r was collected where a backend of its suite does not run, so that it may lack what the
// store holds.
func Untold(r *arbench.Results) bool {
	return slices.ContainsFunc(r.Failures, func(f arbench.Failure) bool { return strings.HasPrefix(f.Error, unknown) })
}

// Weights returns the weights of m at a checkpoint, one of suite.Checkpoints: those that its training
// left in st, or those that it is given. The error says why there are none.
func Weights(st *store.Store, m *plan.Model, checkpoint string) ([]arbench.Param, error) {
	if m.Given() {
		return m.ReadWeights()
	}
	kind := kindWeights
	if checkpoint == "best" {
		kind = kindBest
	}
	b, ok, err := st.Get(m.ID, kind)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("the store has no %s weights of model %s (seed %d): %w", checkpoint, m.Name, m.Seed, missing(st, m, m.ID))
	}
	return record.DecodeParams(b, m.Network)
}

// Outcome returns what st holds of a clean or an attack cell. The error says why there is nothing.
func Outcome(st *store.Store, c *plan.Cell) (*arbench.Outcome, error) {
	id, err := answerID(st, c)
	if err != nil {
		return nil, err
	}
	o, err := loadOutcome(st, id)
	if err == nil && o == nil {
		err = missing(st, c.Model, id)
	}
	return o, err
}

// Candidates returns the candidates of the attack cell c that st holds, and of which examples they
// are: of those that the attack broke.
func Candidates(st *store.Store, c *plan.Cell) (ids []int, x arbench.Tensor, err error) {
	id, err := answerID(st, c)
	if err != nil {
		return nil, x, err
	}
	b, ok, err := st.Get(id, kindCandidates)
	if err == nil && !ok {
		err = missing(st, c.Model, id)
	}
	if err != nil {
		return nil, x, err
	}
	return record.DecodeCandidates(b)
}

// answerID returns the identity of the answer to c, which depends on the weights.
func answerID(st *store.Store, c *plan.Cell) (string, error) {
	t, ok, err := loadTraining(st, c.Model)
	if err == nil && !ok {
		err = missing(st, c.Model, c.Model.ID)
	}
	if err != nil {
		return "", err
	}
	return c.ID((&records{training: t}).digest(c)), nil
}

// missing returns why st has no answer of that identity about m.
func missing(st *store.Store, m *plan.Model, id string) error {
	text, err := reason(st, id)
	if err != nil {
		return err
	}
	if text == notYet {
		if err := m.Ready(); err != nil {
			return fmt.Errorf("%s: %w", unknown, err)
		}
	}
	return errors.New(text)
}

// reason says why st has no answer of that identity: the reason that the last run left, if any.
func reason(st *store.Store, id string) (string, error) {
	b, ok, err := st.Get(id, kindFailure)
	if err != nil || !ok {
		return notYet, err
	}
	return wording.OneLine(string(b)), nil
}
