package suite

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
)

// A maker holds a plugin that it makes by name, as arbench.Use does.
type maker interface {
	Make(name string) (any, error)
	Used() (name string, it any)
}

// bind sets the options of the given structs, to which it has pointers, from the keys of t. An
// option of an earlier struct hides one of the same key in a later one.
func (r *reader) bind(t *table, structs ...any) {
	fields, keys := map[string]reflect.Value{}, []string(nil)
	for _, s := range structs {
		for _, o := range Options(s) {
			if _, hidden := fields[o.Key]; !hidden {
				fields[o.Key], keys = o.Value, append(keys, o.Key)
			}
		}
	}
	for _, k := range t.keys {
		n := t.nodes[k]
		if f, ok := fields[k]; ok {
			r.set(f, n)
			continue
		}
		r.unknown(n.at, k, keys)
	}
}

// unknown reports a key that is not one of keys.
func (r *reader) unknown(at position, key string, keys []string) {
	near := wording.Nearest(key, keys)
	switch {
	case near != "":
		r.fail(at, "unknown key %q, did you mean %q?", key, near)
	case len(keys) == 0:
		r.fail(at, "unknown key %q, there are no options here", key)
	default:
		r.fail(at, "unknown key %q, want one of %s", key, strings.Join(keys, ", "))
	}
}

// plugin makes what t names with "use" and sets its options, and those of common, from t. It
// reports whether all went well.
func (r *reader) plugin(m maker, t *table, common ...any) bool {
	before := len(r.mistakes)
	if use := t.get("use"); use != nil {
		name, ok := use.value.(string)
		if !ok {
			r.fail(use.at, "want the name of a plugin in quotes")
			return false
		}
		if _, err := m.Make(name); err != nil {
			r.fail(use.at, "%w", err)
			return false
		}
	}
	name, it := m.Used()
	if name == "" {
		r.fail(t.at, `the key "use" is missing: it names the plugin`)
		return false
	}
	r.bind(t.without("use"), append(common, it)...)
	if len(r.mistakes) > before {
		r.replaced(t.get("use"), r.mistakes[before:], name)
		return false
	}
	r.validate(t, it)
	return len(r.mistakes) == before
}

// replaced adds, where the command line put another plugin in the place of one whose options in the file it does not
// take, how to leave these out.
func (r *reader) replaced(use *node, found []mistake, name string) {
	inFile := slices.ContainsFunc(found, func(m mistake) bool { return m.at.where != setFlag })
	if use != nil && use.at.where == setFlag && inFile {
		whole := strings.TrimSuffix(use.at.key, ".use")
		r.fail(use.at, "the options in the file are of another plugin than %q: --set '%s={use=%q}' leaves them out", name, whole, name)
	}
}

// validate reports what the optional method Validate of v says against options read from t, at the
// key that a complaint begins with if t has it.
func (r *reader) validate(t *table, v any) {
	c, ok := v.(interface{ Validate() error })
	if !ok {
		return
	}
	err := c.Validate()
	if err == nil {
		return
	}
	for line := range strings.Lines(err.Error()) {
		at := t.at
		first, _, _ := strings.Cut(line, " ")
		if n := t.get(strings.TrimSuffix(first, ":")); n != nil {
			at = n.at
		}
		r.fail(at, "%s", strings.TrimSpace(line))
	}
}

// set sets one field.
func (r *reader) set(dst reflect.Value, n *node) {
	if holdsTables(n.value) { // reported already
		return
	}
	if m, ok := dst.Addr().Interface().(maker); ok {
		if t := r.table(n); t != nil {
			r.plugin(m, t)
		}
		return
	}
	if dst.Type() == reflect.TypeFor[*table]() {
		if t := r.table(n); t != nil {
			dst.Set(reflect.ValueOf(t))
		}
		return
	}
	switch dst.Kind() {
	case reflect.Pointer:
		p := reflect.New(dst.Type().Elem())
		if !dst.IsNil() {
			p.Elem().Set(dst.Elem())
		}
		r.set(p.Elem(), n)
		dst.Set(p)
	case reflect.Struct:
		if t := r.table(n); t != nil {
			r.bind(t, dst.Addr().Interface())
		}
	case reflect.Map:
		r.setMap(dst, n)
	case reflect.Slice, reflect.Array:
		r.setList(dst, n)
	default:
		if err := setScalar(dst, n.value); err != nil {
			r.fail(n.at, "%w", err)
		}
		if dst.Type() == reflect.TypeFor[arbench.Path]() && dst.String() != "" {
			dst.SetString(r.beside(dst.String()))
		}
	}
}

