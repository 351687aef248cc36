package trust

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// candidates finds whether what broke examples lies within the threat. What a minimum-norm attack finds
// outside counts as nothing, whoever counts.
func candidates(k check, c *Case) []arbench.Finding {
	if c.Threat.Family != nil {
		return k.skipped("the threat is a family of changes, not a ball")
	}
	broken, outside := 0, 0
	for i := range c.Outcome.ID {
		d := c.Outcome.Distance[i]
		if c.Outcome.Correct(i) || c.minimumNorm() && !arbench.Within(d, c.Threat.Eps) {
			continue
		}
		broken++
		if math.IsNaN(d) || !arbench.Within(d, c.Threat.Eps) {
			outside++
		}
	}
	if broken == 0 {
		return k.skipped("the attack broke nothing")
	}
	return k.judged(share(outside, broken), "of %d candidates that are misclassified, those outside %s", broken, c.Threat)
}

func (c *Case) minimumNorm() bool { return c.Attack.Info().MinimumNorm }

// silent finds examples that the attack had broken on its way and that count as right. What an attack that
// looks for the smallest change passes on its way may lie outside the threat.
func silent(k check, c *Case) []arbench.Finding {
	if c.minimumNorm() && c.Stages == nil {
		return k.skipped("the attack passes through what lies outside, and keeps the smallest change that it finds")
	}
	if c.averages() {
		return k.skipped("the attack averages over passes, of which one on the way says little")
	}
	right, lost := c.left(c.Attempt), 0
	for i, first := range c.Outcome.First {
		if first > 0 && right[c.Outcome.ID[i]] {
			lost++
		}
	}
	return k.judged(share(lost, len(right)), "examples of %d that were misclassified on the way and count as right", len(right))
}

// probabilities finds logits that are probabilities: all in [0, 1], each row of sum 1, of a model whose
// rows are not all alike.
func probabilities(k check, c *Case) []arbench.Finding {
	n, like := c.Clean.Len(), 0
	for i := range n {
		row, sum := c.Clean.Logits.Row(i), 0.0
		for _, z := range row {
			sum += float64(z)
		}
		if slices.Min(row) >= 0 && slices.Max(row) <= 1 && math.Abs(sum-1) <= 1e-5*float64(len(row)) {
			like++
		}
	}
	k.limit = 50 // one row may be so by chance
	return k.judged(share(like, n), "answers of %d that are from 0 to 1 and have the sum 1", n)
}

// collapse finds a model that gives nearly every example one class, or that errs nearly as often as the best
// constant answer: both by nine tenths of the way from what examples and answers would give.
func collapse(k check, c *Case) []arbench.Finding {
	n, best := c.Clean.Len(), guess(c.Clean)
	if best == 100 {
		return k.skipped("all examples are of one class")
	}
	k.limit = best + 0.9*(100-best)
	alike := k.judged(share(alike(c.Clean), n), "answers of %d that are the most frequent one", n)
	if alike[0].Trust == arbench.Invalid {
		return alike
	}
	k.limit = 0.9 * (100 - best)
	return k.judged(share(n-count(c.right(c.Clean)), n),
		"errors on %d examples, with nine tenths of those of the best constant answer as limit", n)
}

// alike returns how many answers of o are the most frequent one.
func alike(o *arbench.Outcome) int {
	n, most := map[int]int{}, 0
	for i := range o.Len() {
		k := arbench.Argmax(o.Logits.Row(i))
		n[k]++
		most = max(most, n[k])
	}
	return most
}

// examples notes a number of few examples.
func examples(k check, c *Case) []arbench.Finding {
	const indicative = 1000
	n := c.Clean.Len()
	if c.Attack != nil {
		n = c.Outcome.Len()
	}
	if n == 0 {
		return k.skipped("there are no examples")
	}
	f := arbench.Finding{Row: k.row, Check: k.name, Compared: "examples that the number rests on",
		Evidence: arbench.Quantity{Value: float64(n), Lo: float64(n), Hi: float64(n), N: n}, Limit: indicative}
	if n < indicative {
		f.Note = fmt.Sprintf("indicative: %d examples, less than %d", n, indicative)
	}
	return []arbench.Finding{f}
}

// kinds notes which kinds of attacks the suite lacks within the threat.
func kinds(k check, c *Case) []arbench.Finding {
	has := map[string]bool{}
	tried := c.Outcome.Len()
	for _, o := range append(c.rivals(), c.Attempt) {
		switch {
		case o.Outcome == nil || o.Attack == nil:
		case o.Stages != nil:
			for _, s := range o.Stages {
				has[kindOf(s.Attack)] = true
			}
		default:
			has[kindOf(o.Attack)] = true
		}
	}
	var lacks []string
	for _, kind := range []string{"gradients", "scores", "labels"} {
		if !has[kind] {
			lacks = append(lacks, kind)
		}
	}
	q := arbench.Quantity{Value: float64(len(lacks)), Lo: float64(len(lacks)), Hi: float64(len(lacks)), N: tried}
	f := arbench.Finding{Row: k.row, Check: k.name, Compared: "of attacks by gradients, scores and labels, kinds that are missing", Evidence: q}
	if len(lacks) > 0 {
		f.Note = "no attack within the threat that takes only " + strings.Join(lacks, ", nor one that takes only ")
	}
	return []arbench.Finding{f}
}

func kindOf(a arbench.Attack) string {
	if access := a.Info().Access; access < arbench.Gradients {
		return access.String()
	}
	return arbench.Gradients.String()
}

// oneNorm notes that only one norm was tried.
func oneNorm(k check, c *Case) []arbench.Finding {
	norms := []arbench.Norm{c.Threat.Norm}
	for _, o := range c.Others {
		if o.Attack != nil && !slices.Contains(norms, o.Threat.Norm) {
			norms = append(norms, o.Threat.Norm)
		}
	}
	n := float64(len(norms))
	f := arbench.Finding{Row: k.row, Check: k.name, Compared: "norms that the model was attacked in", Limit: 1,
		Evidence: arbench.Quantity{Value: n, Lo: n, Hi: n, N: c.Outcome.Len()}}
	if n == 1 {
		f.Note = fmt.Sprintf("about %s only", c.Threat.Norm)
	}
	return []arbench.Finding{f}
}
