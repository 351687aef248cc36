package cmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/program"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/wording"
)

// exportCandidates writes the candidates of one attack on one model.
func (e *exportCommand) exportCandidates(c *cobra.Command) error {
	if err := e.needsOut(); err != nil {
		return err
	}
	all := exportCommand{plan: e.plan, anySeed: true}
	cell, err := one("attack", e.cells(arbench.AttackCell), all.cells(arbench.AttackCell),
		func(c *plan.Cell) string { return workName(c.Cell) })
	if err != nil {
		return err
	}
	o, err := runner.Outcome(e.store, cell)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	ids, x, err := runner.Candidates(e.store, cell)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	t := trialOf(e.plan, cell, o, ids, x)
	b, err := record.EncodeTrial(t, map[string]string{
		"arbench": program.Version(), "model": cell.Cell.Model, "seed": fmt.Sprint(cell.Seed), "split": string(cell.Split),
		"attack": inlinePlugin(cell.Attack), "threat": cell.Budget.String(),
		"examples": fmt.Sprintf("the %d of %d that the attack broke", len(t.ID), o.Len()),
	})
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	others := "no others are stored"
	if n := len(ids) - len(t.ID); n > 0 {
		others = fmt.Sprintf("%d that broke outside %v are left out", n, cell.Budget)
	}
	return e.save(c, b, fmt.Sprintf("%s: candidates of the %d of %d examples that broke; %s",
		workName(cell.Cell), len(t.ID), o.Len(), others))
}

// trialOf returns, of the candidates x of examples with the given ids, those that lie within the threat,
// beside the images they come from.
func trialOf(p *plan.Plan, c *plan.Cell, o *arbench.Outcome, ids []int, x arbench.Tensor) record.Trial {
	row := map[int]int{}
	for i, id := range o.ID {
		row[id] = i
	}
	var inside, rows, kept []int // ids, and where they are in o and in x
	for i, id := range ids {
		if within(c, o, row[id]) {
			inside, rows, kept = append(inside, id), append(rows, row[id]), append(kept, i)
		}
	}
	b := arbench.ReadBatch(p.Data.Split(c.Split), c.Model.Network.Input, inside)
	return record.Trial{ID: inside, Y: b.Y, X0: b.X, X: x.Gather(kept), Logits: o.Logits.Gather(rows)}
}

// within reports whether the candidate for example i of o, an answer to the attack cell c, lies within
// the threat. The smallest change that an attack found may lie outside.
func within(c *plan.Cell, o *arbench.Outcome, i int) bool {
	return c.Threat.Family != nil || arbench.Within(o.Distance[i], c.Threat.Eps)
}

// exportOutcomes writes a row for each example of each cell. Cells without an answer cost no others.
func (e *exportCommand) exportOutcomes(c *cobra.Command) error {
	cells := e.cells(arbench.AttackCell)
	if e.attack == "" && e.threat == "" {
		cells = append(e.cells(arbench.CleanCell), cells...)
	}
	if len(cells) == 0 {
		return coded(exitUsage, errors.New("no cell of the suite is of such a model, seed, attack, threat and split"))
	}
	var missing []error
	write := func(out io.Writer) error {
		w := csv.NewWriter(out)
		w.Write(outcomeHead(e.plan.Models[0].Network.Classes()))
		for _, cell := range cells {
			o, correct, err := e.answer(cell)
			if err != nil {
				missing = append(missing, fmt.Errorf("%s: %w", workName(cell.Cell), err))
				continue
			}
			for i, ok := range correct {
				w.Write(outcomeRow(cell, o, i, ok))
			}
		}
		w.Flush()
		return w.Error()
	}
	var err error
	if e.out == "" {
		err = write(c.OutOrStdout())
	} else if err = writeFile(e.out, write); err == nil {
		fmt.Fprintf(c.ErrOrStderr(), "arbench: wrote %s: outcomes of %s\n", e.out, wording.Counted(len(cells)-len(missing), "cell"))
	}
	return coded(exitUnmeasured, errors.Join(append(missing, err)...))
}

// answer returns what the store holds of a clean or an attack cell, and of each example whether the model
// gets it right in the sense of the reports' accuracies: as it is, and under an attack within the threat.
func (e *exportCommand) answer(cell *plan.Cell) (*arbench.Outcome, []bool, error) {
	o, err := runner.Outcome(e.store, cell)
	if err != nil {
		return nil, nil, err
	}
	clean := o
	if cell.Kind == arbench.AttackCell {
		i := slices.IndexFunc(e.plan.Cells, func(c *plan.Cell) bool {
			return c.Kind == arbench.CleanCell && c.Model == cell.Model && c.Split == cell.Split
		})
		if clean, err = runner.Outcome(e.store, e.plan.Cells[i]); err != nil {
			return nil, nil, fmt.Errorf("the same examples as they are: %w", err)
		}
	}
	return o, measure.Robust(measure.Same(clean, o), o, cell.Threat.Threat), nil
}

// outcomeHead returns the names of the columns.
func outcomeHead(classes int) []string {
	head := []string{
		"model", "seed", "kind", "split", "attack", "threat", "norm", "eps", "example", "class", "predicted",
		"correct", "distance", "within", "forward", "backward", "first", "stage",
	}
	for k := range classes {
		head = append(head, fmt.Sprintf("logit_%d", k))
	}
	return head
}

// outcomeRow returns the row of example i, which the model gets right or not. What a cell does not know is
// empty.
func outcomeRow(c *plan.Cell, o *arbench.Outcome, i int, correct bool) []string {
	row := []string{
		c.Cell.Model, strconv.FormatUint(c.Seed, 10), string(c.Kind), string(c.Split), c.Cell.Attack, c.Cell.Threat,
	}
	norm, eps := "", ""
	if c.Kind == arbench.AttackCell {
		norm, eps = string(c.Budget.Norm), strconv.FormatFloat(c.Budget.Eps, 'g', -1, 64)
	}
	logits := o.Logits.Row(i)
	row = append(row, norm, eps, strconv.Itoa(o.ID[i]), strconv.Itoa(o.Y[i]), strconv.Itoa(arbench.Argmax(logits)),
		strconv.FormatBool(correct))
	if o.Distance == nil {
		row = append(row, "", "", "", "", "")
	} else {
		row = append(row, strconv.FormatFloat(o.Distance[i], 'g', -1, 64), strconv.FormatBool(within(c, o, i)),
			strconv.Itoa(o.Forward[i]), strconv.Itoa(o.Backward[i]), strconv.Itoa(o.First[i]))
	}
	stage := ""
	if o.Stage != nil {
		stage = strconv.Itoa(o.Stage[i])
	}
	row = append(row, stage)
	for _, z := range logits {
		row = append(row, strconv.FormatFloat(float64(z), 'g', -1, 32))
	}
	return row
}
