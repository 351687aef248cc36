package cmd

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/machine"
)

const module = "github.com/arbench/arbench"

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

// version returns that of this module.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module {
			return moduleVersion(m)
		}
	}
	return "(unknown)"
}

// moduleVersion returns the version of m, or of what replaces it.
func moduleVersion(m *debug.Module) string {
	if r := m.Replace; r != nil {
		return cmp.Or(m.Version, "(devel)") + " => " + strings.TrimSpace(r.Path+" "+r.Version)
	}
	return cmp.Or(m.Version, "(devel)")
}

// versions lists the parts of this program: arbench, Go and every other module in it.
func versions() []arbench.Version {
	out := []arbench.Version{
		{Name: "arbench", Version: version()},
		{Name: "go", Version: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != module && m.Path != "" {
			out = append(out, arbench.Version{Name: m.Path, Version: moduleVersion(m)})
		}
	}
	return out
}

func printVersion(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	all := versions()
	for _, v := range all[:2] {
		fmt.Fprintf(w, "%s\t%s\n", v.Name, v.Version)
	}
	fmt.Fprintf(w, "processor\t%s\n", machine.Processor())
	for _, name := range arbench.Backends.Names() {
		b, err := arbench.Backends.New(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\n", name, b.Info().Numerics)
	}
	for _, v := range all[2:] {
		fmt.Fprintf(w, "%s\t%s\n", v.Name, v.Version)
	}
	return w.Flush()
}
