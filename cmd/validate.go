package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newValidate() *cobra.Command {
	var q question
	var resolved bool
	c := &cobra.Command{
		Use:   "validate SUITE",
		Short: "Check a suite and show what a run of it would do",
		Long: `Validate reads a suite, a file or the name of a built-in one, and plans it as run
does: every mistake is shown at once. It prints the models, the cells and what
they cost in passes through the nets. It runs nothing and needs no store.`,
		Args:              oneSuite,
		ValidArgsFunction: completeSuite,
		RunE: func(c *cobra.Command, args []string) error {
			q.suite = args[0]
			p, err := q.plan(c.Context())
			if err != nil {
				return err
			}
			if resolved { // which is of no machine
				_, err = fmt.Fprint(c.OutOrStdout(), p.Suite.TOML())
				return coded(exitUnmeasured, err)
			}
			if err := p.Ready(); err != nil {
				return coded(exitUsage, err)
			}
			return coded(exitUnmeasured, p.Describe(c.OutOrStdout()))
		},
	}
	q.flags(c.Flags())
	c.Flags().BoolVar(&resolved, "resolved", false, "print the suite with every default filled in, as a file")
	return c
}
