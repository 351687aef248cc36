package table

import (
	"fmt"
	"strings"

	"github.com/arbench/arbench"
)

// checks is the section on what speaks against the numbers, as far as the numbers themselves show it.
func (b *builder) checks() Section {
	rows := [][]Text{
		b.measured(),
		b.compared("Accuracy under an attack does not rise with eps", "the suite has one eps", b.rises),
		b.compared("More gradients leave no more accuracy", "no two attacks spend different numbers of gradients", b.weaker),
		b.compared("Without gradients an attack leaves no less", "every attack takes gradients, or none does", b.masked),
		b.distrusted(),
	}
	if len(b.r.Cells) == 0 {
		return Section{}
	}
	return Section{
		Title: "Checks",
		Text: "Two accuracies of one training count as different where their intervals do not meet. If one of the " +
			"comparisons of attacks does not hold, an attack is too weak or gradients are masked, and the accuracy " +
			"under attack is not to be quoted; a single step that is longer than the net is smooth also leaves " +
			"more at a greater eps. That all hold proves nothing.",
		Parts: []Part{tabulate("", columns("check", "verdict", "found"), rows)},
	}
}

// measured is the check that every question has an answer.
func (b *builder) measured() []Text {
	const check = "All that the suite asks was measured"
	if s := b.r.Unmeasured(); s != "" {
		return []Text{plain(check), plain("does not hold"), plain(s)}
	}
	return []Text{plain(check), plain("holds"),
		plain(fmt.Sprintf("%s, %s", count(len(b.r.Models), "training"), count(len(b.r.Cells), "cell")))}
}

// distrusted is the check that no number has a footnote. It is the last to be asked.
func (b *builder) distrusted() []Text {
	const check = "No number has a reason to distrust it"
	if n := len(b.report.Footnote); n > 0 {
		return []Text{plain(check), plain("does not hold"), plain(count(n, "reason") + ", in the footnotes")}
	}
	return []Text{plain(check), plain("holds"), plain("–")}
}

// maxFound is the greatest number of findings that a check lists.
const maxFound = 3

// compared is a check that makes comparisons and finds what speaks against it. Without comparisons it
// was not tried, for the reason given.
func (b *builder) compared(check, untried string, compare func() (comparisons int, found []string)) []Text {
	n, found := compare()
	switch {
	case n == 0:
		return []Text{plain(check), plain("not tried"), plain(untried)}
	case len(found) == 0:
		return []Text{plain(check), plain("holds"), plain(count(n, "comparison"))}
	}
	s := fmt.Sprintf("%d of %s: ", len(found), count(n, "comparison")) + strings.Join(found[:min(len(found), maxFound)], "; ")
	if more := len(found) - maxFound; more > 0 {
		s += fmt.Sprintf("; and %d more", more)
	}
	return []Text{plain(check), plain("does not hold"), plain(s)}
}

// pairUp compares what two topics left of each training that has both. Above says that the first is
// clearly above the second.
func (x *index) pairUp(a, b topic, visit func(name string, seed uint64, p, q Number, above bool)) {
	for _, name := range x.names() {
		for _, s := range x.samples(name, a) {
			q, ok := x.answers[key{topic: b, model: name, seed: s.seed}]
			if ok && finite(s.q.Value) && finite(q.Value) {
				p, q := pool([]sample{s}, x.level), pool([]sample{{s.seed, q}}, x.level)
				visit(name, s.seed, p, q, p.Lo > q.Hi)
			}
		}
	}
}

// rises compares each eps with the next smaller one, where the answers are two: accuracy read from one
// answer cannot rise.
func (b *builder) rises() (comparisons int, found []string) {
	for _, r := range b.rays() {
		for i := 1; i < len(r.at); i++ {
			less, more := r.at[i-1], r.at[i]
			if b.oneAnswer(less, more) {
				continue
			}
			b.pairUp(more, less, func(name string, seed uint64, p, q Number, above bool) {
				if comparisons++; above {
					found = append(found, fmt.Sprintf("%s leaves %s (seed %d) %s at %s and %s at %s", r.attack, name, seed,
						q.value(), b.threat(less.threat), p.value(), b.threat(more.threat)))
				}
			})
		}
	}
	return comparisons, found
}

// gradients returns how many backward passes an attack spent on an example, over all models.
func (x *index) gradients(t topic) float64 {
	backward, examples := 0, 0
	for _, c := range x.r.Cells {
		if c.Cell.Kind != arbench.AttackCell || c.Cell.Attack != t.attack || c.Cell.Threat != t.threat || c.Cell.Split != t.split {
			continue
		}
		backward += c.Passes.Backward
		for _, q := range c.Quantities {
			if q.Name == accuracy {
				examples += q.N
			}
		}
	}
	if examples == 0 {
		return 0
	}
	return float64(backward) / float64(examples)
}

// rivals visits the pairs of attacks within one threat.
func (b *builder) rivals(visit func(a, other topic)) {
	topics := b.under(arbench.Test)
	for _, a := range topics {
		for _, other := range topics {
			if a.threat == other.threat && a != other {
				visit(a, other)
			}
		}
	}
}

// weaker compares attacks with others that spend at most half as many gradients, but some.
func (b *builder) weaker() (comparisons int, found []string) {
	b.rivals(func(strong, weak topic) {
		if g := b.gradients(weak); g > 0 && 2*g <= b.gradients(strong) {
			n, f := b.outdone(strong, weak)
			comparisons, found = comparisons+n, append(found, f...)
		}
	})
	return comparisons, found
}

// masked compares attacks with others that spend no gradients at all.
func (b *builder) masked() (comparisons int, found []string) {
	b.rivals(func(white, black topic) {
		if b.gradients(black) == 0 && b.gradients(white) > 0 {
			n, f := b.outdone(white, black)
			comparisons, found = comparisons+n, append(found, f...)
		}
	})
	return comparisons, found
}

// outdone compares an attack that should leave less with one that should not.
func (b *builder) outdone(strong, weak topic) (comparisons int, found []string) {
	b.pairUp(strong, weak, func(name string, seed uint64, p, q Number, above bool) {
		if comparisons++; above {
			found = append(found, fmt.Sprintf("%s leaves %s (seed %d) %s at %s, %s leaves %s", strong.attack, name, seed,
				p.value(), b.threat(strong.threat), weak.attack, q.value()))
		}
	})
	return comparisons, found
}
