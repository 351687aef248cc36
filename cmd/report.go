package cmd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/program"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

func newReport() *cobra.Command {
	var q question
	var d delivery
	var dir string
	c := &cobra.Command{
		Use:   "report SUITE|FILE.json",
		Short: "Report what the store holds of a suite; run nothing",
		Long: `Report renders the answers to a suite that the store holds, or those of a report
in JSON, in other formats. What is missing is listed in the report and makes the
exit code 3. It never trains or attacks.`,
		Example: `  arbench report digits --format csv
  arbench report old.json --out old --format md,csv`,
		Args:              oneSuite,
		ValidArgsFunction: completeSuite,
		RunE: func(c *cobra.Command, args []string) error {
			if q.suite = args[0]; filepath.Ext(q.suite) == ".json" {
				return reportAgain(c, &d, q.suite)
			}
			p, st, err := open(c, &q, &d, dir, true)
			if err != nil {
				return err
			}
			return report(c, &q, &d, p, st, dir)
		},
	}
	q.flags(c.Flags())
	d.flags(c.Flags())
	storeFlag(c.Flags(), &dir)
	return c
}

// open plans the question, prepares the delivery and opens the store, which may have to be there: all that can be
// refused.
func open(c *cobra.Command, q *question, d *delivery, dir string, there bool) (*plan.Plan, *store.Store, error) {
	p, err := q.plan(c.Context())
	if err != nil {
		return nil, nil, err
	}
	if err := d.prepare(p.Suite.Name, p.Suite.Formats); err != nil {
		return nil, nil, coded(exitUsage, err)
	}
	s, err := openStore(dir, there)
	return p, s.Store, coded(exitUsage, err)
}

// report writes the report on what the store, which is in dir, holds. The error says what could not be measured.
func report(c *cobra.Command, q *question, d *delivery, p *plan.Plan, st *store.Store, dir string) error {
	r, err := runner.Collect(st, p)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	r.Gates = judge(p, r, p.Suite.Gates)
	r.Versions = program.Versions()
	r.Command = shell(append([]string{"arbench", "run"}, q.args()...)...)
	err = d.deliver(c, r)
	if r.Unmeasured() != "" {
		if runner.Untold(r) {
			err = errors.Join(err, untold(dir, p))
		}
		err = coded(exitUnmeasured, err)
	}
	return err
}

// reportAgain renders a report in JSON, which is complete, in other formats.
func reportAgain(c *cobra.Command, d *delivery, path string) error {
	for _, flag := range []string{"set", "limit", "only", "store"} {
		if c.Flags().Changed(flag) {
			return fmt.Errorf("--%s asks something of a suite: %q is a report, which is as it is", flag, path)
		}
	}
	r, err := loadResults(path)
	if err == nil {
		err = d.prepare(r.Suite, []string{"markdown"})
	}
	if err != nil {
		return coded(exitUsage, err)
	}
	return d.deliver(c, r)
}

// deliver writes r where it is to go. The error says what could not be measured, which numbers are
// trusted less than the flags want, and which gates failed.
func (d *delivery) deliver(c *cobra.Command, r *arbench.Results) error {
	files, err := d.write(c.OutOrStdout(), r)
	err = errors.Join(err, d.summarize(c.ErrOrStderr(), r))
	for _, f := range files {
		fmt.Fprintf(c.ErrOrStderr(), "arbench: wrote %s\n", f)
	}
	code, gates := gateErrors(r.Gates)
	doubt := d.unmet(r)
	if err := errors.Join(err, unmeasured(r)); err != nil {
		return coded(exitUnmeasured, errors.Join(err, doubt, gates))
	}
	if doubt != nil && code != exitUnmeasured {
		code = exitUntrusted
	}
	return coded(code, errors.Join(doubt, gates))
}

// mostReasons is how many failures are shown; the report lists all.
const mostReasons = 20

// unmeasured returns an error that lists the failures.
func unmeasured(r *arbench.Results) error {
	missing := r.Unmeasured()
	if missing == "" {
		return nil
	}
	errs := []error{errors.New(missing)}
	for i, f := range r.Failures {
		if i == mostReasons {
			errs = append(errs, fmt.Errorf("and %d more, which the report lists", len(r.Failures)-i))
			break
		}
		errs = append(errs, fmt.Errorf("%s: %s", workName(f.Cell), wording.OneLine(f.Error)))
	}
	return errors.Join(errs...)
}

// workName returns what a person calls a cell, or the training of a model.
func workName(c arbench.Cell) string {
	model := fmt.Sprintf("%s (seed %d)", c.Model, c.Seed)
	switch c.Kind {
	case arbench.CleanCell:
		return fmt.Sprintf("%s, clean, %s", model, c.Split)
	case arbench.AttackCell:
		return fmt.Sprintf("%s, %s under %s, %s", model, c.Attack, c.Threat, c.Split)
	case arbench.ProbeCell:
		return fmt.Sprintf("%s, %s, %s", model, c.Probe, c.Split)
	}
	return "training of " + model
}

// kept says what of p the store holds.
func kept(w io.Writer, st *store.Store, p *plan.Plan, dir string) {
	r, err := runner.Collect(st, p)
	if err != nil {
		fmt.Fprintf(w, "arbench: the store %q cannot be read: %v\n", dir, err)
		return
	}
	fmt.Fprintf(w, "arbench: %q keeps %d of %d models and %d of %d cells, "+
		"and what was begun up to its last save\n",
		dir, len(r.Models), len(p.Models), len(r.Cells), len(p.Cells))
}
