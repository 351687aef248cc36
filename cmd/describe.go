package cmd

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// describe writes all that a plugin says of itself.
func describe(out io.Writer, one, name string, a about) error {
	fmt.Fprintf(out, "%s, %s %s\n\n%s\n\n", name, article(one), one, a.doc)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range a.facts {
		if f.value != "" {
			fmt.Fprintf(w, "%s\t%s\n", f.key, f.value)
		}
	}
	if err := w.Flush(); err != nil {
		return coded(exitUnmeasured, err)
	}
	options := suite.Options(a.plugin)
	if len(options) == 0 {
		fmt.Fprintln(out, "\nIt has no options.")
		return nil
	}
	fmt.Fprintln(out)
	defaults := defaultsOf(name, a.plugin)
	fmt.Fprintf(w, "option\ttype\tdefault\tmeaning\n")
	for _, o := range options {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Key, typeName(o.Field.Type), defaults[o.Key], o.Doc)
	}
	return coded(exitUnmeasured, w.Flush())
}

func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an"
	}
	return "a"
}

// defaultsOf returns the options that a new plugin has, by key, as a suite file writes them.
func defaultsOf(name string, plugin any) map[string]string {
	defaults := maps.Collect(settings(name, plugin))
	for _, o := range suite.Options(plugin) {
		if u, ok := o.Value.Interface().(interface{ Used() (string, any) }); ok {
			defaults[o.Key] = inner(typeName(o.Field.Type), u)
		}
	}
	return defaults
}

// settings yields the lines of a plugin's table in a suite file: use, then its options.
func settings(name string, plugin any) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for line := range strings.Lines(suite.Named[any]{Use: name, It: plugin}.TOML()) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
			if !yield(key, value) {
				return
			}
		}
	}
}

// inner returns a plugin inside another one's options as a suite file would write it: without the
// options that it has by itself.
func inner(one string, u interface{ Used() (string, any) }) string {
	name, it := u.Used()
	k, err := findKind(one)
	if err != nil || name == "" {
		return ""
	}
	a, err := k.about(name)
	if err != nil {
		return ""
	}
	own := maps.Collect(settings(name, a.plugin))
	var pairs []string
	for key, value := range settings(name, it) {
		if key == "use" || value != own[key] {
			pairs = append(pairs, key+" = "+value)
		}
	}
	return "{ " + strings.Join(pairs, ", ") + " }"
}

// typeName returns what a suite file writes for an option of type t.
func typeName(t reflect.Type) string {
	if _, ok := t.MethodByName("Used"); ok {
		if it, ok := t.FieldByName("It"); ok {
			return strings.ToLower(it.Type.Name())
		}
	}
	switch t {
	case reflect.TypeFor[arbench.ModelRef]():
		return "model"
	case reflect.TypeFor[arbench.Path]():
		return "path"
	case reflect.TypeFor[arbench.Norm]():
		return "norm"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice, reflect.Array:
		return "list of " + typeName(t.Elem())
	case reflect.Map, reflect.Struct:
		return "table"
	case reflect.Bool:
		return "boolean"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.String:
		return "string"
	}
	return "integer"
}
