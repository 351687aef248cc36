package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/arbench/arbench/internal/wording"
)

// Load reads a suite file, or the suite of that name in embedded (which may be nil) if there is no
// such file. Each entry of set is an override "key=value" of one key of the file: dotted, its parts
// quoted where they hold a dot, with a TOML value or a bare string.
func Load(file string, embedded fs.FS, set []string) (*Suite, error) {
	data, err := os.ReadFile(file)
	if err == nil {
		return Parse(file, data, set)
	}
	names := Names(embedded)
	name := strings.TrimSuffix(file, ".toml")
	if slices.Contains(names, name) {
		if data, err = fs.ReadFile(embedded, name+".toml"); err != nil {
			return nil, err
		}
		return Parse(name+".toml", data, set)
	}
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsRune(name, filepath.Separator) {
		return nil, err
	}
	hint := "built in: " + strings.Join(names, ", ")
	if near := wording.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? (%s)", near, hint)
	}
	return nil, fmt.Errorf("no file and no built-in suite is called %q: %s", file, hint)
}

// Names returns the names of the suites in embedded, in order; none if it is nil.
func Names(embedded fs.FS) []string {
	if embedded == nil {
		return nil
	}
	files, _ := fs.Glob(embedded, "*.toml") // the pattern is a good one
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".toml")
	}
	return files
}

// Parse reads a suite from the contents of a file. Name is that of the file, for messages and for
// the suite's default name; set is as in [Load]. The error holds every mistake, one a line.
func Parse(name string, data []byte, set []string) (*Suite, error) {
	var m map[string]any
	if _, err := toml.Decode(string(data), &m); err != nil {
		if p, ok := errors.AsType[toml.ParseError](err); ok {
			return nil, fmt.Errorf("%s:%d: %s", name, p.Position.Line, oneLine(p.Message))
		}
		return nil, fmt.Errorf("%s: %s", name, oneLine(err.Error()))
	}
	r := &reader{file: name}
	root := build(m, position{where: name}, nil, name, spots(string(data)))
	r.refuseLists(root)
	later := r.override(root, r.overrides(set))
	s := r.suite(root, later)
	if err := r.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// refuseLists reports arrays that hold tables.
func (r *reader) refuseLists(t *table) {
	for _, k := range t.keys {
		n := t.nodes[k]
		if sub, ok := n.value.(*table); ok {
			r.refuseLists(sub)
		}
		if holdsTables(n.value) {
			r.fail(n.at, "a list of tables: give each table a name of its own, such as [%s.first]",
				n.at.key)
		}
	}
}

func holdsTables(v any) bool {
	switch v := v.(type) {
	case []map[string]any:
		return true
	case []any:
		return slices.ContainsFunc(v, func(x any) bool {
			_, ok := x.(map[string]any)
			return ok || holdsTables(x)
		})
	}
	return false
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
