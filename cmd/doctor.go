package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gomlx/plugin"
	"github.com/arbench/arbench/internal/program"
)

// A doctor is the flags of doctor, and what it has found.
type doctor struct {
	timeout time.Duration
	broken  int // of what is there
}

func newDoctor() *cobra.Command {
	d := &doctor{}
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can run on, and check that it computes what it should",
		Long: `Doctor describes the processor and the backends, and looks for PJRT plug-ins: the
libraries with which the backend gomlx runs on GPUs. It loads each in a process of its
own, multiplies there and compares with float64, so that a GPU that rounds
to TF32 shows. What is not there it says how to install; it installs nothing.

The exit code is 0 if what is there works, 3 if something that is there does not.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return d.run(c.Context(), c.OutOrStdout()) },
	}
	c.Flags().DurationVar(&d.timeout, "timeout", 2*time.Minute, "give each plug-in at most `TIME` to load and compute")
	c.AddCommand(newExamine())
	return c
}

func (d *doctor) run(ctx context.Context, out io.Writer) error {
	if d.timeout <= 0 {
		return fmt.Errorf("--timeout %v: want more than 0, such as 2m", d.timeout)
	}
	if err := printMachine(out); err != nil {
		return coded(exitUnmeasured, err)
	}
	if err := d.backends(out); err != nil {
		return coded(exitUnmeasured, err)
	}
	fmt.Fprintln(out, "\nPJRT plug-ins")
	for _, platform := range []string{plugin.CPU, plugin.CUDA} {
		d.platform(ctx, out, platform)
	}
	switch {
	case ctx.Err() != nil:
		return coded(exitInterrupted, errors.New("interrupted; not everything was examined"))
	case d.broken == 1:
		return coded(exitUnmeasured, errors.New("of what is there, a backend or plug-in does not work"))
	case d.broken > 0:
		return coded(exitUnmeasured, fmt.Errorf("of what is there, %d backends or plug-ins do not work", d.broken))
	}
	return nil
}

// backends writes what list does.
func (d *doctor) backends(out io.Writer) error {
	fmt.Fprintln(out, "\nbackends")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range arbench.Backends.Names() {
		b, err := arbench.Backends.New(name)
		if err != nil {
			return err
		}
		text, err := here(b)
		if err != nil && !absent(err) {
			d.broken++
		}
		fmt.Fprintf(w, "  %s\t%s\n", name, text)
	}
	return w.Flush()
}

// absent reports that err says that something is not there, rather than that it does not work.
func absent(err error) bool {
	_, missing := errors.AsType[*plugin.MissingError](err)
	return missing || errors.Is(err, plugin.ErrNotLinked)
}

func printMachine(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	xla := "built without XLA"
	if plugin.Linked {
		xla = "built with XLA"
	}
	fmt.Fprintf(w, "arbench\t%s, %s/%s, %s\n", program.Version(), runtime.GOOS, runtime.GOARCH, xla)
	fmt.Fprintf(w, "processor\t%s\n", program.Processor())
	if text := memory("/proc/meminfo"); text != "" {
		fmt.Fprintf(w, "memory\t%s\n", text)
	}
	fmt.Fprintf(w, "GPU driver\t%s\n", cmp.Or(driver("/proc/driver/nvidia/version"), "none of NVIDIA's"))
	return w.Flush()
}

// memory returns what Linux says of the memory in a file, or nothing.
func memory(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	var total, free int64 // in KiB
	for line := range strings.Lines(string(text)) {
		fmt.Sscanf(line, "MemTotal: %d kB", &total)
		fmt.Sscanf(line, "MemAvailable: %d kB", &free)
	}
	if total == 0 {
		return ""
	}
	const perGiB = 1 << 20
	return fmt.Sprintf("%.1f GiB, %.1f GiB free", float64(total)/perGiB, float64(free)/perGiB)
}

// driver returns the first line of what NVIDIA's driver says of itself in a file, or nothing.
func driver(file string) string {
	text, _ := os.ReadFile(file)
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.Join(strings.Fields(strings.TrimPrefix(first, "NVRM version:")), " ")
}
