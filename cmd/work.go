package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
)

// A worker is the flags that say how to work, which change no result.
type worker struct {
	jobs, threads int
	quiet         bool
}

// flags adds them to f.
func (w *worker) flags(f *pflag.FlagSet) {
	f.IntVar(&w.jobs, "jobs", 0,
		"work on `N` models at the same time; 0 means one for each core")
	f.IntVar(&w.threads, "threads", 0,
		"compute each model with `N` threads; 0 means the cores that the jobs leave")
	f.BoolVar(&w.quiet, "quiet", false, "show no progress")
}

// check refuses numbers of jobs and threads that are none.
func (w *worker) check() error {
	if w.jobs < 0 || w.threads < 0 {
		return fmt.Errorf("--jobs %d --threads %d: neither may be negative", w.jobs, w.threads)
	}
	return nil
}

// work runs p and shows the progress.
func (w *worker) work(c *cobra.Command, st *store.Store, p *plan.Plan) ([]arbench.Failure, error) {
	o, end := w.options(c, p)
	defer end()
	return runner.Run(c.Context(), st, p, o)
}

// options returns those of a run of p, and what ends the display of its progress.
func (w *worker) options(c *cobra.Command, p *plan.Plan) (o runner.Options, end func()) {
	o, end = runner.Options{Jobs: w.jobs, Threads: w.threads}, func() {}
	if !w.quiet {
		o.Watch, end = watch(c.ErrOrStderr(), p)
	}
	return o, end
}
