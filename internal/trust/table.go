package trust

import (
	"fmt"

	"github.com/arbench/arbench"
)

// A Level says which dear checks are asked. Cheap ones always are.
type Level string

// The levels.
const (
	Off   Level = "off"   // none
	Quick Level = "quick" // most of them, of 100 examples
	Full  Level = "full"  // all, with more passes, of 500 examples
)

// Levels lists the levels, from the cheapest.
var Levels = []Level{Off, Quick, Full}

// has reports whether l asks what least asks.
func (l Level) has(least Level) bool {
	return least == Off || l == Full || l == least
}

// A Kind says what a check does to a number that it speaks against.
type Kind string

// The kinds of checks.
const (
	Fails Kind = "invalid"   // makes it invalid
	Warns Kind = "suspect"   // makes it suspect
	Notes Kind = "note"      // says so, and does not judge
	Built Kind = "built in"  // holds of every number: the program sees to it
	Other Kind = "elsewhere" // another command or another row sees to it
)

// A check is a row of the list of checks, or one of the rules of a row.
type check struct {
	row   int
	name  string
	kind  Kind
	cost  Level   // the least level at which it is made
	limit float64 // that the lower end of the evidence's interval must pass, in its unit
	rule  string  // in words, for lists
	clean bool    // it judges the accuracy of images as they are too

	// find returns what speaks for or against a number; nil where the program as a whole sees to it.
	find func(k check, c *Case) []arbench.Finding
}

// checks is the list, row by row. Limits in % and points are of the lower end of a 95 % interval.
var checks = []check{
	{row: 1, name: "threat model", kind: Built, rule: "a suite without norm, eps or attack is refused"},
	{row: 2, name: "clean accuracy", kind: Other, rule: "arbench check compares with what is expected"},
	{row: 3, name: "eps 0", kind: Fails, cost: Quick, find: epsZero,
		rule: "an attack within eps 0 leaves the accuracy as it is, exactly"},
	{row: 4, name: "candidates", kind: Fails, cost: Off, find: candidates,
		rule: "every candidate that broke an example lies within eps; arbench verify looks at them again"},
	{row: 5, name: "single step", kind: Fails, cost: Quick, limit: 1, find: singleStep,
		rule: "one step of the gradient does not leave less than many"},
	{row: 6, name: "more steps", kind: Warns, cost: Quick, limit: 2, find: moreSteps,
		rule: "twice the steps leave about as much"},
	{row: 6, name: "steps that harm", kind: Fails, cost: Quick, limit: 1, find: harmfulSteps,
		rule: "twice the steps do not leave more"},
	{row: 7, name: "more restarts", kind: Notes, cost: Full, limit: 1, find: moreRestarts,
		rule: "twice the restarts leave about as much"},
	{row: 8, name: "rising with eps", kind: Fails, cost: Off, limit: 1, find: rising,
		rule: "a greater eps does not leave more; of a single step this makes the number suspect"},
	{row: 9, name: "large eps", kind: Fails, cost: Quick, limit: 0, find: largeEps,
		rule: "within an eps that reaches grey the attack leaves no more than a guess"},
	{row: 10, name: "black box", kind: Warns, cost: Quick, limit: 1, find: blackBox,
		rule: "without the model's gradients nothing breaks what gradients left"},
	{row: 10, name: "black-box stage", kind: Warns, cost: Off, limit: 10, find: blackStage,
		rule: "a stage of a cascade without gradients breaks little of what those with gradients left"},
	{row: 11, name: "random noise", kind: Fails, cost: Quick, limit: 1, find: noise,
		rule: "random points break nothing that the attack left"},
	{row: 11, name: "noise alone", kind: Warns, cost: Off, find: onlyNoise,
		rule: "random points do not stand alone within the threat"},
	{row: 12, name: "zero gradients", kind: Warns, cost: Quick, limit: 1, find: zeroGradients,
		rule: "the derivative of the loss in the image is not 0"},
	{row: 12, name: "mostly zero gradients", kind: Fails, cost: Quick, limit: 5, find: zeroGradients,
		rule: "the derivative of the loss in the image is not 0 for more than a few"},
	{row: 13, name: "finite differences", kind: Fails, cost: Quick, limit: 10, find: differences,
		rule: "the derivative agrees with finite differences in random directions"},
	{row: 14, name: "loss surface", kind: Warns, cost: Quick, limit: 0.5, find: surface,
		rule: "the margin moves little in random directions of half the eps"},
	{row: 15, name: "silent success", kind: Fails, cost: Off, limit: 1, find: silent,
		rule: "no example that was misclassified on the way counts as right"},
	{row: 16, name: "converged loss", kind: Warns, cost: Quick, limit: 50, find: converged,
		rule: "the loss of most of what the attack leaves has come to its top where the steps end"},
	{row: 17, name: "transfer", kind: Warns, cost: Off, find: foreign,
		rule: "an attack by another model's gradients does not stand alone within the threat"},
	{row: 18, name: "repeated passes", kind: Fails, cost: Quick, limit: 0, clean: true, find: repeated,
		rule: "five passes of one image agree, unless the attack averages over passes"},
	{row: 19, name: "probabilities", kind: Fails, cost: Off, find: probabilities,
		rule: "the model answers logits, not probabilities"},
	{row: 20, name: "work at test time", kind: Built, rule: "a net is a fixed function; row 18 finds what is not"},
	{row: 21, name: "classes of losses", kind: Built, rule: "an attack whose loss wants more classes is an error"},
	{row: 22, name: "worst case", kind: Built, rule: "a cascade takes the worst of each example, not the least mean"},
	{row: 23, name: "kinds of attacks", kind: Notes, cost: Off, find: kinds,
		rule: "attacks with and without gradients are put to the model"},
	{row: 24, name: "undefended twin", kind: Fails, cost: Quick, limit: 5, find: twin,
		rule: "within an eps that reaches grey the attack breaks the twin"},
	{row: 25, name: "options", kind: Built, rule: "the report lists every option of every attack"},
	{row: 26, name: "examples", kind: Notes, cost: Off, limit: 0, clean: true, find: examples,
		rule: "a number of less than 1000 examples is indicative"},
	{row: 27, name: "batches", kind: Fails, cost: Quick, limit: 0, clean: true, find: batches,
		rule: "an image alone gets the answer that it gets in a batch"},
	{row: 28, name: "grey levels", kind: Other, rule: "arbench verify says which candidates survive 8 bits"},
	{row: 29, name: "gap to the strongest", kind: Notes, cost: Off, limit: 10, find: gap,
		rule: "no other attack within the threat leaves much less"},
	{row: 30, name: "one norm", kind: Notes, cost: Off, find: oneNorm,
		rule: "the number is about one norm; general claims need others, and corruptions"},
	{row: 31, name: "collapse", kind: Fails, cost: Off, clean: true, find: collapse,
		rule: "the model is better than a guess; trainings that are not are errors"},
	{row: 32, name: "catastrophic overfitting", kind: Fails, cost: Quick, limit: 20, find: overfitting,
		rule: "many steps do not break what a single one leaves; of a model not trained against eps it is suspect"},
	{row: 33, name: "selection", kind: Built, rule: "the best checkpoint is that on held-out training examples"},
}

