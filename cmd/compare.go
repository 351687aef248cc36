package cmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/compare"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
	reportjson "github.com/arbench/arbench/reports/json"
	"github.com/arbench/arbench/suites"
)

// A compareCommand is the flags of compare, and the stores in which outcomes are looked for.
type compareCommand struct {
	question
	dir    string
	format string

	stores []*store.Store
}

var compareFormats = []string{"text", "csv", "benchstat"}

func newCompare() *cobra.Command {
	k := &compareCommand{}
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Compare the accuracies of two results, example by example",
		Long: `Compare shows by how much the accuracies of B differ from those of A, clean and
under each attack, with intervals. A and B are each

  a report in JSON, such as old.json,
  a store, whose answers to --suite are taken, or
  a suite, whose answers in --store are taken.

Models and attacks are matched by name, trainings by seed; if no seed is in both,
in order. Where a store that is named here, or --store, holds the outcomes of
both, the difference is paired: over the same examples. Elsewhere it is that of
two independent numbers, and is marked so. With --format benchstat it prints both
as input for benchstat: benchstat -col result FILE.`,
		Example: `  arbench compare old.json new.json
  arbench compare old/.arbench .arbench --suite digits
  arbench compare old.json digits --format csv`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeSuite,
		RunE:              func(c *cobra.Command, args []string) error { return k.run(c, args) },
	}
	f := c.Flags()
	f.StringVar(&k.suite, "suite", "", "the `SUITE` whose answers are taken from A or B, if that is a store")
	k.question.flags(f)
	storeFlag(f, &k.dir)
	f.StringVar(&k.format, "format", "text", "print as `F`: "+strings.Join(compareFormats, ", "))
	return c
}

func (k *compareCommand) run(c *cobra.Command, args []string) error {
	if !slices.Contains(compareFormats, k.format) {
		return fmt.Errorf("--format: unknown %q%s", k.format, wording.DidYouMean(k.format, compareFormats))
	}
	var sides [2]compare.Side
	for i, arg := range args {
		r, err := k.results(c, arg)
		if err != nil {
			return coded(exitUsage, err)
		}
		sides[i] = compare.Side{Name: arg, Results: r}
	}
	if args[0] == args[1] {
		sides[0].Name, sides[1].Name = args[0]+" (A)", args[1]+" (B)"
	}
	if _, err := os.Stat(k.dir); err == nil {
		if _, err := k.open(k.dir); err != nil {
			return coded(exitUsage, err)
		}
	}
	m, err := compare.Match(k.stores, sides[0], sides[1])
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	print := map[string]func(io.Writer) error{"text": m.Text, "csv": m.CSV, "benchstat": m.Benchstat}[k.format]
	return coded(exitUnmeasured, print(c.OutOrStdout()))
}

// results returns the results that an argument names.
func (k *compareCommand) results(c *cobra.Command, arg string) (*arbench.Results, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		if k.suite == "" {
			return nil, fmt.Errorf("%q is a directory: say with --suite whose answers to take from it", arg)
		}
		return k.collect(c, arg, k.suite)
	case filepath.Ext(arg) == ".json":
		return loadResults(arg)
	case err != nil && !slices.Contains(suite.Names(suites.FS), strings.TrimSuffix(arg, ".toml")):
		return nil, fmt.Errorf("%q is no file, no directory and no built-in suite: "+
			"want a report in JSON, a store or a suite", arg)
	}
	return k.collect(c, k.dir, arg)
}

// collect returns the answers to a suite that the store in dir holds.
func (k *compareCommand) collect(c *cobra.Command, dir, suite string) (*arbench.Results, error) {
	st, err := k.open(dir)
	if err != nil {
		return nil, err
	}
	q := k.question
	q.suite = suite
	p, err := q.plan(c.Context())
	if err != nil {
		return nil, err
	}
	r, err := runner.Collect(st, p)
	if err == nil && len(r.Cells) == 0 {
		err = untold(dir, p)
	}
	return r, err
}

// open opens the store in dir, and remembers it for outcomes.
func (k *compareCommand) open(dir string) (*store.Store, error) {
	st, err := store.Open(dir)
	if err == nil {
		k.stores = append(k.stores, st)
	}
	return st, err
}

// loadResults reads a report in JSON.
func loadResults(path string) (*arbench.Results, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := reportjson.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%q is no report in JSON that this program reads: %w", path, err)
	}
	return r, nil
}