func (r *reader) setMap(dst reflect.Value, n *node) {
	t := r.table(n)
	if t == nil {
		return
	}
	if dst.Type().Key().Kind() != reflect.String {
		r.fail(n.at, "a field of type %v cannot be set from a suite file", dst.Type())
		return
	}
	if dst.IsNil() && len(t.keys) > 0 {
		dst.Set(reflect.MakeMap(dst.Type()))
	}
	for _, k := range t.keys {
		key := reflect.ValueOf(k).Convert(dst.Type().Key())
		v := reflect.New(dst.Type().Elem()).Elem()
		if old := dst.MapIndex(key); old.IsValid() {
			v.Set(old)
		}
		r.set(v, t.nodes[k])
		dst.SetMapIndex(key, v)
	}
}

func (r *reader) setList(dst reflect.Value, n *node) {
	items, ok := n.value.([]any)
	switch {
	case !ok:
		r.fail(n.at, "want a list, such as [%v]", show(n.value))
		return
	case dst.Kind() == reflect.Array && len(items) != dst.Len():
		r.fail(n.at, "want %d values, have %d", dst.Len(), len(items))
		return
	case dst.Kind() == reflect.Slice && len(items) > 0:
		dst.Set(reflect.MakeSlice(dst.Type(), len(items), len(items)))
	case dst.Kind() == reflect.Slice && dst.Len() > 0: // an empty list: none of the defaults
		dst.SetZero()
	}
	for i, item := range items {
		before := len(r.mistakes)
		r.set(dst.Index(i), &node{n.at, item})
		if len(r.mistakes) > before {
			return
		}
	}
}

// table returns n as a table, or nil after reporting that it is not one.
func (r *reader) table(n *node) *table {
	t, ok := n.value.(*table)
	if !ok && !holdsTables(n.value) { // which are reported already
		r.fail(n.at, "want a table with keys, not %s", show(n.value))
	}
	return t
}

// setScalar sets a string, a boolean or a number.
func setScalar(dst reflect.Value, v any) error {
	switch {
	case dst.Kind() == reflect.String:
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("want a string in quotes, not %s", show(v))
		}
		dst.SetString(s)
	case dst.Kind() == reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			return fmt.Errorf("want true or false, not %s", show(v))
		}
		dst.SetBool(b)
	case dst.CanInt():
		i, ok := v.(int64)
		if !ok || dst.OverflowInt(i) {
			return fmt.Errorf("want a whole number, not %s", show(v))
		}
		dst.SetInt(i)
	case dst.CanUint():
		i, ok := v.(int64)
		if !ok || i < 0 || dst.OverflowUint(uint64(i)) {
			return fmt.Errorf("want a whole number of at least 0, not %s", show(v))
		}
		dst.SetUint(uint64(i))
	case dst.CanFloat():
		f, ok := number(v)
		if !ok || dst.OverflowFloat(f) {
			return fmt.Errorf("want a finite number or a fraction such as \"8/255\", not %s", show(v))
		}
		dst.SetFloat(f)
	default:
		return fmt.Errorf("a field of type %v cannot be set from a suite file", dst.Type())
	}
	return nil
}

// number returns a finite number that may be written as a fraction in quotes.
func number(v any) (f float64, ok bool) {
	switch v := v.(type) {
	case int64:
		f, ok = float64(v), true
	case float64:
		f, ok = v, true
	case string:
		over, under, slash := strings.Cut(v, "/")
		a, err := strconv.ParseFloat(strings.TrimSpace(over), 64)
		b, err2 := strconv.ParseFloat(strings.TrimSpace(under), 64)
		f, ok = a/b, slash && err == nil && err2 == nil
	}
	return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// show returns a value as messages show it.
func show(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case *table, map[string]any:
		return "a table"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = show(item)
		}
		return "[" + strings.Join(slices.Clip(parts), ", ") + "]"
	case float64:
		return formatFloat(v)
	}
	return fmt.Sprint(v)
}
