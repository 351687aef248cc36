package plan

import (
	"fmt"
	"io"
	"reflect"
	"text/tabwriter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// Describe writes what the plan will do: trainings, questions, and the passes of one example
// through a net that they cost at least. A pass forward and one backward are two; passes are known
// of clean examples, of training steps, and of attacks with an option "steps".
func (p *Plan) Describe(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	total, distinct := p.trainings(out)
	total += p.questions(out)
	fmt.Fprintf(out, "\n%d trainings, %d cells, at least %d passes\n", distinct, len(p.Cells), total)
	for _, n := range p.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	return out.Flush()
}

// trainings writes a row for each model and returns the passes and the number of trainings.
func (p *Plan) trainings(out io.Writer) (passes, distinct int) {
	fmt.Fprintf(out, "suite %s on %s\n\n", p.Suite.Name, p.Data.Title)
	fmt.Fprintln(out, "model\tseed\ttwin\tid\ttrained on\theld out\tepochs\tpasses")
	seen := map[string]bool{}
	for _, m := range p.Models {
		twin, n := "", m.Passes()
		if m.Twin != nil {
			twin = m.Twin.Name
		}
		if seen[m.ID] { // the same training under two names
			n = 0
		}
		seen[m.ID] = true
		passes += n
		fmt.Fprintf(out, "%s\t%d\t%s\t%.12s\t%d\t%d\t%d\t%d\n", m.Name, m.Seed, twin, m.ID,
			len(m.Train), len(m.Validation), m.Spec.Recipe.Epochs, n)
	}
	return passes, len(seen)
}

// Passes returns the least number of passes of one example through the net that the training takes.
func (m *Model) Passes() int {
	each := 2
	for _, r := range m.Spec.Regularizers {
		levels(reflect.ValueOf(r.It), func(options []suite.Option) {
			for _, o := range options {
				if u, ok := o.Value.Interface().(arbench.Use[arbench.Attack]); ok && u.Name != "" {
					each += 2 * steps(u.It)
				}
			}
		})
	}
	return each*len(m.Train)*m.Spec.Recipe.Epochs + len(m.Validation)*m.Spec.Recipe.Epochs
}

// Passes returns the least number of passes of one example through the net that the cell takes; 0
// for a probe, of which it is not known.
func (c *Cell) Passes() int {
	switch c.Kind {
	case arbench.CleanCell:
		return len(c.Examples)
	case arbench.AttackCell:
		return (2*steps(c.Attack.It) + 1) * len(c.Examples) // and one to judge
	}
	return 0
}

// steps returns the number of gradient steps of one restart of an attack, 0 if that is not known.
func steps(it any) int {
	for _, o := range suite.Options(it) {
		if o.Key == "steps" && o.Value.CanInt() {
			return int(o.Value.Int())
		}
	}
	return 0
}

// questions writes a row for each question, whatever the model, and returns the passes.
func (p *Plan) questions(out io.Writer) (passes int) {
	type question struct {
		kind                arbench.Kind
		what, threat, split string
		examples            int
	}
	var order []question
	count, cost := map[question]int{}, map[question]int{}
	for _, c := range p.Cells {
		q := question{c.Kind, c.Cell.Attack + c.Cell.Probe, "", string(c.Split), len(c.Examples)}
		if c.Kind == arbench.AttackCell {
			q.threat = fmt.Sprintf("%s (%s)", c.Cell.Threat, c.Budget)
		}
		if count[q] == 0 {
			order = append(order, q)
		}
		count[q]++
		cost[q] += c.Passes()
		passes += c.Passes()
	}
	fmt.Fprintln(out, "\ncells\tasks\tname\tthreat\tsplit\texamples\tpasses")
	for _, q := range order {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%d\t%d\n",
			count[q], q.kind, q.what, q.threat, q.split, q.examples, cost[q])
	}
	return passes
}
