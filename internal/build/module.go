package build

import (
	"bytes"
	"errors"
	"fmt"
	goversion "go/version"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/arbench/arbench/internal/program"
)

// An Addition is a package whose plugins a program is to have.
type Addition struct {
	written            string // on the command line
	path, version, dir string // of its module; version and dir may be empty
	*checkout                 // in dir, nil without one
}

var (
	importPath    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)
	moduleRelease = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+/-]*$`)
)

// ParseAdditions reads the values of --with, "MODULE[/PACKAGE][@VERSION][=DIR]". It refuses none at all,
// what is no path or no version, and a package that is named twice.
func ParseAdditions(with []string) ([]Addition, error) {
	const want = "want MODULE[@VERSION][=DIR], such as example.net/coinflip@v1.2.0 or example.net/coinflip=../coinflip"
	if len(with) == 0 {
		return nil, errors.New("--with is missing: " + want)
	}
	var adds []Addition
	for _, text := range with {
		name, dir, local := strings.Cut(text, "=")
		path, version, versioned := strings.Cut(name, "@")
		a := Addition{written: text, path: path, version: version, dir: dir}
		switch {
		case !importPath.MatchString(path):
			return nil, fmt.Errorf("--with %q: %q is no path of a module: %s", text, path, want)
		case versioned && !moduleRelease.MatchString(version):
			return nil, fmt.Errorf("--with %q: %q is no version: %s", text, version, want)
		case local && dir == "":
			return nil, fmt.Errorf("--with %q: the directory after = is missing: %s", text, want)
		case slices.ContainsFunc(adds, func(b Addition) bool { return b.path == path }):
			return nil, fmt.Errorf("--with %q: %s is named twice", text, path)
		}
		adds = append(adds, a)
	}
	return adds, nil
}

// within returns an error unless the addition is a package of the module.
func (a Addition) within(module string) error {
	if a.path == module || strings.HasPrefix(a.path, module+"/") {
		return nil
	}
	return fmt.Errorf("%s holds the module %s: want that, or a package of it", a.dir, module)
}

// A checkout is what the go.mod in a directory says.
type checkout struct {
	root    string // absolute
	Module  struct{ Path string }
	Go      string
	Require []struct{ Path, Version string }
}

// A Module is one whose programs are arbench with and without additions. Either it has arbench from a
// checkout, or a release of it.
type Module struct {
	arbench   *checkout
	release   string
	additions []Addition
}

// fetch returns what go get is to find: the packages that no checkout has, and the release.
func (m *Module) fetch() []string {
	var out []string
	if m.arbench == nil {
		out = append(out, program.Module+"@"+m.release)
	}
	for _, a := range m.additions {
		if a.dir == "" && a.version == "" {
			out = append(out, a.path+"@latest")
		} else if a.dir == "" {
			out = append(out, a.path+"@"+a.version)
		}
	}
	return out
}

// write writes the files of the module into dir. The sums of the checkouts are taken over: what they
// name need not be asked for again.
func (m *Module) write(dir string) error {
	var sums []byte
	for _, c := range m.checkouts() {
		b, err := os.ReadFile(filepath.Join(c.root, "go.sum"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		sums = append(bytes.TrimRight(append(sums, b...), "\n"), '\n')
	}
	var paths []string
	for _, a := range m.additions {
		paths = append(paths, a.path)
	}
	for name, text := range map[string]string{
		"go.mod":          m.mod(),
		"go.sum":          string(bytes.TrimLeft(sums, "\n")),
		"with/main.go":    mainOf(paths),
		"without/main.go": mainOf(nil),
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// checkouts returns those of arbench and of the additions.
func (m *Module) checkouts() []*checkout {
	var out []*checkout
	if m.arbench != nil {
		out = append(out, m.arbench)
	}
	for _, a := range m.additions {
		if a.checkout != nil && !slices.ContainsFunc(out, func(c *checkout) bool { return c.root == a.root }) {
			out = append(out, a.checkout)
		}
	}
	return out
}

// mod returns the go.mod. It requires what arbench does, so that Go needs no other go.mod to know
// the versions.
func (m *Module) mod() string {
	var b strings.Builder
	fmt.Fprintf(&b, "module arbench-with-plugins\n\n")
	newest := ""
	for _, c := range m.checkouts() {
		if goversion.Compare("go"+c.Go, "go"+newest) > 0 {
			newest = c.Go
		}
	}
	if newest != "" {
		fmt.Fprintf(&b, "go %s\n\n", newest)
	}
	if m.arbench != nil {
		fmt.Fprintf(&b, "require %s v0.0.0\n", program.Module)
		for _, r := range m.arbench.Require {
			fmt.Fprintf(&b, "require %s %s\n", r.Path, r.Version)
		}
	}
	for _, a := range m.additions {
		if a.checkout != nil && a.version != "" {
			fmt.Fprintf(&b, "require %s %s\n", a.Module.Path, a.version)
		}
	}
	for _, c := range m.checkouts() {
		fmt.Fprintf(&b, "replace %s => %q\n", c.Module.Path, filepath.ToSlash(c.root))
	}
	return b.String()
}

// mainOf returns the source of a program with the plugins of some packages, as cmd/arbench has it.
func mainOf(paths []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package main\n\nimport (\n\t%q\n\t_ %q\n", program.Module+"/cmd", program.Module+"/cmd/standard")
	for _, p := range paths {
		fmt.Fprintf(&b, "\t_ %q\n", p)
	}
	b.WriteString(")\n\nfunc main() { cmd.Main() }\n")
	return b.String()
}
