package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// platform writes what the plug-ins of one platform are, and counts those that do not work.
func (d *doctor) platform(ctx context.Context, out io.Writer, platform string) {
	found, err := plugin.Find(platform)
	var wheels []plugin.Candidate
	if absent(err) {
		if wheels = plugin.InWheels(platform, pythonPackages(ctx)...); len(wheels) == 0 {
			fmt.Fprintf(out, "  %s: %s\n", platform, indented(err))
		}
	} else if err != nil {
		d.broken++
		fmt.Fprintf(out, "  %s: %s\n", platform, indented(err))
	}
	for _, c := range append(found, wheels...) {
		if ctx.Err() != nil {
			return
		}
		fmt.Fprintf(out, "  %s: %s (%s)\n", platform, c.Path, c.From)
		if slices.Contains(wheels, c) {
			fmt.Fprintf(out, "    runs do not find it by themselves: set %s=%s\n", plugin.Variable(platform), c.Path)
		}
		if !plugin.Linked {
			fmt.Fprintf(out, "    not examined: %v\n", plugin.ErrNotLinked)
			continue
		}
		f, err := d.examine(ctx, platform, c.Path)
		if err != nil {
			d.broken++
			fmt.Fprintf(out, "    does not work: %s\n", indented(err))
			continue
		}
		fmt.Fprintf(out, "    works: PJRT %d.%d, %s\n", f.Major, f.Minor, device(f.Info))
		fmt.Fprintf(out, "    products are of %v: off by %.0e of matrices, by %.0e of convolutions\n", f.Precision, f.MatMul, f.Conv)
		fmt.Fprintf(out, "    loaded in %v, first result after %v more\n", f.Load.Round(time.Millisecond), f.First.Round(time.Millisecond))
	}
}

func device(i plugin.Info) string {
	text := fmt.Sprintf("%d devices of kind %s", i.Devices, i.Device)
	if i.Devices == 1 {
		text = "device " + i.Device
	}
	if i.Version != i.Platform {
		text += ", " + i.Version
	}
	return text
}

// indented returns an error as it stands below a line of doctor.
func indented(err error) string { return strings.ReplaceAll(err.Error(), "\n", "\n    ") }

// pythonPackages returns the folders in which the Python of this machine has packages, none without
// one.
func pythonPackages(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "python3", "-c", "import site, sysconfig\n"+
		"print(sysconfig.get_path('purelib'), sysconfig.get_path('platlib'), site.getusersitepackages(), sep='\\n')").Output()
	if err != nil {
		return nil
	}
	folders := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(folders)
	return slices.Compact(folders)
}

// An examined is what a process that has loaded a plug-in tells the one that began it.
type examined struct {
	Finding plugin.Finding
	Error   string
}

// newExamine returns the command that loads a plug-in and prints an examined as its last line.
func newExamine() *cobra.Command {
	return &cobra.Command{
		Use:    "examine PLATFORM",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := plugin.Examine(args[0])
			e := examined{Finding: f}
			if err != nil {
				e = examined{Finding: plugin.Finding{Info: f.Info}, Error: err.Error()}
			}
			fmt.Fprintln(c.OutOrStdout())
			return coded(exitUnmeasured, json.NewEncoder(c.OutOrStdout()).Encode(e))
		},
	}
}

// examine has a process of its own examine a plug-in, which may crash or hang.
func (d *doctor) examine(ctx context.Context, platform, path string) (plugin.Finding, error) {
	self, err := os.Executable()
	if err != nil {
		return plugin.Finding{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, fmt.Errorf("it gave no answer in %v", d.timeout))
	defer cancel()
	child := exec.CommandContext(ctx, self, "doctor", "examine", platform)
	child.Env = append(os.Environ(), plugin.Variable(platform)+"="+path)
	child.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	err = child.Run()
	if ctx.Err() != nil {
		return plugin.Finding{}, context.Cause(ctx)
	}
	if err != nil {
		return plugin.Finding{}, fmt.Errorf("the process that loaded it ended with %w: %s", err, reason(stderr.String()))
	}
	lines := bytes.Split(bytes.TrimSpace(stdout.Bytes()), []byte("\n"))
	var e examined
	if err := json.Unmarshal(lines[len(lines)-1], &e); err != nil {
		return plugin.Finding{}, fmt.Errorf("the process that loaded it told nothing: %w", err)
	}
	if e.Error != "" {
		return e.Finding, errors.New(e.Error)
	}
	return e.Finding, nil
}

// fatal matches the lines with which the libraries of a plug-in end the process.
var fatal = regexp.MustCompile(`^F\d{4} |SIG|fatal|Check failed|rror`)

// reason returns the line of what a process wrote that tells best why it ended: the first that speaks of an
// error, else the first that is not blank.
func reason(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		if fatal.MatchString(line) {
			return line
		}
	}
	return lines[0]
}
