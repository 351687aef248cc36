package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

// A shardFlag is part i of n of a run, from 1; n is 0 for the whole.
type shardFlag struct{ i, n int }

// Set implements [pflag.Value].
func (s *shardFlag) Set(text string) error {
	i, n, ok := strings.Cut(text, "/")
	var errI, errN error
	s.i, errI = strconv.Atoi(i)
	s.n, errN = strconv.Atoi(n)
	if !ok || errI != nil || errN != nil || s.i < 1 || s.i > s.n {
		return errors.New("want i/n with i from 1 to n")
	}
	return nil
}

// String implements [pflag.Value].
func (s *shardFlag) String() string {
	if s.n == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.i, s.n)
}

// Type implements [pflag.Value].
func (*shardFlag) Type() string { return "i/n" }

// checkPart refuses flags that do not go together.
func (r *runCommand) checkPart() error {
	report := len(r.formats) > 0 || r.out != "" || r.summary || r.failOn != "" || r.publishable
	switch {
	case r.shard.n > 0 && r.verify:
		return errors.New("--shard and --verify: a run is one or the other")
	case r.verify && r.again:
		return errors.New("--verify and --again: one compares what is stored, the other forgets it")
	case r.shard.n > 0 && report:
		return errors.New("--shard makes no report: merge the stores with arbench store merge, then arbench report")
	case r.verify && report:
		return errors.New("--verify makes no report: it says what differs")
	}
	return nil
}

// sharded says how the run of one part of p went. There is no report of it: what is missing is
// another part's.
func (r *runCommand) sharded(
	c *cobra.Command, st *store.Store, p, part *plan.Plan, failures []arbench.Failure, err error,
) error {
	if err != nil {
		return coded(exitUnmeasured, r.stopped(c, st, part, err))
	}
	var errs []error
	for _, f := range failures {
		errs = append(errs, fmt.Errorf("%s: %s", workName(f.Cell), wording.OneLine(f.Error)))
	}
	if err := errors.Join(errs...); err != nil {
		return coded(exitUnmeasured, err)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "shard %s: %d of %s and %d of %s are in %s\n", &r.shard,
		len(part.Models), wording.Counted(len(p.Models), "training"), len(part.All()), wording.Counted(len(p.All()), "cell"), r.dir)
	return coded(exitUnmeasured, err)
}

// runVerify answers again what the store holds of p, and says what differs.
func (r *runCommand) runVerify(c *cobra.Command, st *store.Store, p *plan.Plan) error {
	o, end := r.options(c, p)
	n, found, err := runner.Verify(c.Context(), st, p, o)
	end()
	if c.Context().Err() != nil {
		return coded(exitInterrupted, errors.New("interrupted; nothing is kept of a --verify"))
	}
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	for _, d := range found {
		fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", workName(d.Cell), d.What)
	}
	if len(found) > 0 {
		return coded(exitUnmeasured, fmt.Errorf("%s among %s answered again, %d planned",
			wording.Counted(len(found), "difference"), wording.Counted(n, "cell"), len(p.All())))
	}
	if n == 0 {
		return coded(exitUnmeasured, fmt.Errorf("%q holds no answer to verify", r.dir))
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%d of %s answered again: the same bits\n", n, wording.Counted(len(p.All()), "cell"))
	return coded(exitUnmeasured, err)
}
