package cmd

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/internal/dataset/files"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

// A runCommand is the flags of run.
type runCommand struct {
	question
	delivery
	worker
	dir           string
	again, verify bool
	shard         shardFlag
}

func newRun() *cobra.Command {
	r := &runCommand{}
	c := &cobra.Command{
		Use:   "run SUITE",
		Short: "Train, attack and report what a suite asks",
		Long: `Run answers what a suite asks, a file or the name of a built-in one, and reports
it. What the store holds already is not done again. Interrupt it at any time:
the same command goes on from where it was, to the same result.

With --again it forgets the answers that it is about to make, not the trainings,
and makes them anew: for attacks and probes whose code has changed. With --verify
it answers again what the store holds, keeps nothing, and says where the bits
differ. With --shard it takes one part of the trainings, with all that is asked of
them, and makes no report: for several machines, whose stores are merged.`,
		Example: `  arbench run digits
  arbench run cifar.toml --limit 200 --only 'models=standard,attacks=pgd*'
  arbench run cifar.toml --out results --format md,csv
  arbench run cifar.toml --shard 1/4 --store shard1`,
		Args:              oneSuite,
		ValidArgsFunction: completeSuite,
		RunE: func(c *cobra.Command, args []string) error {
			r.suite = args[0]
			return r.run(c)
		},
	}
	f := c.Flags()
	r.question.flags(f)
	r.delivery.flags(f)
	storeFlag(f, &r.dir)
	r.worker.flags(f)
	f.BoolVar(&r.again, "again", false,
		"forget the stored answers to what is asked, and make them anew; trainings stay")
	f.BoolVar(&r.verify, "verify", false,
		"answer again what the store holds, and compare the bits")
	f.Var(&r.shard, "shard", "take part `i/n` of the trainings, with their cells; no report")
	return c
}

func (r *runCommand) run(c *cobra.Command) error {
	if err := errors.Join(r.worker.check(), r.checkPart()); err != nil {
		return err
	}
	p, st, err := open(c, &r.question, &r.delivery, r.dir, false)
	if err != nil {
		return err
	}
	if err := p.Ready(); err != nil {
		return coded(exitUsage, err)
	}
	if r.verify {
		return r.runVerify(c, st, p)
	}
	if err := writable("--store", r.dir); err != nil {
		return coded(exitUsage, err)
	}
	part := p
	if r.shard.n > 0 {
		part = runner.Shard(p, r.shard.i, r.shard.n)
	}
	if r.again {
		if err := r.forget(c, st, part); err != nil {
			return err
		}
	}
	failures, err := r.work(c, st, part)
	if c.Context().Err() != nil {
		return r.interrupted(c, st, part)
	}
	if r.shard.n > 0 {
		return r.sharded(c, st, p, part, failures, err)
	}
	reported := report(c, &r.question, &r.delivery, p, st, r.dir)
	if err != nil {
		return coded(exitUnmeasured, errors.Join(r.stopped(c, st, p, err), reported))
	}
	return reported
}

// forget makes the store forget the answers to p. To go on with a run that does not come so far is
// to forget again; later, that would undo what it has done.
func (r *runCommand) forget(c *cobra.Command, st *store.Store, p *plan.Plan) error {
	n, err := runner.Forget(c.Context(), st, p)
	if c.Context().Err() != nil {
		return coded(exitInterrupted, fmt.Errorf("interrupted; to go on: %s --again", r.resume(c)))
	}
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	if !r.quiet {
		fmt.Fprintf(c.ErrOrStderr(), "arbench: forgot %s\n", wording.Counted(n, "answer"))
	}
	return nil
}

// interrupted says what is kept and how to go on.
func (r *runCommand) interrupted(c *cobra.Command, st *store.Store, p *plan.Plan) error {
	kept(c.ErrOrStderr(), st, p, r.dir)
	return coded(exitInterrupted, fmt.Errorf("interrupted; to go on: %s", r.resume(c)))
}

// stopped says why the run ended early, what is kept and how to go on.
func (r *runCommand) stopped(c *cobra.Command, st *store.Store, p *plan.Plan, why error) error {
	kept(c.ErrOrStderr(), st, p, r.dir)
	return fmt.Errorf("the run stopped: %w\nwhen that is mended, to go on: %s", why, r.resume(c))
}

// resume returns the command line that goes on with this run.
func (r *runCommand) resume(c *cobra.Command) string {
	args := append([]string{"arbench", "run"}, r.question.args()...)
	add := func(flag, value string) {
		if c.Flags().Changed(flag) {
			args = append(args, "--"+flag, value)
		}
	}
	add("format", strings.Join(r.formats, ","))
	add("out", r.out)
	add("store", r.dir)
	add("data", os.Getenv(files.Variable))
	add("jobs", strconv.Itoa(r.jobs))
	add("threads", strconv.Itoa(r.threads))
	add("shard", r.shard.String())
	add("fail-on", r.failOn)
	if r.publishable {
		args = append(args, "--publishable")
	}
	if r.summary {
		args = append(args, "--summary")
	}
	if r.quiet {
		args = append(args, "--quiet")
	}
	return shell(args...)
}
