// Package build makes programs like this one with plugins of other modules in them. It has the go
// command do so: it composes a module whose programs are arbench with and without those plugins.
package build

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/arbench/arbench/internal/program"
)

// Compose returns the module to build. Its arbench is that of the directory checkout; if that is "", the
// release of this program, or where it has none the checkout around the working directory. What the
// go.mod of additions in a directory says is put into adds, which the module keeps. Errors name the
// flags of "arbench build".
func (g *Toolchain) Compose(ctx context.Context, checkout string, adds []Addition) (*Module, error) {
	m := &Module{release: program.Release(), additions: adds}
	var err error
	switch {
	case checkout != "":
		m.release = ""
		if m.arbench, err = g.checkout(ctx, checkout); err != nil {
			return nil, fmt.Errorf("--arbench %q: %w", checkout, err)
		}
		if m.arbench.Module.Path != program.Module {
			return nil, fmt.Errorf("--arbench %q: it holds the module %s: want a checkout of %s",
				checkout, m.arbench.Module.Path, program.Module)
		}
	case m.release == "":
		if m.arbench, err = g.enclosing(ctx); err != nil {
			return nil, err
		}
		if m.arbench == nil {
			return nil, fmt.Errorf("this program (%s) was built in a checkout and is of no release that Go could fetch: "+
				"name a checkout of %s with --arbench DIR, or run in one", program.Version(), program.Module)
		}
	}
	for i, a := range adds {
		if a.dir == "" {
			continue
		}
		if adds[i].checkout, err = g.checkout(ctx, a.dir); err == nil {
			err = a.within(adds[i].Module.Path)
		}
		if err != nil {
			return nil, fmt.Errorf("--with %q: %w", a.written, err)
		}
	}
	return m, nil
}

// Uncompiled is the error of packages that the compiler refuses, or that are not in their module.
type Uncompiled struct{ error }

// Unwrap returns what the go command said.
func (e Uncompiled) Unwrap() error { return e.error }

// Build makes the program of m twice, with and without the additions, in the directory of the
// toolchain, with tags separated by commas; "" is none. It returns the path of the first one, and says
// which plugins only that one has, by what read finds in the output of "arbench list", such as
// "attack pgd".
func (g *Toolchain) Build(
	ctx context.Context, m *Module, tags string, read func(list string) []string,
) (path, note string, err error) {
	if err := m.write(g.dir); err != nil {
		return "", "", err
	}
	if fetch := m.fetch(); len(fetch) > 0 {
		if err := g.tell(ctx, append([]string{"get"}, fetch...)...); err != nil {
			return "", "", err
		}
	}
	programs := filepath.Join(g.dir, "programs") + string(filepath.Separator)
	args := []string{"build", "-mod=mod", "-o", programs}
	if tags != "" {
		args = append(args, "-tags="+tags)
	}
	if err := g.tell(ctx, append(args, "./with", "./without")...); err != nil {
		return "", "", Uncompiled{err}
	}
	with, without := programs+"with"+g.ending, programs+"without"+g.ending
	note, err = g.added(ctx, with, without, read)
	return with, note, err
}
