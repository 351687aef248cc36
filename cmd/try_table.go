package cmd

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

// baseline is the attack beside which another one is shown.
const baseline = "fgsm"

// tried is an attack on the model with its answer.
type tried struct {
	name    string
	result  arbench.Result
	outcome *arbench.Outcome
	eps     float64
}

// broke reports whether the attack made the net get example i wrong inside the threat. The smallest
// change that an attack found may lie outside.
func (a tried) broke(i int) bool {
	return !a.outcome.Correct(i) && arbench.Within(a.outcome.Distance[i], a.eps)
}

// writeTried writes the table of the named attack, which comes last, and in a sentence how it compares
// with the baseline example by example.
func writeTried(w io.Writer, st *store.Store, p *plan.Plan, r *arbench.Results, name string) error {
	all, err := triedOf(st, p, r)
	if err != nil {
		return err
	}
	rank := []string{"", baseline}
	if name != baseline {
		rank = append(rank, name)
	}
	slices.SortFunc(all, func(a, b tried) int {
		return slices.Index(rank, a.name) - slices.Index(rank, b.name)
	})
	m := r.Models[0]
	fmt.Fprintf(w, "%s, %d parameters · %s · %d test examples · %s · %s %s\n\n", m.Arch, m.Params, r.Dataset,
		all[0].outcome.Len(), p.Suite.Threats[0].Threat, r.Backend, r.Numeric)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "attack\taccuracy\tbroke\tmedian change\tforward\tbackward\ttime")
	for _, a := range all {
		a.write(t, all[0].outcome)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nChanges are of all that an attack broke, at any distance; passes are its own for an example, without one to judge.")
	if len(all) == 3 {
		fmt.Fprintf(w, "\n%s broke %s that %s left; %s broke %s that %s left.\n",
			name, wording.Counted(left(all[1], all[2]), "example"), baseline,
			baseline, wording.Counted(left(all[2], all[1]), "example"), name)
	}
	return nil
}

// triedOf returns what was asked on test examples: clean, whose name is empty, and each attack.
func triedOf(st *store.Store, p *plan.Plan, r *arbench.Results) ([]tried, error) {
	var all []tried
	for i, c := range p.Cells { // r has the cells of p in order, since none is missing
		if c.Split != arbench.Test {
			continue
		}
		o, err := runner.Outcome(st, c)
		if err != nil {
			return nil, err
		}
		all = append(all, tried{c.Attack.Name, r.Cells[i], o, p.Suite.Threats[0].Threat.Eps})
	}
	return all, nil
}

// write writes a row: the accuracy with its interval and, of an attack, how many of the examples it
// broke that are right as they are, the median distance of those that it broke at any distance, the
// passes for an example and the time.
func (a tried) write(w io.Writer, clean *arbench.Outcome) {
	accuracy := "not known"
	for _, q := range a.result.Quantities {
		if q.Name == "accuracy" && q.Split == arbench.Test {
			accuracy = fmt.Sprintf("%.1f %% [%.1f, %.1f]", q.Value, q.Lo, q.Hi)
		}
	}
	if a.name == "" {
		fmt.Fprintf(w, "none\t%s\t–\t–\t–\t–\t–\n", accuracy)
		return
	}
	broke, change := 0, "–"
	var distances []float64
	for i := range a.outcome.ID {
		if a.outcome.Correct(i) || !clean.Correct(i) {
			continue
		}
		if a.broke(i) {
			broke++
		}
		distances = append(distances, a.outcome.Distance[i])
	}
	if len(distances) > 0 {
		slices.Sort(distances)
		change = fmt.Sprintf("%.4g", distances[len(distances)/2])
	}
	n := float64(a.outcome.Len())
	forward, backward := 0, 0
	for i := range a.outcome.ID {
		forward, backward = forward+a.outcome.Forward[i], backward+a.outcome.Backward[i]
	}
	fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%.1f\t%.1f\t%.2f s\n", a.name, accuracy, broke, change,
		float64(forward)/n, float64(backward)/n, a.result.Seconds)
}

// left returns how many examples b broke that a left.
func left(a, b tried) int {
	n := 0
	for i := range a.outcome.ID {
		if b.broke(i) && !a.broke(i) {
			n++
		}
	}
	return n
}
