package arbench

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
)

// An Attack looks for small changes of images that change a model's answer.
//
// A plugin is a pointer to a struct whose exported fields are its options, with toml tags in
// snake_case: the suite file is decoded into them, on top of the defaults that the registered
// constructor sets. They are the plugin's schema and documentation (a doc tag, `doc:"…"`, is the
// line that "arbench list" prints) and part of the identity of every result. An optional method
// Validate() error reports options that make no sense.
type Attack interface {
	Info() AttackInfo

	// Perturb returns one candidate for each row of t.X, of which there may be none, without changing
	// t.X. The runner projects candidates into the threat and judges them itself, so an attack cannot
	// report success and need not check for it. It may be called by several goroutines at once.
	Perturb(ctx context.Context, t Trial) (Tensor, error)
}

// An Estimator is an attack or a regularizer that knows what it costs, as plans ask before anything runs. Of an
// attack that is none they count an option "steps" twice and an option "queries" once.
type Estimator interface {
	// MostPasses returns how many passes of one example, forward and backward together, it makes at most: an
	// attack within a threat of the norm n on a model of so many classes, where nothing breaks the example; a
	// regularizer in a step, beside one forward and one backward and those of attacks in its options. It
	// need not be exact.
	MostPasses(classes int, n Norm) float64
}

// FewClasses is the error of an attack that needs more classes than a model has. One of its kind is no
// breach of the rules of package attacks/conformance.
type FewClasses struct {
	What       string // that needs them, such as `loss "dlr"`
	Needs, Has int    // classes
}

// Error implements error.
func (e FewClasses) Error() string {
	return fmt.Sprintf("%s needs %d classes, the model has %d", e.What, e.Needs, e.Has)
}

// AttackInfo describes an attack with its present options.
type AttackInfo struct {
	Doc    string // one line, for "arbench list"
	Source string // paper, section, equation
	Access Access // the least it needs
	Norms  []Norm // the norms it can bound

	// MinimumNorm says that it looks for the smallest change rather than for one within eps. Its
	// candidates are kept to the box but not projected into the ball, and judged at every eps.
	MinimumNorm bool

	// AnyEps says that the candidates of a minimum-norm attack are the same for every eps. It is then
	// asked once for all threats of a norm, with an eps of +Inf.
	AnyEps bool
}

// A Trial is one batch put to an attack. Fields may be added.
type Trial struct {
	Model *Oracle // answers what AttackInfo declared, and no more
	Batch         // the examples and their classes
	Threat
	Seed uint64

	// Crafted is what the attack's Craft returned, for a Crafted attack.
	Crafted Tensor

	// Others are the models that options of type ModelRef name, each an oracle with its own books.
	Others map[ModelRef]*Oracle
}

// Len returns the number of examples.
func (t Trial) Len() int { return t.Batch.Len() }

// Movable returns the rows whose eps is not 0, in order. The only candidate of any other row is its image, so
// that no pass about it is of use.
func (t Trial) Movable() []int {
	rows := make([]int, 0, t.Len())
	for i := range t.Len() {
		if t.At(i) > 0 {
			rows = append(rows, i)
		}
	}
	return rows
}

// Rand returns the generator for what purpose names, for row i of the trial and the given restart.
// It is keyed by the example's id, so what it draws does not depend on the batch.
func (t Trial) Rand(i int, purpose string, restart int) *rand.Rand {
	return KeyedRand(t.Seed, purpose, t.ID[i], restart)
}

// A ModelRef is an option that names another model of the suite, such as the source of a transfer
// attack. The plan replaces it, in the identity of results, by that model's id.
type ModelRef string

// Twin names the twin of the model under attack, in a suite without a model of that name.
const Twin ModelRef = "twin"

// A Staged attack is a cascade. The runner puts each stage to the examples that no stage before it
// broke, in batches that it refills, and stores each stage's outcome. Its Perturb is not called.
type Staged interface {
	Attack

	// Stages returns the stages in order, or an error if the model or the threat does not fit.
	Stages(m ModelInfo, t Threat) ([]Stage, error)
}

// A Stage is one attack of a cascade.
type Stage struct {
	Name   string
	Attack Attack
}

// A Crafted attack makes something once from training examples, such as a universal perturbation,
// that the runner stores and hands to every trial.
type Crafted interface {
	Attack

	// Craft returns the tensor that Trial.Crafted will hold.
	Craft(ctx context.Context, trials iter.Seq2[Trial, error]) (Tensor, error)
}
