package cmd

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/program"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of all parts, the processor and the arithmetic",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return coded(exitUnmeasured, printVersion(c.OutOrStdout()))
		},
	}
}

func printVersion(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	all := program.Versions()
	for _, v := range all[:2] {
		fmt.Fprintf(w, "%s\t%s\n", v.Name, v.Version)
	}
	fmt.Fprintf(w, "processor\t%s\n", program.Processor())
	for _, name := range arbench.Backends.Names() {
		b, err := arbench.Backends.New(name)
		if err != nil {
			return err
		}
		where, err := here(b)
		if err == nil {
			where = b.Info().Numerics
		}
		fmt.Fprintf(w, "%s\t%s\n", name, where)
	}
	for _, v := range all[2:] {
		fmt.Fprintf(w, "%s\t%s\n", v.Name, v.Version)
	}
	return w.Flush()
}
