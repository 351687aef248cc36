package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
)

// A delivery says in which formats a report goes where.
type delivery struct {
	formats []string // empty means those of the suite
	out     string   // a directory; empty means the first format to standard output
	summary bool     // append it to the summary of a job as well
	demand

	name      string // of the files, without ending
	reporters []arbench.Reporter
}

func (d *delivery) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&d.formats, "format", nil,
		"report in these `formats`, such as md,csv, not in the suite's")
	f.StringVar(&d.out, "out", "",
		"write a file for each format into `DIR`, not the first to standard output")
	d.summaryFlag(f)
	d.demand.flags(f)
}

// prepare finds the reporters and makes the directory, so that a mistake shows before the work. It
// takes the name of the suite, and the formats that it asks for.
func (d *delivery) prepare(name string, formats []string) error {
	if err := errors.Join(d.checkSummary(), d.demand.check()); err != nil {
		return err
	}
	if len(d.formats) > 0 {
		formats = d.formats
	}
	var names []string
	for _, format := range formats {
		name, r, err := reporter(format)
		if err != nil {
			return err
		}
		if !slices.Contains(names, name) {
			names, d.reporters = append(names, name), append(d.reporters, r)
		}
	}
	if len(d.formats) > 0 && len(names) > 1 && d.out == "" {
		return fmt.Errorf("--format %s: only one fits on standard output: name a directory with --out",
			strings.Join(d.formats, ","))
	}
	d.name = fileName(name)
	if d.out == "" {
		return nil
	}
	return writable("--out", d.out)
}

// reporter returns the reporter that a format asks for, by its name or, failing that, by its file name
// ending, and the name.
func reporter(format string) (string, arbench.Reporter, error) {
	names := arbench.Reporters.Names()
	if slices.Contains(names, format) {
		r, err := arbench.Reporters.New(format)
		return format, r, err
	}
	for _, name := range names {
		r, err := arbench.Reporters.New(name)
		if err != nil {
			return "", nil, err
		}
		if r.Info().Extension == format {
			return name, r, nil
		}
	}
	return "", nil, fmt.Errorf("--format: unknown reporter %q%s", format, wording.DidYouMean(format, names))
}

// fileName returns the name of a suite as one that every file system takes.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
}

// writable makes the directory that a flag names and tries whether it takes a file.
func writable(flag, dir string) error {
	err := os.MkdirAll(dir, 0o777)
	var f *os.File
	if err == nil {
		f, err = os.CreateTemp(dir, ".arbench-")
	}
	if err != nil {
		return fmt.Errorf("%s %q: cannot be written: %w", flag, dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// write renders r, in each format. The files it returns are those it wrote. A format that fails costs no other.
func (d *delivery) write(stdout io.Writer, r *arbench.Results) (files []string, err error) {
	if d.out == "" {
		return nil, d.reporters[0].Report(stdout, r)
	}
	var errs []error
	for _, rep := range d.reporters {
		path := filepath.Join(d.out, d.name+"."+rep.Info().Extension)
		if err := writeFile(path, func(w io.Writer) error { return rep.Report(w, r) }); err != nil {
			errs = append(errs, fmt.Errorf("report %q: %w", path, err))
			continue
		}
		files = append(files, path)
	}
	return files, errors.Join(errs...)
}

// writeFile makes the file at path hold what write writes, or leaves it as it was.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".arbench-")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
