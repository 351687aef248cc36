package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/wording"
)

func newStore() *cobra.Command {
	c := &cobra.Command{
		Use:   "store",
		Short: "Merge stores, and remove what is not needed",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newStoreMerge(), newStoreGC())
	return c
}

func newStoreMerge() *cobra.Command {
	var into string
	c := &cobra.Command{
		Use:   "merge DIR...",
		Short: "Copy the answers of other stores into --store",
		Long: `Merge copies what other stores hold into --store: after "arbench run --shard" on
several machines, or to share trainings. Stores that answer one question otherwise
are refused before anything is written.`,
		Example: `  arbench store merge shard1 shard2 shard3 shard4
  arbench report digits`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return mergeStores(c.Context(), c.OutOrStdout(), into, args)
		},
	}
	storeFlag(c.Flags(), &into)
	return c
}

func mergeStores(ctx context.Context, out io.Writer, into string, dirs []string) error {
	target, err := openStore(into, false)
	if err != nil {
		return coded(exitUsage, err)
	}
	var sources []runner.Source
	for _, dir := range dirs {
		s, err := openStore(dir, true)
		if err != nil {
			return coded(exitUsage, err)
		}
		sources = append(sources, s)
	}
	m, err := runner.Merge(ctx, target, sources)
	if ctx.Err() != nil {
		return coded(exitInterrupted, errors.New("interrupted; the same command goes on"))
	}
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	_, err = fmt.Fprintf(out, "%s: %s and %s new, %d known\n",
		into, wording.Counted(m.Trainings, "training"), wording.Counted(m.Cells, "answer"), m.Known)
	return coded(exitUnmeasured, err)
}

// openStore opens a store, which may have to be there.
func openStore(dir string, there bool) (runner.Source, error) {
	st, err := store.Open(dir)
	if err == nil && there {
		if _, err := os.Stat(filepath.Join(dir, "format")); err != nil {
			return runner.Source{}, fmt.Errorf("%q is no store: %w", dir, err)
		}
	}
	return runner.Source{Name: dir, Store: st}, err
}

// A collector is the flags of gc.
type collector struct {
	dir    string
	set    []string
	delete bool
}

func newStoreGC() *cobra.Command {
	k := &collector{}
	c := &cobra.Command{
		Use:   "gc SUITE...",
		Short: "Remove what no named suite needs from --store",
		Long: `Gc removes what --store holds and no SUITE needs: trainings and answers of other
suites, of earlier versions and of changed options. A SUITE is a file, the name of
a built-in one, or a report in JSON, which keeps what it was made from, whatever was
--set. Where a backend of a SUITE does not run, it is not known what is of it, and
nothing is removed. Without --delete it only says what it would remove.`,
		Example: `  arbench store gc digits mine.toml results/old.json
  arbench store gc digits mine.toml results/old.json --delete`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeSuite,
		RunE:              func(c *cobra.Command, args []string) error { return k.run(c, args) },
	}
	storeFlag(c.Flags(), &k.dir)
	c.Flags().StringArrayVar(&k.set, "set", nil, "change a `key=value` of every suite; repeatable")
	c.Flags().BoolVar(&k.delete, "delete", false, "remove it")
	return c
}

func (k *collector) run(c *cobra.Command, args []string) error {
	s, err := openStore(k.dir, true)
	if err != nil {
		return coded(exitUsage, err)
	}
	keep := runner.Keep{}
	for _, arg := range args {
		if err := k.keep(c.Context(), keep, s.Store, arg); err != nil {
			return coded(exitUsage, err)
		}
	}
	records, err := keep.Unneeded(s.Store)
	if err == nil && k.delete {
		records, err = runner.Remove(s.Store, records)
	}
	if err == nil {
		_, err = s.Sweep()
	}
	return coded(exitUnmeasured, errors.Join(err, k.say(c.OutOrStdout(), records)))
}

// keep adds what a suite, or a report in JSON, needs.
func (k *collector) keep(ctx context.Context, keep runner.Keep, st *store.Store, arg string) error {
	if filepath.Ext(arg) == ".json" {
		r, err := loadResults(arg)
		if err != nil {
			return err
		}
		if runner.Untold(r) {
			return fmt.Errorf("nothing is removed: %q was made where a backend of its suite does not run, and may lack what the store holds: "+
				"name a report from where it runs", arg)
		}
		keep.AddResults(r)
		return nil
	}
	q := question{suite: arg, set: k.set}
	p, err := q.plan(ctx)
	if err != nil {
		return err
	}
	if err := p.Ready(); err != nil {
		return fmt.Errorf("nothing is removed, for what the store holds of this suite cannot be told: %w\n"+
			"name a report in JSON from where it runs, or do this there", err)
	}
	return keep.AddPlan(st, p)
}

func (k *collector) say(out io.Writer, records []store.Record) error {
	var bytes int64
	kinds := map[string]int{}
	for _, r := range records {
		bytes += r.Bytes
		kinds[r.Kind]++
	}
	verb, rest := "would remove", "; to do it: --delete"
	if k.delete {
		verb, rest = "removed", ""
	}
	if len(records) == 0 {
		rest = ""
	}
	_, err := fmt.Fprintf(out, "%s %s of %s: %s and %s among them%s\n", verb, wording.Counted(len(records), "record"),
		size(bytes), wording.Counted(kinds["training"], "training"), wording.Counted(kinds["outcome"]+kinds["probe"], "answer"), rest)
	return err
}
