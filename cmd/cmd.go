// Package cmd is the command arbench. A main that links plugins of its own calls [Main], as
// cmd/arbench does with the built-in ones.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/arbench/arbench/internal/program"
	"github.com/arbench/arbench/internal/wording"
)

// The exit codes other than 0.
const (
	exitGate        = 1   // all was measured, and a gate does not hold
	exitUsage       = 2   // the command line, the suite or the store asks for what cannot be
	exitUnmeasured  = 3   // something could not be measured
	exitUntrusted   = 4   // all was measured, and a number is trusted less than it has to be
	exitInterrupted = 130 // as shells have it; the same command goes on
)

// An exit is an error with the exit code that it causes.
type exit struct {
	code int
	error
}

// Unwrap returns the error without the code.
func (e exit) Unwrap() error { return e.error }

// coded returns err with an exit code, and nil for nil. An error that has one keeps it.
func coded(code int, err error) error {
	if _, ok := err.(exit); ok || err == nil {
		return err
	}
	return exit{code, err}
}

// Main runs the command with the arguments of the process and exits. The first interrupt ends it
// in good order, a second one at once.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Run runs the command with the given arguments, without the program's name, and returns the exit
// code: 0 when all went well, 1 if a gate failed, 2 for a mistake in the command line or the suite, 3 if
// something could not be measured, whatever the gates say, 4 if a number is trusted less than a flag
// wants, whatever the gates say, 130 if ctx ended it. Reports, lists and help go to stdout; progress and
// errors, one a line, to stderr.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(stderr, "arbench: %s\n", line)
	}
	if e, ok := errors.AsType[exit](err); ok {
		return e.code
	}
	fmt.Fprintf(stderr, "arbench: see %s --help\n", c.CommandPath())
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "arbench",
		Short: "Measure what adversarial robustness costs and what it regularizes",
		Long: `arbench trains the models of a suite, puts them to attacks, and reports what
adversarial robustness costs in standard accuracy and what it regularizes.

Exit codes: 0 all is well, 1 a gate failed, 2 a mistake in the command line or
the suite, 3 something could not be measured, 4 a number is not trusted as a flag
wants it, 130 interrupted.`,
		Version:       program.Version(),
		Args:          knownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true, // Run prints them
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("arbench {{.Version}}\n")
	dataFlag(root.PersistentFlags())
	root.AddCommand(
		newRun(), newReport(), newCompare(), newCheck(), newValidate(), newList(), newData(), newStore(),
		newExport(), newVerify(), newTry(), newConformance(), newBench(), newBuild(), newDoctor(), newVersion(),
	)
	return root
}

// flagError says what a flag wants where its value was none.
func flagError(_ *cobra.Command, err error) error {
	bad, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number of at least 0", "bool": "true or false",
		"i/n": "i/n with i from 1 to n",
	}[bad.GetFlag().Value.Type()]
	if want == "" {
		return err
	}
	return fmt.Errorf("--%s %q: want %s", bad.GetFlag().Name, bad.GetValue(), want)
}

// knownCommand refuses what is left on the command line where no sub-command was found.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("unknown command %q%s", args[0], wording.DidYouMean(args[0], names))
}
