package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

// A checkCommand is the flags of check.
type checkCommand struct {
	worker
	file string // of benchmarks
	dir  string
}

func newCheck() *cobra.Command {
	k := &checkCommand{}
	c := &cobra.Command{
		Use:   "check FILE [NAME...]",
		Short: "Run the suites of a file of benchmarks and compare with the numbers it expects",
		Long: `Check runs the suites that FILE lists, such as benchmarks.toml, or those that are
named, and compares their numbers with those that FILE expects. A number that is off
makes the exit code 1. Numbers of other data than those at hand are not compared,
which makes it 3, as does what cannot be measured. Numbers that rest on data which
are not the published ones are named.`,
		Example: `  arbench check benchmarks.toml
  arbench check benchmarks.toml digits`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			k.file = args[0]
			return k.run(c, args[1:])
		},
	}
	f := c.Flags()
	storeFlag(f, &k.dir)
	k.worker.flags(f)
	return c
}

func (k *checkCommand) run(c *cobra.Command, names []string) error {
	if err := k.worker.check(); err != nil {
		return err
	}
	all, err := k.benchmarks(names)
	if err != nil {
		return coded(exitUsage, err)
	}
	st, err := store.Open(k.dir)
	if err == nil {
		err = writable("--store", k.dir)
	}
	if err != nil {
		return coded(exitUsage, err)
	}
	code, errs := 0, []error(nil)
	for i, b := range all {
		if i > 0 {
			fmt.Fprintln(c.OutOrStdout())
		}
		gates, err := k.one(c, st, b)
		if c.Context().Err() != nil {
			return coded(exitInterrupted, errors.New("interrupted; the same command goes on"))
		}
		own, off := gateErrors(gates)
		if err != nil {
			own = exitUnmeasured
		}
		code = max(code, own)
		if err := errors.Join(err, off); err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				errs = append(errs, fmt.Errorf("%s: %s", b.Name, strings.TrimPrefix(line, "gate ")))
			}
		}
	}
	return coded(code, errors.Join(errs...))
}

// benchmarks reads the file and returns what is named of it, everything if nothing is.
func (k *checkCommand) benchmarks(names []string) ([]suite.Benchmark, error) {
	all, err := suite.LoadBenchmarks(k.file)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, b := range all {
		known = append(known, b.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("%s lists no suite %q%s", k.file, n, wording.DidYouMean(n, known))
		}
	}
	return slices.DeleteFunc(all, func(b suite.Benchmark) bool {
		return len(names) > 0 && !slices.Contains(names, b.Name)
	}), nil
}

// one runs a benchmark and says what became of the numbers that are expected of it.
func (k *checkCommand) one(c *cobra.Command, st *store.Store, b suite.Benchmark) ([]arbench.GateResult, error) {
	out := c.OutOrStdout()
	p, err := k.plan(c.Context(), b)
	if err == nil {
		err = p.Ready()
	}
	if err != nil {
		fmt.Fprintf(out, "%s: not run\n", b.Name)
		k.source(out, b)
		return nil, err
	}
	fmt.Fprintf(out, "%s on %s\n", b.Name, p.Data.Title)
	k.source(out, b)
	if p.Data.Digest != b.Digest {
		return nil, fmt.Errorf("its %s are of other data and are not compared: expected digest %s, %s has %s",
			wording.Counted(len(b.Numbers), "number"), b.Digest, p.Data.Title, p.Data.Digest)
	}
	_, err = k.work(c, st, p)
	if err != nil || c.Context().Err() != nil {
		return nil, err
	}
	r, err := runner.Collect(st, p)
	if err != nil {
		return nil, err
	}
	gates := judge(p, r, b.Numbers)
	return gates, errors.Join(tellNumbers(out, gates), unmeasured(r))
}

// plan plans the suite of a benchmark, which may be a file beside that of the benchmarks.
func (k *checkCommand) plan(ctx context.Context, b suite.Benchmark) (*plan.Plan, error) {
	q := question{suite: b.Suite}
	if beside := filepath.Join(filepath.Dir(k.file), b.Suite); strings.HasSuffix(b.Suite, ".toml") {
		if _, err := os.Stat(beside); err == nil {
			q.suite = beside
		}
	}
	p, err := q.plan(ctx)
	if err != nil {
		return nil, err
	}
	return p, checkNumbers(p, k.file, "suites."+b.Name+".numbers.", b.Numbers)
}

// source says on which data the numbers rest if they are not the published ones.
func (k *checkCommand) source(out io.Writer, b suite.Benchmark) {
	if b.CopyOf == "" {
		return
	}
	var names []string
	for _, g := range b.Numbers {
		names = append(names, g.Name)
	}
	fmt.Fprintf(out, "note: %s depend on a copy of %s with other contents than the published data: %s\n",
		wording.Counted(len(names), "number"), b.CopyOf, strings.Join(names, ", "))
}

// tellNumbers writes a row for each number.
func tellNumbers(out io.Writer, gates []arbench.GateResult) error {
	words := map[arbench.Verdict]string{
		arbench.GatePassed: "ok", arbench.GateFailed: "OFF", arbench.GateUnmeasured: "missing",
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\tnumber\tof\tmeasured\texpected\n")
	for _, g := range gates {
		measured := g.Reason
		if g.Verdict != arbench.GateUnmeasured {
			measured = fmt.Sprintf("%.2f %s [%.2f, %.2f]", g.Value, g.Unit, g.Lo, g.Hi)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", words[g.Verdict], g.Gate.Name, g.About(), measured, expected(g.Gate))
	}
	return w.Flush()
}

// expected says what is expected of a number, as the file of benchmarks does.
func expected(g arbench.Gate) string {
	if g.Bound == "value" && g.Min != nil && g.Max != nil {
		half := (*g.Max - *g.Min) / 2
		return fmt.Sprintf("%.2f ± %.2f", *g.Min+half, half)
	}
	return g.Want()
}