// A Check describes a row of the list, for lists of checks.
type Check struct {
	Row  int
	Name string
	Kind Kind
	Cost Level // the least level at which it is made
	Rule string

	// Limit is what the lower end of the interval of the evidence passes where the check speaks against a
	// number: in % or points, of "loss surface" a share. Some checks take it from the examples.
	Limit float64
}

// Checks returns the list of checks.
func Checks() []Check {
	out := make([]Check, len(checks))
	for i, k := range checks {
		out[i] = Check{k.row, k.name, k.kind, k.cost, k.rule, k.limit}
	}
	return out
}

// judged returns the finding of evidence: its verdict is that of the check's kind if the lower end of the
// interval passes the limit.
func (k check) judged(q arbench.Quantity, format string, args ...any) []arbench.Finding {
	return k.found(q, q.Lo > k.limit, format, args...)
}

// found is judged where the caller knows whether the evidence speaks against the number.
func (k check) found(q arbench.Quantity, against bool, format string, args ...any) []arbench.Finding {
	if q.N == 0 {
		return k.skipped("there are no examples to compare")
	}
	f := arbench.Finding{
		Row: k.row, Check: k.name, Compared: fmt.Sprintf(format, args...), Evidence: q, Limit: k.limit,
	}
	switch {
	case k.kind == Notes && against:
		f.Note = "does not hold: " + k.rule
	case k.kind == Notes:
	case !against:
		f.Trust = arbench.Trusted
	case k.kind == Warns:
		f.Trust = arbench.Suspect
	default:
		f.Trust = arbench.Invalid
	}
	return []arbench.Finding{f}
}

// skipped returns the finding of a check that was not made.
func (k check) skipped(why string) []arbench.Finding {
	return []arbench.Finding{{Row: k.row, Check: k.name, Limit: k.limit, Note: why}}
}

// unasked is the finding of a check whose question has no answer.
func (k check) unasked(c *Case, a Attempt) []arbench.Finding {
	switch {
	case a.Missing != "":
		return k.skipped(a.Missing)
	case !c.Asking.has(k.cost):
		return k.skipped(fmt.Sprintf("not asked at trust level %q", c.Asking))
	}
	return k.skipped("it does not apply to this attack")
}
