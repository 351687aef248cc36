package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// cross is the section on where two backends disagree.
func (b *builder) cross() Section {
	if len(b.r.CrossChecks) == 0 {
		return Section{}
	}
	return Section{
		Title: "Cross-check of backends",
		Text: "Models that differ in nothing but the backend, over the same examples, one training seed at a time. " +
			"The same weights differ by rounding alone: beyond tolerance are more than 0.3 % of flags and more than one (examples " +
			"that one of the two gets right), and a logit that differs by more than 2e-5 of the range of all. " +
			"Under attack each has its own images, and logits are not compared. Of weights that each backend " +
			"trained, where rounding grows, beyond tolerance is a difference of accuracies whose paired " +
			b.percent() + " interval excludes 0; that may happen by chance.",
		Parts: []Part{b.crossed(), b.backendTable()},
	}
}

// crossed is the table of all comparisons, those beyond tolerance first.
func (b *builder) crossed() Part {
	var rows [][]Text
	checks := slices.Clone(b.r.CrossChecks)
	slices.SortStableFunc(checks, func(c, d arbench.CrossCheck) int { // what is beyond tolerance first
		return cmp.Compare(min(len(d.Beyond), 1), min(len(c.Beyond), 1))
	})
	for _, c := range checks {
		weights, logits, verdict := "retrained", "–", "within"
		if c.SameWeights {
			weights = "the same"
		}
		if l := c.Logits; l.N > 0 {
			logits = fmt.Sprintf("%.2g (%.2g of the range)", l.Greatest, l.Relative())
		}
		if c.Beyond != "" {
			verdict = "beyond: " + c.Beyond
			if c.Precision != "" {
				verdict += "; their precision differs: " + c.Precision
			}
		}
		d := pool([]sample{{c.Cell.Seed, c.Difference}}, b.level)
		rows = append(rows, []Text{
			plain(c.Cell.Model), plain(c.Other), plain(fmt.Sprint(c.Cell.Seed)), plain(weights), plain(b.question(c.Cell)),
			plain(format(c.Accuracy, 1) + " %"), plain(format(c.OtherAccuracy, 1) + " %"), plain(d.plain()),
			plain(ofAll(c.Flags, c.N)), plain(ofAll(c.Classes, c.N)), plain(logits), plain(verdict),
		})
	}
	return tabulate("", columns("model", "beside", "#seed", "weights", "question", "#accuracy", "#of the other", "#difference",
		"#flags differ", "#classes differ", "#greatest difference of logits", "tolerance"), rows)
}

func ofAll(k, n int) string { return fmt.Sprintf("%d of %d", k, n) }

// question says what a cell asks, apart from the model.
func (x *index) question(c arbench.Cell) string {
	s := "clean"
	if c.Kind == arbench.AttackCell {
		s = c.Attack + " at " + x.threat(c.Threat)
	}
	return s + ", " + string(c.Split)
}

// backendTable says of the models that are compared which backends they are of.
func (b *builder) backendTable() Part {
	compared := map[string]bool{}
	for _, c := range b.r.CrossChecks {
		compared[c.Cell.Model], compared[c.Other] = true, true
	}
	var rows [][]Text
	for _, name := range b.names() {
		if !compared[name] {
			continue
		}
		m := b.models[name][0]
		trained, evaluated := m.Backend, m.Backend
		if m.Given {
			trained = "given"
		}
		if m.Evaluator != "" {
			evaluated = m.Evaluator
		}
		rows = append(rows, []Text{plain(name), plain(dash(trained)), plain(dash(evaluated))})
	}
	return tabulate("Which backend each of them is of", columns("model", "trained by", "evaluated by"), rows)
}

// crossNote says of how many comparisons the answers differ beyond tolerance.
func (b *builder) crossNote() []string {
	var beyond []string
	for _, c := range b.r.CrossChecks {
		pair := c.Cell.Model + " and " + c.Other
		if c.Precision != "" {
			pair += " (whose precision differs)"
		}
		if c.Beyond != "" && !slices.Contains(beyond, pair) {
			beyond = append(beyond, pair)
		}
	}
	if len(beyond) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Two backends disagree beyond tolerance, see Cross-check of backends: %s.",
		strings.Join(beyond, "; "))}
}

// Backends returns the backends that trained or evaluated the models of r, with their arithmetic, or that
// of the suite where no model names one.
func Backends(r *arbench.Results) []string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, m := range r.Models {
		add(m.Backend)
		add(m.Evaluator)
	}
	if len(out) == 0 {
		add(strings.TrimSpace(r.Backend + " " + r.Numeric))
	}
	return out
}
