package arbench

import (
	"context"
	"math/rand/v2"
)

// A Quantity is a measured number with its interval.
type Quantity struct {
	Name   string // such as "accuracy"
	Split  Split  // of the examples it rests on; empty where it rests on none
	Detail string // what of several: a layer, a quantile, a neighbour; empty if there is one
	Unit   string // such as "%"; empty for a plain number

	Value  float64
	Lo, Hi float64 // the interval's ends; both equal to Value if the number is exact, or of one example
	N      int     // examples, directions or singular values it rests on

	Better   int      // +1 if higher is better, -1 if lower, 0 if neither
	Trust    Trust    // what checks make of it; empty if none judged it
	Warnings []string // reasons to distrust it
}

// An Outcome is what the runner saw when it put examples to a model, as they are or as an attack
// changed them. The runner judged it; no plugin had a hand in it. Slices have one entry for each
// example, in order of id.
type Outcome struct {
	Split  Split
	ID     []int
	Y      []int
	Logits Tensor // [n, classes], of the image or of the candidate

	// The rest is of attacked outcomes.
	Distance []float64 // from the image to the candidate, in the threat's norm
	Forward  []int     // passes that the attack spent
	Backward []int
	First    []int // forward passes to the first success inside the threat, or at any distance for AnyEps; 0 is none
	Stage    []int // of a cascade: the stage, from 1, that broke it; 0 none, -1 needed no attack

	// Stages are those of a cascade, in order, whatever the examples; nil for other attacks.
	Stages []StageOutcome
}

// A StageOutcome is what a stage of a cascade spent.
type StageOutcome struct {
	Name   string
	Passes Passes // of all examples that it was put to
}

// Len returns the number of examples.
func (o *Outcome) Len() int { return len(o.ID) }

// Correct reports whether the model gave example i its class.
func (o *Outcome) Correct(i int) bool { return Argmax(o.Logits.Row(i)) == o.Y[i] }

// A Record is all that measures see of one model: outcomes, with their logits, of it and its twin.
type Record struct {
	Test  *Outcome // test examples as they are
	Train *Outcome // training examples as they are; nil if they were not asked for

	// Attacked holds the same examples as Test (or Train) under one attack; nil where the quantities
	// of the clean model are wanted.
	Attacked *Outcome
	Attack   string
	Threat   Threat
	Shape    []int // of an image; nil if it is not known
	AnyEps   bool  // Attacked holds for every eps in the norm of Threat: see AttackInfo.AnyEps

	// Twin is the record of the same net trained without regularizers, from the same seed; nil if the
	// model has none.
	Twin *Record

	Level float64 // of intervals, such as 0.95
}

// A Measure reduces a record to quantities. It is a pure function, computed when a report is made,
// so that a new measure needs no new run. As for an Attack, its exported fields are its options.
type Measure interface {
	Info() MeasureInfo

	// Measure is called once with Attacked nil and once for each attack. It returns nothing where
	// the record lacks what it needs; else the names of what it returns do not depend on the numbers
	// in the record: made-up ones show before a run which quantities a gate can be about.
	Measure(r Record) []Quantity
}

// MeasureInfo describes a measure or a probe.
type MeasureInfo struct {
	Doc    string // one line, for "arbench list"
	Source string // paper, section, equation
}

// A Probe computes quantities that need the model itself: its parameters or its inner activations.
// As for an Attack, its exported fields are its options.
type Probe interface {
	Info() MeasureInfo
	Probe(ctx context.Context, s Subject) ([]Quantity, error)
}

// A Fitter is a probe that tells by the net alone whether it can look at a model, so that a plan refuses what it
// cannot before anything runs.
type Fitter interface {
	Probe

	// Fits returns what about n does not fit the options, such as a layer that n has not.
	Fits(n *Network) error
}

// A Subject is a model and the examples to look at it through. Fields may be added.
type Subject struct {
	Model   Model
	Network *Network
	Params  []Param
	Split   Split
	Shape   []int // of one image
	Data    Examples
	IDs     []int // of the examples to use, in order
	Batch   int   // most examples to put through the model at once
	Seed    uint64
	Level   float64 // of intervals, such as 0.95
}

// Rand returns the generator for what purpose names, for the example with the given id.
func (s Subject) Rand(id int, purpose string, k int) *rand.Rand {
	return KeyedRand(s.Seed, purpose, id, k)
}

// Attack returns the candidates of a within t for the examples of b, projected into t.
func (s Subject) Attack(ctx context.Context, a Attack, t Threat, b Batch) (Tensor, error) {
	oracle := NewOracle(s.Model, a.Info().Access, Frozen, b, t)
	return Trial{Model: oracle, Batch: b, Threat: t, Seed: s.Seed}.Put(ctx, a)
}
