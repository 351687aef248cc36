package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
	"github.com/arbench/arbench/internal/wording"
)

// dataFlag adds --data, which sets ARBENCH_DATA in the environment of this process: datasets, those
// of other modules too, read it there.
func dataFlag(f *pflag.FlagSet) {
	f.Func("data", "look for data sets in the folders of `DIR`, one for each; ARBENCH_DATA sets it too",
		func(dir string) error { return os.Setenv(files.Variable, dir) })
}

func newData() *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "Show, fetch and verify the data sets that suites use",
		Long: `Data shows what data sets there are and where their files are, fetches them from
their authors, and verifies them. No other command downloads anything.

Each data set has a folder of its name in --data DIR, or else in ARBENCH_DATA, or
else in arbench in the user's folder for data (XDG_DATA_HOME, ~/.local/share).`,
		Args: func(c *cobra.Command, args []string) error { return knownCommand(c, args) },
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newDataList(), newDataFetch(), newDataVerify())
	return c
}

// published returns the data sets that have files to fetch, and their names in order.
func published() (sets map[string]files.Published, names []string) {
	sets = map[string]files.Published{}
	for _, name := range arbench.Datasets.Names() {
		if d, err := arbench.Datasets.New(name); err == nil {
			if p, ok := d.(files.Published); ok {
				sets[name], names = p, append(names, name)
			}
		}
	}
	return sets, names
}

// choose returns the named data sets.
func choose(names []string) ([]files.Published, error) {
	sets, all := published()
	var out []files.Published
	for _, name := range names {
		d, ok := sets[name]
		switch {
		case ok:
		case slices.Contains(arbench.Datasets.Names(), name):
			return nil, fmt.Errorf("data set %q has no published files: there is nothing to fetch or verify", name)
		default:
			return nil, fmt.Errorf("no data set is called %q%s", name, wording.DidYouMean(name, all))
		}
		out = append(out, d)
	}
	return out, nil
}

func completeData(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	_, names := published()
	return names, cobra.ShellCompDirectiveNoFileComp
}

func newDataList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show the data sets, their licences, and where they are",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "name\ttitle\tdownload\tlicence\twhere")
			sets, names := published()
			for _, name := range names {
				s := sets[name].Published()
				where, err := s.Find("")
				if err != nil {
					where = "missing: arbench data fetch " + name
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", name, s.Title, size(s.Size()), sets[name].Info().Licence, where)
			}
			return coded(exitUnmeasured, w.Flush())
		},
	}
}

func newDataFetch() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "fetch NAME…",
		Short: "Download data sets from their authors",
		Long: `Fetch downloads data sets, checks the digests of the archives and of what is in
them, and puts the files into a folder, whole or not at all. A transfer that broke
off goes on where it was when the same command is run again.`,
		Example:           "  arbench data fetch fashion-mnist\n  arbench data fetch cifar10 --data /srv/data",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			sets, err := choose(args)
			if err != nil {
				return err
			}
			return fetch(c, sets, from)
		},
	}
	c.Flags().StringVar(&from, "from", "",
		"download the archives from the folder at `URL`, not the official one; digests stay")
	return c
}

// fetch downloads sets one after the other and says where they are.
func fetch(c *cobra.Command, sets []files.Published, from string) error {
	home, err := files.Home()
	if err != nil {
		return coded(exitUsage, err)
	}
	tell, end := transfers(c.ErrOrStderr())
	f := files.Fetcher{From: from, Tell: tell}
	for _, d := range sets {
		s := d.Published()
		got, err := f.Fetch(c.Context(), s, home)
		end()
		if c.Context().Err() != nil {
			return coded(exitInterrupted, errors.New("interrupted; the same command goes on"))
		}
		if err != nil {
			return coded(exitUnmeasured, fmt.Errorf("%s: %w", s.Name, err))
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %s in %s\n", s.Name, got.Title, got.Folder)
	}
	return nil
}

func newDataVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [NAME…]",
		Short: "Read data sets and compare them with what is published",
		Long: `Verify reads the files of the named data sets, or of all that are there, prints
their digests and says which are the published ones.

Exit code 3: something is missing, damaged or not what is published.`,
		ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = there()
			}
			sets, err := choose(args)
			if err != nil {
				return err
			}
			var errs []error
			for _, d := range sets {
				errs = append(errs, verify(c.Context(), c.OutOrStdout(), d.Published()))
			}
			return coded(exitUnmeasured, errors.Join(errs...))
		},
	}
}

// there returns the names of the data sets that have files somewhere.
func there() []string {
	sets, names := published()
	var out []string
	for _, name := range names {
		if _, err := sets[name].Published().Find(""); err == nil {
			out = append(out, name)
		}
	}
	return out
}

// verify prints the digests of a set's files, decompressed. It is an error if they are not the
// published ones.
func verify(ctx context.Context, w io.Writer, s *files.Set) error {
	got, err := s.Open(ctx, "")
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	fmt.Fprintf(w, "%s: %s in %s\n", s.Name, got.Title, got.Folder)
	var others []string
	for i, f := range s.Files {
		what := "as published"
		if !got.Known[i] {
			what = "not as published"
			others = append(others, f.Name)
		}
		fmt.Fprintf(w, "%s  %s  %s\n", got.SHA256[i], f.Name, what)
	}
	if len(others) > 0 {
		return fmt.Errorf("%s: not as published: %s", s.Name, strings.Join(others, ", "))
	}
	return nil
}
