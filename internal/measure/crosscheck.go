package measure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// What two backends may make of the same weights: more than either is a disagreement. Three of 1,000 flags
// are what rounding turns under PGD; logits of sound backends are nearer than two in 100,000 of their range.
const (
	flagTolerance  = 0.003
	logitTolerance = 2e-5
)

// CrossCheck compares what two models, which differ in nothing but their backend, answer to one question:
// clean outcomes of one split, or those of one attack. It fills in all that does not name the question;
// false if there is no question that both were asked about the same examples.
//
// With the same weights a share of flags above 0.3 %, and above a single one, is beyond tolerance, and so is a logit of a clean
// image that differs by more than 2e-5 of the range of the logits. Trainings by two backends end with
// other weights: they disagree where the paired interval of the difference of accuracies (Newcombe 1998,
// method 10) excludes 0.
func CrossCheck(first, second arbench.Record, split arbench.Split, sameWeights bool) (arbench.CrossCheck, bool) {
	a, okA := answersOf(first, split)
	b, okB := answersOf(second, split)
	if !okA || !okB || (first.Attacked == nil) != (second.Attacked == nil) || !slices.Equal(a.ids, b.ids) {
		return arbench.CrossCheck{}, false
	}
	n := len(a.ids)
	out := arbench.CrossCheck{SameWeights: sameWeights, N: n}
	for i := range n {
		if arbench.Argmax(a.logits(i)) != arbench.Argmax(b.logits(i)) {
			out.Classes++
		}
	}
	t := compare(n, b.right, a.right)
	out.Flags = t.first + t.second
	out.Accuracy, out.OtherAccuracy = percent(t.both+t.second, n), percent(t.both+t.first, n)
	d := pairedDifference(t, second.Level)
	out.Difference = arbench.Quantity{
		Name: "difference", Split: split, Unit: "points", N: n,
		Value: 100 * float64(t.first-t.second) / float64(n), Lo: 100 * d.lo, Hi: 100 * d.hi,
	}
	if sameWeights && first.Attacked == nil {
		out.Logits = logitChange(a, b)
	}
	out.Beyond = disagreement(out)
	return out, true
}

// answered is what a model answered about each example.
type answered struct {
	ids    []int
	logits func(i int) []float32
	right  func(i int) bool
}

func answersOf(r arbench.Record, split arbench.Split) (answered, bool) {
	if r.Attacked != nil {
		d, ok := underAttack(r)
		if !ok || d.split != split {
			return answered{}, false
		}
		return answered{d.attacked.ID, d.logits, d.robust}, true
	}
	for _, p := range clean(r) {
		if p.Outcome.Split == split {
			return answered{p.ID, p.Logits.Row, p.Correct}, true
		}
	}
	return answered{}, false
}

// percent returns k of n in %.
func percent(k, n int) float64 { return 100 * float64(k) / float64(n) }

func logitChange(a, b answered) arbench.LogitChange {
	var out arbench.LogitChange
	least, greatest := math.Inf(1), math.Inf(-1)
	for i := range a.ids {
		other := b.logits(i)
		for k, v := range a.logits(i) {
			x, y := float64(v), float64(other[k])
			least, greatest = min(least, x, y), max(greatest, x, y)
			out.Greatest = max(out.Greatest, math.Abs(x-y)) // NaN stays
			out.N++
		}
	}
	out.Range = greatest - least
	return out
}

// disagreement says in which respects c is beyond tolerance.
func disagreement(c arbench.CrossCheck) string {
	if !c.SameWeights {
		if d := c.Difference; d.Lo > 0 || d.Hi < 0 {
			return "the interval of the difference excludes 0"
		}
		return ""
	}
	var out []string
	if c.Flags > 1 && float64(c.Flags) > flagTolerance*float64(c.N) {
		out = append(out, fmt.Sprintf("%.2g %% of the flags differ, tolerance is %g %%", percent(c.Flags, c.N), 100*flagTolerance))
	}
	switch r := c.Logits.Relative(); {
	case math.IsNaN(r):
		out = append(out, "a logit is not finite")
	case r > logitTolerance:
		out = append(out, fmt.Sprintf("a logit differs by %.2g of the range, tolerance is %g", r, logitTolerance))
	}
	return strings.Join(out, "; ")
}
