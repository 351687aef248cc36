package kernel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Memory reaches the assembly as pointers and slices, which keep it alive, never as numbers or as
// distances from other memory: every argument is an address, a float or a count, and the argument
// blocks hold slices. (Distances within one slice are counts.)
func TestAssemblyKeepsItsMemoryAlive(t *testing.T) {
	stubs := 0
	eachFunction(t, func(fn *ast.FuncDecl) {
		if called(fn)["uintptr"] {
			t.Errorf("%s takes an address as a number, which keeps no memory alive", fn.Name.Name)
		}
		if fn.Body != nil {
			return
		}
		stubs++
		for _, p := range fn.Type.Params.List {
			if what := argument(p.Type); what == "" {
				t.Errorf("%s(%s): want pointers, floats and counts", fn.Name.Name, p.Names[0].Name)
			}
		}
	})
	if stubs < 50 {
		t.Errorf("%d functions, want all of them", stubs)
	}
	for _, block := range []any{tileArgs{}, winogradArgs{}, sparseArgs{}, adamStep{}} {
		typ := reflect.TypeOf(block)
		for i := range typ.NumField() {
			switch field := typ.Field(i); field.Type.Kind() {
			case reflect.Uintptr, reflect.UnsafePointer, reflect.Int64, reflect.Uint64:
				t.Errorf("%s.%s is %s: want a slice, a float or a count", typ.Name(), field.Name, field.Type)
			}
		}
	}
}

// A processor without the instructions of the assembly ends the process where it meets them: each
// function that calls assembly has ruled out the portable path, or one that it asks has, or all that
// call it have.
func TestAssemblyIsNotForThePortablePath(t *testing.T) {
	assembly, asks, calls := map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}
	eachFunction(t, func(fn *ast.FuncDecl) {
		assembly[fn.Name.Name] = fn.Body == nil
		calls[fn.Name.Name], asks[fn.Name.Name] = called(fn), rulesOutPortable(fn)
	})
	asks["fmaTurns"] = true // Peak calls it where turnFlops is not 0
	callsAssembly := func(f string) bool { return anyOf(calls[f], func(g string) bool { return assembly[g] }) }
	safe := func(f string) bool {
		return asks[f] || anyOf(calls[f], func(g string) bool { return asks[g] && !callsAssembly(g) })
	}
	safeCallers := func(f string) (all bool) {
		for g := range calls {
			if calls[g][f] {
				if all = safe(g); !all {
					return false
				}
			}
		}
		return all
	}
	checked := 0
	for f := range calls {
		if callsAssembly(f) {
			checked++
			if !safe(f) && !safeCallers(f) {
				t.Errorf("%s calls assembly, whatever the path in use: want it to be asked for", f)
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d functions call assembly, want all of them", checked)
	}
}

// rulesOutPortable reports that a function compares the path in use with portable, or by order, or
// has a case for it.
func rulesOutPortable(fn *ast.FuncDecl) (found bool) {
	is := func(e ast.Expr, name string) bool {
		id, ok := e.(*ast.Ident)
		return ok && id.Name == name
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			found = found || is(n.X, "current") && (is(n.Y, "portable") || n.Op == token.GEQ || n.Op == token.LSS)
		case *ast.SwitchStmt:
			for _, c := range n.Body.List {
				found = found || is(n.Tag, "current") && slices.ContainsFunc(c.(*ast.CaseClause).List,
					func(e ast.Expr) bool { return is(e, "portable") })
			}
		}
		return true
	})
	return found
}

// called returns the names of what a function calls or converts to.
func called(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			switch f := c.Fun.(type) {
			case *ast.Ident:
				names[f.Name] = true
			case *ast.SelectorExpr:
				names[f.Sel.Name] = true
			}
		}
		return true
	})
	return names
}

// eachFunction calls f with the functions of the package as it is for amd64, without the tests.
func eachFunction(t *testing.T, f func(fn *ast.FuncDecl)) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_other.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				f(fn)
			}
		}
	}
}

func anyOf(names map[string]bool, f func(string) bool) bool {
	for name := range names {
		if f(name) {
			return true
		}
	}
	return false
}

// argument names the type of an argument that the assembly may have, "" of others.
func argument(e ast.Expr) string {
	if p, ok := e.(*ast.StarExpr); ok {
		switch name := argument(p.X); name {
		case "float32", "float64", "int32", "int64": // numbers, offsets, and argument blocks
			return "*" + name
		}
		return ""
	}
	if id, ok := e.(*ast.Ident); ok {
		switch id.Name {
		case "float32", "float64", "int32", "int64", "int":
			return id.Name
		}
	}
	return ""
}
