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
they cost in passes through the nets. It runs nothing and needs no store. What is
missing on this machine to run the suite is told, and is no mistake of the suite.`,
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
			if err := p.Describe(c.OutOrStdout()); err != nil {
				return coded(exitUnmeasured, err)
			}
			if err := p.Ready(); err != nil { // the suite is sound, and may be meant for another machine
				fmt.Fprintf(c.ErrOrStderr(), "arbench: run would refuse this suite on this machine: %v\n", err)
			}
			return nil
		},
	}
	q.flags(c.Flags())
	c.Flags().BoolVar(&resolved, "resolved", false, "print the suite with every default filled in, as a file")
	return c
}
