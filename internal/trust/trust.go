// Package trust checks numbers: it says of each accuracy whether what is known beside it speaks against
// it. The checks are those of docs/trust.md, by row: of Carlini et al., On Evaluating Adversarial
// Robustness (arXiv:1902.06705), of the behaviours by which Athalye, Carlini & Wagner (Obfuscated
// Gradients Give a False Sense of Security, ICML 2018, section 3.1) know masked gradients, of the
// indicators of Pintor et al. (arXiv:2106.09947), and of the flags of AutoAttack (Croce & Hein, ICML 2020).
//
// Cheap checks look at outcomes that are stored anyway. Dear ones ask the model something more, on a
// subset of the examples: [Ask] says what, a plan makes cells of it, and what they answer comes back in a
// [Case]. A check speaks against a number only where the interval of its evidence passes its limit.
package trust

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
)

// Confidence is the level of the intervals of evidence, whatever that of a report's is.
const Confidence = 0.95

// A Case is one number, the accuracy of a model as it is or under an attack, with all that is known
// that may speak for it or against it. All outcomes are of one split.
type Case struct {
	Model   arbench.ModelResult
	Clean   *arbench.Outcome   // of the examples as they are; nil if there is none
	Attempt                    // whose number is judged; Attack is nil for that of images as they are
	Others  []Attempt          // all else that the suite puts to the model
	Asked   map[string]Attempt // answers to questions of dear checks, by the name of the check
	Probed  map[string]Answer  // answers of probes, by [Question.Check]
	Twin    *Case              // the same number of the twin; nil if there is none
	Asking  Level              // at which dear checks were asked

	// FactorBits is that of the backend that answers; see [arbench.BackendInfo].
	FactorBits int
}

// An Answer is that of a probe.
type Answer struct {
	Quantities []arbench.Quantity // empty if there is none
	Missing    string             // why there is none
}

// An Attempt is an attack within a threat, and what came of it.
type Attempt struct {
	Name    string         // in the suite
	Use     string         // in the registry
	Attack  arbench.Attack // nil for images as they are
	Threat  arbench.Threat
	Stages  []arbench.Stage  // of a cascade
	Foreign bool             // it takes another model's gradients
	Outcome *arbench.Outcome // nil if there is none
	Missing string           // why there is none
}

// Judge returns what each check finds about the number of c.
func Judge(c *Case) []arbench.Finding {
	var out []arbench.Finding
	for _, k := range checks {
		switch {
		case k.find == nil || c.Attack == nil && !k.clean:
		case c.Clean == nil:
			out = append(out, k.skipped("there are no answers to the images as they are")...)
		case c.Attack != nil && c.Outcome == nil:
			out = append(out, k.skipped(c.Missing)...)
		default:
			out = append(out, k.find(k, c)...)
		}
	}
	return out
}

// A set says of examples, by id, whether something holds.
type set map[int]bool

// left returns of each example of an attempt on the model of c whether the model gets it right all the
// same; nil if there is no outcome of it, or none of the images as they are.
func (c *Case) left(a Attempt) set {
	if a.Outcome == nil || c.Clean == nil || a.Outcome.Split != c.Clean.Split {
		return nil
	}
	clean := measure.Same(c.Clean, a.Outcome)
	if clean.Len() != a.Outcome.Len() {
		return nil
	}
	if a.Attack == nil {
		return c.right(a.Outcome)
	}
	out := make(set, clean.Len())
	for i, ok := range measure.Robust(clean, a.Outcome, a.Threat) {
		out[clean.ID[i]] = ok
	}
	return out
}

// right returns of each example of o whether the model gives it its class.
func (*Case) right(o *arbench.Outcome) set {
	out := make(set, o.Len())
	for i, id := range o.ID {
		out[id] = o.Correct(i)
	}
	return out
}

// A tally counts the examples that two sets have in common, by what holds for them in each.
type tally struct{ both, first, second, neither int }

func compare(a, b set) tally {
	var t tally
	for id, p := range a {
		q, ok := b[id]
		switch {
		case !ok:
		case p && q:
			t.both++
		case p:
			t.first++
		case q:
			t.second++
		default:
			t.neither++
		}
	}
	return t
}

func (t tally) n() int { return t.both + t.first + t.second + t.neither }

// difference returns, in points, by how much more often the first holds than the second.
func (t tally) difference() arbench.Quantity {
	n := t.n()
	q := arbench.Quantity{Unit: "points", N: n}
	if n > 0 {
		q.Value = 100 * float64(t.first-t.second) / float64(n)
		q.Lo, q.Hi = measure.PairedDifference(t.both, t.first, t.second, t.neither, Confidence)
		q.Lo, q.Hi = 100*q.Lo, 100*q.Hi
	}
	return q
}

// share returns k of n in %; its N is n.
func share(k, n int) arbench.Quantity {
	q := arbench.Quantity{Unit: "%", N: n}
	if n > 0 {
		q.Value = 100 * float64(k) / float64(n)
		q.Lo, q.Hi = measure.Wilson(k, n, Confidence)
		q.Lo, q.Hi = 100*q.Lo, 100*q.Hi
	}
	return q
}
