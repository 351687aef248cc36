package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/internal/wording"
)

func newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list [KIND [NAME]]",
		Short: "Show what a suite can use: plugins, their options, built-in suites",
		Long: `List shows the plugins in this program and the built-in suites. With a KIND it
shows those of one kind, with a NAME too one plugin with its options, or the file
of a suite. The kinds are
` + strings.Join(kindNames(), ", ") + ".",
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: completeList,
		RunE: func(c *cobra.Command, args []string) error {
			return list(c.OutOrStdout(), args)
		},
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.many)
	}
	return names
}

// completeList completes a kind, then a name of that kind.
func completeList(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return kindNames(), cobra.ShellCompDirectiveNoFileComp
	}
	k, err := findKind(args[0])
	if err != nil || len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return k.names(), cobra.ShellCompDirectiveNoFileComp
}

func list(w io.Writer, args []string) error {
	if len(args) == 0 {
		return listAll(w)
	}
	k, err := findKind(args[0])
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return listKind(w, k, "", true)
	}
	name := args[1]
	if names := k.names(); !slices.Contains(names, name) {
		return fmt.Errorf("unknown %s %q%s", k.one, name, wording.DidYouMean(name, names))
	}
	if k.show != nil {
		return coded(exitUnmeasured, k.show(w, name))
	}
	a, err := k.about(name)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	return describe(w, k.one, name, a)
}

func findKind(written string) (kind, error) {
	all := kinds()
	for _, k := range all {
		if written == k.one || written == k.many {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("unknown kind %q%s", written, wording.DidYouMean(written, kindNames()))
}

func listAll(w io.Writer) error {
	for i, k := range kinds() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, k.many)
		if err := listKind(w, k, "  ", false); err != nil {
			return err
		}
	}
	return nil
}

// listKind writes one line for each of a kind, and a second one with what there is to say of it here.
func listKind(out io.Writer, k kind, indent string, second bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range k.names() {
		a, err := k.about(name)
		if err != nil {
			return coded(exitUnmeasured, err)
		}
		fmt.Fprintf(w, "%s%s\t%s\n", indent, name, a.doc)
		if second && a.here != "" {
			fmt.Fprintf(w, "%s\t%s\n", indent, a.here)
		}
	}
	return coded(exitUnmeasured, w.Flush())
}

// parseList reads what list prints without arguments, here or in another program: a line for each kind,
// indented ones for what is of it. It returns "attack pgd" and the like.
func parseList(text string) []string {
	var out []string
	kind := ""
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case !strings.HasPrefix(line, " "):
			kind = fields[0]
			if k, err := findKind(kind); err == nil {
				kind = k.one
			}
		default:
			out = append(out, kind+" "+fields[0])
		}
	}
	return out
}
