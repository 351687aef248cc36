package arbench

import (
	"fmt"
	"slices"
)

// A Trust says how far a number can be relied on.
type Trust string

// The verdicts on numbers, from the best to the worst. The empty one is that of a number that no check
// was made of.
const (
	Trusted Trust = "trusted" // no check that was made speaks against it
	Suspect Trust = "suspect" // something speaks against it: quote it with that beside it
	Invalid Trust = "invalid" // it is not what it is called: do not quote it
)

// Worse returns that of t and o which relies less on the number.
func (t Trust) Worse(o Trust) Trust {
	order := []Trust{"", Trusted, Suspect, Invalid}
	if slices.Index(order, o) > slices.Index(order, t) {
		return o
	}
	return t
}

// A Finding is what one check of a number found. A check that does not judge, or that could not be
// made, has no Trust.
type Finding struct {
	Row   int    // of the list of checks in docs/trust.md, from 1
	Check string // its name

	// Trust is what the finding makes of the number: Trusted if it does not speak against it, empty
	// for a note and for a check that was not made.
	Trust Trust

	Compared string   // what was compared with what; empty for a check that was not made
	Evidence Quantity // what came out, with its interval and n; N is 0 for a check that was not made
	Limit    float64  // that the lower end of the evidence's interval passes where it speaks against the number

	Note string // what a reader should know, or why the check was not made; may be empty
}

// String says in a line what came out of a check that was made.
func (f Finding) String() string {
	q := f.Evidence
	return fmt.Sprintf("%s: %.4g %s [%.4g, %.4g], limit %.4g: %s", f.Check, q.Value, q.Unit, q.Lo, q.Hi, f.Limit, f.Compared)
}

// Trust returns the worst that the findings on a result make of its numbers; it is empty if none judges.
func (r Result) Trust() Trust {
	var t Trust
	for _, f := range r.Findings {
		t = t.Worse(f.Trust)
	}
	return t
}
