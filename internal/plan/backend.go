package plan

import (
	"reflect"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// Evaluator returns the backend that answers what is asked of m: that which trained it, unless its
// suite names another.
func (m *Model) Evaluator() suite.Named[arbench.Backend] {
	if m.Spec.Evaluator.It != nil {
		return m.Spec.Evaluator
	}
	return m.Spec.Backend
}

// SameEvaluator reports whether the arithmetic that answers what is asked of m is that of o.
func (m *Model) SameEvaluator(o *Model) bool {
	return numerics(m.Evaluator()) == numerics(o.Evaluator())
}

// evaluated returns what answers for m depend on: its ID and, where that does not hold it, the arithmetic
// of its evaluator.
func (m *Model) evaluated() string {
	trained, asked := numerics(m.Spec.Backend), numerics(m.Evaluator())
	if trained == asked {
		return m.ID
	}
	key, err := hash([]any{m.ID, asked})
	if err != nil {
		panic("plan: " + err.Error()) // strings only
	}
	return key
}

// numerics returns what an identity holds of a backend: its arithmetic rather than its options.
func numerics(b suite.Named[arbench.Backend]) plugin {
	return plugin{b.Use, originOf(reflect.TypeOf(b.It)), b.It.Info().Numerics}
}

// CrossChecks returns the pairs of models that differ in nothing but the backend, in order: of the same
// seed, with weights of the same checkpoint. They are trained by another one, or evaluated, or both if each
// evaluates what it trained.
func (p *Plan) CrossChecks() [][2]*Model {
	var out [][2]*Model
	for i, a := range p.Models {
		for _, b := range p.Models[i+1:] {
			if a.kin == b.kin && a.Checkpoint == b.Checkpoint && differInBackend(a, b) {
				out = append(out, [2]*Model{a, b})
			}
		}
	}
	return out
}

func differInBackend(a, b *Model) bool {
	own := func(m *Model) bool { return m.evaluated() == m.ID }
	training, evaluation := a.ID != b.ID, !a.SameEvaluator(b)
	return training != evaluation || training && own(a) && own(b)
}
