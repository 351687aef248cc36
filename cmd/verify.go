package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

func newVerify() *cobra.Command {
	var q question
	var dir string
	var w worker
	c := &cobra.Command{
		Use:   "verify SUITE",
		Short: "Look at stored adversarial examples again, without running an attack",
		Long: `Verify puts the adversarial examples that the store holds of a suite to their
models again, and looks whether each is finite, in the box, within its threat, and
misclassified, and how many are misclassified when they are rounded to 8 bits, too.
The smallest changes that an attack found are counted where they lie within the threat.
It runs no attack and changes nothing. To make the answers anew and compare the
bits: arbench run SUITE --verify. The exit code is 4 if one does not hold.`,
		Example: `  arbench verify digits
  arbench verify cifar.toml --only 'models=at*'`,
		Args:              oneSuite,
		ValidArgsFunction: completeSuite,
		RunE: func(c *cobra.Command, args []string) error {
			q.suite = args[0]
			return reforward(c, &q, w, dir)
		},
	}
	f := c.Flags()
	q.flags(f)
	storeFlag(f, &dir)
	f.IntVar(&w.threads, "threads", 0, "compute each model with `N` threads; 0 means one for each core")
	return c
}

func reforward(c *cobra.Command, q *question, w worker, dir string) error {
	if err := w.check(); err != nil {
		return err
	}
	p, err := q.plan(c.Context())
	if err != nil {
		return err
	}
	st, err := store.Open(dir)
	if err != nil {
		return coded(exitUsage, err)
	}
	again, err := runner.Reforwards(c.Context(), st, p, runner.Options{Threads: w.threads})
	if c.Context().Err() != nil {
		return coded(exitInterrupted, errors.New("interrupted; nothing was changed"))
	}
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	if len(again) == 0 {
		return coded(exitUnmeasured, cmp.Or(untold(dir, p), fmt.Errorf("%q holds no adversarial examples of this suite: run it first", dir)))
	}
	out := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "cell\tcandidates\tin 8 bits\tfound")
	n, wrong := 0, []error(nil)
	for _, a := range again {
		n += a.Candidates
		found := "all hold"
		for _, what := range a.Wrong {
			wrong = append(wrong, fmt.Errorf("%s: %s", workName(a.Cell), what))
			found = "do not hold"
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%s\n", workName(a.Cell), a.Candidates, a.Survive, found)
	}
	if err := out.Flush(); err != nil {
		return coded(exitUnmeasured, err)
	}
	if len(wrong) > 0 {
		return coded(exitUntrusted, errors.Join(wrong...))
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s of %s put to the models again: all hold\n",
		wording.Counted(n, "candidate"), wording.Counted(len(again), "cell"))
	return coded(exitUnmeasured, err)
}
