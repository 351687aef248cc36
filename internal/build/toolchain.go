package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/arbench/arbench/internal/program"
)

// A Toolchain runs the go command in a directory.
type Toolchain struct {
	dir    string
	errs   io.Writer // what it says goes here
	env    []string
	target string // for which it builds, such as "linux/amd64"
	ending string // of the names of programs there
}

// NewToolchain finds the go command. It works in dir, where all is that it leaves behind when it is
// interrupted; what it does, and the go command says, goes to errs. It builds the same bits in any
// directory, unless the GOFLAGS of the user will have it otherwise: results of plugins without a version
// are those of one program.
func NewToolchain(ctx context.Context, dir string, errs io.Writer) (*Toolchain, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, fmt.Errorf("the go command is needed to build a program, and was not found: "+
			"install Go, such as %s with which this one was built, from https://go.dev/dl: %w", runtime.Version(), err)
	}
	g := &Toolchain{dir: dir, errs: errs, env: append(os.Environ(), "GOWORK=off", "GOTMPDIR="+dir)}
	text, err := g.output(ctx, "env", "GOOS", "GOARCH", "GOEXE", "GOFLAGS")
	if err != nil {
		return nil, err
	}
	lines := append(strings.Split(string(text), "\n"), "", "", "", "")
	g.target, g.ending = lines[0]+"/"+lines[1], lines[2]
	g.env = append(g.env, "GOFLAGS=-trimpath -buildvcs=false "+lines[3])
	return g, nil
}

// tell runs go and says so.
func (g *Toolchain) tell(ctx context.Context, args ...string) error {
	fmt.Fprintf(g.errs, "arbench: go %s\n", strings.Join(args, " "))
	_, err := g.output(ctx, args...)
	return err
}

// output runs go and returns what it writes to its standard output.
func (g *Toolchain) output(ctx context.Context, args ...string) ([]byte, error) {
	c := process(ctx, g.errs, "go", args...)
	c.Dir, c.Env = g.dir, g.env
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s failed (%w); its own words are above", args[0], err)
	}
	return out, nil
}

// process returns a program that is asked to end with ctx, and made to a little later.
func process(ctx context.Context, errs io.Writer, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = errs
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 3 * time.Second
	return c
}

// checkout reads the go.mod in a directory.
func (g *Toolchain) checkout(ctx context.Context, dir string) (*checkout, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(root, "go.mod")
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("want the directory of a module, with its go.mod: %w", err)
	}
	text, err := g.output(ctx, "mod", "edit", "-json", file)
	if err != nil {
		return nil, err
	}
	c := &checkout{root: root}
	return c, json.Unmarshal(text, c)
}

// enclosing returns the checkout of arbench that the working directory is in, nil if there is none.
func (g *Toolchain) enclosing(ctx context.Context) (*checkout, error) {
	dir, err := os.Getwd()
	for err == nil {
		c, wrong := g.checkout(ctx, dir)
		if wrong == nil && c.Module.Path == program.Module {
			return c, nil
		}
		if wrong != nil && !errors.Is(wrong, os.ErrNotExist) {
			return nil, wrong
		}
		if dir == filepath.Dir(dir) {
			return nil, nil
		}
		dir = filepath.Dir(dir)
	}
	return nil, err
}

// added says which plugins a program has that another one lacks, by what read finds in their lists.
func (g *Toolchain) added(ctx context.Context, with, without string, read func(list string) []string) (string, error) {
	if here := runtime.GOOS + "/" + runtime.GOARCH; g.target != here {
		return fmt.Sprintf("built for %s; which plugins it has cannot be asked on %s", g.target, here), nil
	}
	before, err := list(ctx, without)
	if err != nil {
		return "", fmt.Errorf("the program fails without the plugins already: %w", err)
	}
	after, err := list(ctx, with)
	if err != nil {
		return "", fmt.Errorf("the program with the plugins fails: %w", err)
	}
	had := read(before)
	added := slices.DeleteFunc(read(after), func(s string) bool { return slices.Contains(had, s) })
	if len(added) == 0 {
		return "built, but no plugin was added: a package adds one by Register in its init, " +
			"such as arbench.Attacks.Register", nil
	}
	return "built, adds " + strings.Join(added, ", "), nil
}

// list returns what a program's command list prints. Of a panic, as when a name is taken, the error
// has the first line.
func list(ctx context.Context, program string) (string, error) {
	var errs strings.Builder
	text, err := process(ctx, &errs, program, "list").Output()
	if err != nil {
		first, _, _ := strings.Cut(errs.String(), "\n")
		return "", fmt.Errorf("%w: %s", err, first)
	}
	return string(text), nil
}
