package plan

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
)

// Describe writes what the plan will do: trainings, questions, and about how many passes of one example through a
// net they cost. A pass forward and one backward are two; passes are known of clean examples, of training
// steps, of attacks and regularizers that estimate theirs, of other attacks with an option "steps" or
// "queries", and of probes with an attack or an option "directions". Those of attacks are of examples that
// nothing breaks.
func (p *Plan) Describe(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	total, distinct := p.trainings(out)
	total = plus(total, p.questions(out))
	fmt.Fprintf(out, "\n%s, %s, about %d passes\n",
		wording.Counted(distinct, "training"), wording.Counted(len(p.All()), "cell"), total)
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
		twin, n, on := "", m.Passes(), fmt.Sprint(len(m.Train))
		if m.Twin != nil {
			twin = m.Twin.Name
		}
		if seen[m.ID] { // the same training under two names
			n = 0
		}
		if m.Given() {
			on = "given"
		} else if !seen[m.ID] {
			distinct++
		}
		seen[m.ID] = true
		passes = plus(passes, n)
		fmt.Fprintf(out, "%s\t%d\t%s\t%.12s\t%s\t%d\t%d\t%d\n", m.Name, m.Seed, twin, m.ID,
			on, len(m.Validation), m.Spec.Recipe.Epochs, n)
	}
	return passes, distinct
}

// questions writes a row for each question, whatever the model, and returns the passes.
func (p *Plan) questions(out io.Writer) (passes int) {
	type question struct {
		kind                arbench.Kind
		what, threat, split string
		examples            int
	}
	var order []question
	count, cost, answered := map[question]int{}, map[question]int{}, map[string]bool{}
	for _, c := range p.All() {
		q := question{c.Kind, c.Cell.Attack + c.Cell.Probe, "", string(c.Split), len(c.Examples)}
		if c.Kind == arbench.AttackCell {
			q.threat = fmt.Sprintf("%s (%s)", c.Cell.Threat, c.Budget)
		}
		if count[q] == 0 {
			order = append(order, q)
		}
		count[q]++
		if c.AnyEps() { // that of another threat costs nothing more
			id := c.ID(c.Model.ID + c.Checkpoint) // which weights, if not their digest
			if answered[id] {
				continue
			}
			answered[id] = true
		}
		cost[q] = plus(cost[q], c.Passes())
		passes = plus(passes, c.Passes())
	}
	fmt.Fprintln(out, "\ncells\tasks\tname\tthreat\tsplit\texamples\tpasses")
	for _, q := range order {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%d\t%d\n",
			count[q], q.kind, q.what, q.threat, q.split, q.examples, cost[q])
	}
	return passes
}
