package suite

import (
	"reflect"
	"strings"
	"unicode"
)

// An Option is one setting of a plugin.
type Option struct {
	Key   string // in a suite file
	Doc   string // of the field's doc tag
	Field reflect.StructField
	Value reflect.Value // the field itself: it can be set if the plugin is a pointer
}

// Options returns the options of a plugin in the order of its fields: the exported ones, under the
// name in the toml tag or else their own in snake_case. The fields of an embedded struct count as
// the plugin's own; a tag "-" hides a field. It returns nil for what is not a struct or a pointer
// to one.
func Options(plugin any) []Option { return optionsOf(reflect.ValueOf(plugin)) }

func optionsOf(v reflect.Value) []Option {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	var out []Option
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		switch {
		case key == "-":
		case f.Anonymous && key == "" && f.Type.Kind() == reflect.Struct:
			out = append(out, optionsOf(v.Field(i))...)
		case f.IsExported():
			if key == "" {
				key = snake(f.Name)
			}
			out = append(out, Option{key, f.Tag.Get("doc"), f, v.Field(i)})
		}
	}
	return out
}

// snake returns a Go name in snake_case.
func snake(name string) string {
	var b strings.Builder
	rs := []rune(name)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 &&
			(!unicode.IsUpper(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
