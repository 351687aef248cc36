package standard

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var registers = regexp.MustCompile(`arbench\.[A-Z][a-z]+s\.Register\(`)

// TestEveryPluginIsLinked finds every package of this module that registers something and holds
// the imports against it.
func TestEveryPluginIsLinked(t *testing.T) {
	const module = "github.com/arbench/arbench"
	root := filepath.Join("..", "..")
	var want []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || strings.HasPrefix(name, ".") && file != root) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(file)
		folder, _ := filepath.Rel(root, filepath.Dir(file))
		if pkg := path.Join(module, filepath.ToSlash(folder)); pkg != module && // whose doc shows one
			pkg != path.Join(module, "internal/masked") && // which has a program of its own
			registers.Match(withoutComments(text)) && !slices.Contains(want, pkg) {
			want = append(want, pkg)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "standard.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range f.Imports {
		pkg, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, pkg)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-packages that register a plugin +imports of standard:\n%s", diff)
	}
}

// withoutComments returns Go source without the lines that are comments.
func withoutComments(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("//")) {
			out = append(out, line...)
		}
	}
	return out
}
