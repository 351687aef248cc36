package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/internal/build"
)

// A buildCommand is the flags of build.
type buildCommand struct {
	with                  []string
	output, arbench, tags string
}

func newBuild() *cobra.Command {
	b := &buildCommand{}
	c := &cobra.Command{
		Use:   "build --with MODULE[@VERSION][=DIR]...",
		Short: "Make a program like this one with plugins of other modules in it",
		Long: `Build makes a program with the built-in plugins and those of the packages that
--with names: the package at the root of a module, or one below it. Its version is
as for go get, without one the latest release; =DIR takes the module from a checkout.
Go must be installed; it finds modules as the environment says (GOPROXY, GOPRIVATE).

The program is of the same release of arbench as this one. A program that was built
in a checkout has no release: then --arbench names the checkout to build from.`,
		Example: `  arbench build --with example.net/coinflip@v1.2.0
  arbench build --with example.net/attacks/coinflip=../attacks --output mine`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return b.run(c) },
	}
	f := c.Flags()
	f.StringArrayVar(&b.with, "with", nil, "link the plugins of a package, `MODULE[/PACKAGE][@VERSION][=DIR]`; may be repeated")
	f.StringVar(&b.output, "output", "arbench-with-plugins"+executable(), "write the program to `FILE`")
	f.StringVar(&b.arbench, "arbench", "", "build from the checkout of arbench in `DIR`; "+
		"a program without a release takes the one around the working directory")
	f.StringVar(&b.tags, "tags", "", "build with these `TAGS`, separated by commas")
	return c
}

// executable returns the ending of the name of a program.
func executable() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

func (b *buildCommand) run(c *cobra.Command) error {
	adds, err := build.ParseAdditions(b.with)
	if err != nil {
		return err
	}
	if info, err := os.Stat(b.output); err == nil && info.IsDir() {
		return fmt.Errorf("--output %q: it is a directory: want the name of a file", b.output)
	}
	if err := writable("--output", filepath.Dir(b.output)); err != nil {
		return coded(exitUsage, err)
	}
	dir, err := os.MkdirTemp(os.Getenv("GOTMPDIR"), "arbench-build-")
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	defer os.RemoveAll(dir)
	err = b.build(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), dir, adds)
	if c.Context().Err() != nil {
		return coded(exitInterrupted, errors.New("interrupted; nothing was built"))
	}
	return coded(exitUnmeasured, err)
}

// build builds the program in dir and puts it where it is to be.
func (b *buildCommand) build(ctx context.Context, out, errs io.Writer, dir string, adds []build.Addition) error {
	g, err := build.NewToolchain(ctx, dir, errs)
	if err != nil {
		return err
	}
	m, err := g.Compose(ctx, b.arbench, adds)
	if err != nil {
		return coded(exitUsage, err)
	}
	built, note, err := g.Build(ctx, m, b.tags, parseList)
	if _, mistake := errors.AsType[build.Uncompiled](err); mistake {
		return coded(exitUsage, err)
	}
	if err != nil {
		return err
	}
	if err := install(built, b.output); err != nil {
		return fmt.Errorf("--output %q: %w", b.output, err)
	}
	_, err = fmt.Fprintf(out, "%s: %s\n", b.output, note)
	return err
}

// install copies what was built to the file at path, whole or not at all.
func install(built, path string) error {
	from, err := os.Open(built)
	if err != nil {
		return err
	}
	defer from.Close()
	err = writeFile(path, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
	if err != nil {
		return err
	}
	return os.Chmod(path, 0o755)
}
