package arbench_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The greatest numbers of lines. Tests may be longer, since their tables are.
const (
	mostLines, mostFunc         = 300, 60
	mostTestLines, mostTestFunc = 400, 130
)

func TestFilesAndFunctionsAreShort(t *testing.T) {
	eachFile(t, func(path string, fset *token.FileSet, f *ast.File) {
		lines, body := mostLines, mostFunc
		if strings.HasSuffix(path, "_test.go") {
			lines, body = mostTestLines, mostTestFunc
		}
		for _, what := range long(fset, f, lines, body) {
			t.Errorf("%s: %s", path, what)
		}
	})
}

// long says what of a file is longer than so many lines, or its functions than so many.
func long(fset *token.FileSet, f *ast.File, lines, body int) []string {
	var out []string
	if n := fset.File(f.Pos()).LineCount(); n > lines {
		out = append(out, fmt.Sprintf("%d lines, want at most %d: one idea per file", n, lines))
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > body {
			out = append(out, fmt.Sprintf("%s has %d lines, want at most %d", fn.Name.Name, n, body))
		}
	}
	return out
}

func TestExportedNamesHaveDocComments(t *testing.T) {
	eachFile(t, func(path string, fset *token.FileSet, f *ast.File) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			for _, what := range undocumented(d) {
				t.Errorf("%s:%d: %s", path, fset.Position(d.Pos()).Line, what)
			}
		}
	})
}

func TestStyleIsComplainedOf(t *testing.T) {
	const source = `package x

// F is documented.
func F() {
}

func G() {}

// This is H.
func (t *T) H() {}

// Hidden is of a type that is not exported.
func (t t[int]) J() {}

// A T is documented.
type T struct{}

type U struct{}

// The constants.
const (
	A = 1
	B = 2
)

const C = 3

var (
	// D is documented.
	D = 1
	E = 2 // a remark counts
	V = 3
	v = 4
)
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	got := long(fset, f, 33, 1)
	for _, d := range f.Decls {
		got = append(got, undocumented(d)...)
	}
	want := []string{
		"34 lines, want at most 33: one idea per file",
		"F has 2 lines, want at most 1",
		"G has no doc comment",
		"the doc comment of H begins otherwise than with its name",
		"U has no doc comment",
		"C has no doc comment, nor has its group",
		"V has no doc comment, nor has its group",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

// undocumented says which exported names of a declaration lack a doc comment, or have one that
// begins otherwise than with the name. A group of constants or variables may have one comment
// together.
func undocumented(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || exportedReceiver(d.Recv)) {
			return begins(d.Doc, d.Name.Name)
		}
	case *ast.GenDecl:
		var out []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				doc := s.Doc
				if doc == nil {
					doc = d.Doc
				}
				if s.Name.IsExported() {
					out = append(out, begins(doc, s.Name.Name)...)
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						out = append(out, name.Name+" has no doc comment, nor has its group")
					}
				}
			}
		}
		return out
	}
	return nil
}

// begins returns a complaint unless a comment begins with the name, after an article perhaps.
func begins(doc *ast.CommentGroup, name string) []string {
	if doc == nil {
		return []string{name + " has no doc comment"}
	}
	text := doc.Text()
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	rest, ok := strings.CutPrefix(text, name)
	if !ok || rest != "" && !strings.ContainsRune(" ,.:'\n", rune(rest[0])) {
		return []string{"the doc comment of " + name + " begins otherwise than with its name"}
	}
	return nil
}

// exportedReceiver reports whether a method's type is exported.
func exportedReceiver(r *ast.FieldList) bool {
	t := r.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// eachFile calls f with every Go file below the module's root that is not generated.
func eachFile(t *testing.T, f func(path string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(file) {
			seen++
			f(filepath.ToSlash(path), fset, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 100 {
		t.Fatalf("found only %d files", seen)
	}
}
