package arbench

import (
	"cmp"
	"fmt"
	"strconv"
)

// A Gate is a condition on one number of each model that it names: the number's interval has to lie
// above Min and below Max. It is judged on the mean over training seeds with its interval, as
// reports show it.
type Gate struct {
	Name string `toml:"-"` // in the suite

	// Patterns for names in the suite. Without attack and probe the number is one of clean examples.
	Model  string `toml:"model"`
	Attack string `toml:"attack"`
	Threat string `toml:"threat"` // of an attack; empty means every threat
	Probe  string `toml:"probe"`

	Quantity string `toml:"quantity"` // such as "accuracy", or "cost" and "gain" against the twin
	Detail   string `toml:"detail"`   // which of several, such as a layer; empty if there is one
	Split    Split  `toml:"split"`    // of the examples it rests on, if it rests on any

	// Bound is which number of the interval is judged: "lower" (its lower end), "value" or "upper".
	// Empty means the end that is harder to pass with: the lower one for Min, the upper one for Max.
	Bound string `toml:"bound"`

	Min *float64 `toml:"min"` // in the quantity's unit; nil is no condition
	Max *float64 `toml:"max"`
}

// A Verdict says what became of a gate.
type Verdict string

// The verdicts.
const (
	GatePassed     Verdict = "passed"
	GateFailed     Verdict = "failed"
	GateUnmeasured Verdict = "unmeasured" // the number is missing, undefined or invalid
	GateSkipped    Verdict = "skipped"    // --only left out what it is about
)

// A GateResult is what became of a gate for one of the models, attacks and threats that it names.
type GateResult struct {
	Gate    Gate
	Cell    Cell // that the number is of, whatever the training seed; zero if skipped
	Verdict Verdict

	Value, Lo, Hi float64 // of the number, all 0 unless it passed or failed
	Unit          string
	N             int   // least number of examples that a training's number rests on
	Seeds         int   // trainings that the number is the mean of
	Trust         Trust // the verdict on the number; that on an invalid one is GateUnmeasured

	Reason string // a sentence: the number beside what was wanted, or why there is none
}

// Want says in words what the gate asks of its number.
func (g Gate) Want() string {
	end := func(otherwise string) string {
		if g.Bound == "value" {
			return ""
		}
		return cmp.Or(g.Bound, otherwise) + " end "
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch {
	case g.Min != nil && g.Max != nil:
		return fmt.Sprintf("%sat least %s and %sat most %s",
			end("lower"), number(*g.Min), end("upper"), number(*g.Max))
	case g.Min != nil:
		return end("lower") + "at least " + number(*g.Min)
	case g.Max != nil:
		return end("upper") + "at most " + number(*g.Max)
	}
	return "nothing"
}

// Holds reports whether a number with the given interval passes the gate. An undefined one does not.
func (g Gate) Holds(value, lo, hi float64) bool {
	judged := func(otherwise float64) float64 {
		switch g.Bound {
		case "lower":
			return lo
		case "value":
			return value
		case "upper":
			return hi
		}
		return otherwise
	}
	return (g.Min == nil || judged(lo) >= *g.Min) && (g.Max == nil || judged(hi) <= *g.Max)
}

// About says in words which number the result is of.
func (r GateResult) About() string {
	s := r.Gate.Quantity
	if r.Gate.Detail != "" {
		s += " (" + r.Gate.Detail + ")"
	}
	if r.Cell.Split == Train {
		s = string(Train) + " " + s
	}
	switch r.Cell.Kind {
	case AttackCell:
		s += fmt.Sprintf(" under %s at %s", r.Cell.Attack, r.Cell.Threat)
	case ProbeCell:
		s += " by " + r.Cell.Probe
	case CleanCell:
		s = "clean " + s
	default:
		return s + " of " + r.Gate.Model
	}
	return s + " of " + r.Cell.Model
}
