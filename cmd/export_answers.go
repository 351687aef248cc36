package cmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
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
	b, err := record.EncodeTrial(trialOf(e.plan, cell, o, ids, x), map[string]string{
		"arbench": program.Version(), "model": cell.Cell.Model, "seed": fmt.Sprint(cell.Seed), "split": string(cell.Split),
		"attack": inlinePlugin(cell.Attack), "threat": cell.Budget.String(),
		"examples": fmt.Sprintf("the %d of %d that the attack broke", len(ids), o.Len()),
	})
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	return e.save(c, b, fmt.Sprintf("%s: candidates of the %d of %d examples that broke; no others are stored",
		workName(cell.Cell), len(ids), o.Len()))
}

// trialOf returns the candidates x of examples with the given ids beside the images they come from.
func trialOf(p *plan.Plan, c *plan.Cell, o *arbench.Outcome, ids []int, x arbench.Tensor) record.Trial {
	b := arbench.ReadBatch(p.Data.Split(c.Split), c.Model.Network.Input, ids)
	row := map[int]int{}
	for i, id := range o.ID {
		row[id] = i
	}
	rows := make([]int, len(ids))
	for i, id := range ids {
		rows[i] = row[id]
	}
	return record.Trial{ID: ids, Y: b.Y, X0: b.X, X: x, Logits: o.Logits.Gather(rows)}
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
			o, err := runner.Outcome(e.store, cell)
			if err != nil {
				missing = append(missing, fmt.Errorf("%s: %w", workName(cell.Cell), err))
				continue
			}
			for i := range o.ID {
				w.Write(outcomeRow(cell, o, i))
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

// outcomeHead returns the names of the columns.
func outcomeHead(classes int) []string {
	head := []string{
		"model", "seed", "kind", "split", "attack", "threat", "norm", "eps", "example", "class", "predicted",
		"correct", "distance", "forward", "backward", "first", "stage",
	}
	for k := range classes {
		head = append(head, fmt.Sprintf("logit_%d", k))
	}
	return head
}

// outcomeRow returns the row of example i. What a cell does not know is empty.
func outcomeRow(c *plan.Cell, o *arbench.Outcome, i int) []string {
	row := []string{
		c.Cell.Model, strconv.FormatUint(c.Seed, 10), string(c.Kind), string(c.Split), c.Cell.Attack, c.Cell.Threat,
	}
	norm, eps := "", ""
	if c.Kind == arbench.AttackCell {
		norm, eps = string(c.Budget.Norm), strconv.FormatFloat(c.Budget.Eps, 'g', -1, 64)
	}
	logits := o.Logits.Row(i)
	row = append(row, norm, eps, strconv.Itoa(o.ID[i]), strconv.Itoa(o.Y[i]), strconv.Itoa(arbench.Argmax(logits)),
		strconv.FormatBool(o.Correct(i)))
	if o.Distance == nil {
		row = append(row, "", "", "", "")
	} else {
		row = append(row, strconv.FormatFloat(o.Distance[i], 'g', -1, 64), strconv.Itoa(o.Forward[i]),
			strconv.Itoa(o.Backward[i]), strconv.Itoa(o.First[i]))
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
