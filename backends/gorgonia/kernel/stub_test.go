package kernel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"
)

// Memory reaches the assembly as pointers and slices, which keep it alive, never as numbers or as
// distances from other memory: every argument is an address, a float or a count, and the argument
// blocks hold slices. (Distances within one slice are counts.)
func TestAssemblyKeepsItsMemoryAlive(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "kernel_amd64.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	stubs := 0
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		stubs++
		for _, p := range fn.Type.Params.List {
			if what := argument(p.Type); what == "" {
				t.Errorf("%s(%s): want pointers, floats and counts", fn.Name.Name, p.Names[0].Name)
			}
		}
	}
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
