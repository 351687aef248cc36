package suite

import (
	"fmt"
	"slices"
	"strings"
)

// maxVary bounds the number of models that one vary makes.
const maxVary = 1000

// An axis is one key of a vary with its values.
type axis struct {
	path   []string
	at     position
	values []any
}

// vary returns the models with each one that has a vary replaced by one model for each combination
// of its values, the first key in alphabetical order varying slowest. A model is called after the vary
// and its values in that order, joined by "+": a comma would end a pattern of the command line.
func (r *reader) vary(models *table) *table {
	out := newTable(models.at)
	for _, name := range models.keys {
		n := models.nodes[name]
		if t, ok := n.value.(*table); !ok || t.get("vary") == nil {
			r.addModel(out, name, n)
			continue
		}
		r.expand(out, name, n.value.(*table))
	}
	return out
}

func (r *reader) addModel(out *table, name string, n *node) {
	if out.get(name) != nil {
		r.fail(n.at, "two models are called %q", name)
	}
	out.put(name, n)
}

// expand adds the models of one vary.
func (r *reader) expand(out *table, name string, t *table) {
	v := t.get("vary")
	vt := r.table(v)
	if vt == nil {
		return
	}
	before := len(r.mistakes)
	axes := r.axes(vt, nil)
	if len(r.mistakes) > before {
		return
	}
	slices.SortFunc(axes, func(a, b axis) int { return strings.Compare(dotted(a.path), dotted(b.path)) })
	total := 1
	for _, a := range axes {
		if total *= len(a.values); total > maxVary {
			r.fail(v.at, "makes more than %d models", maxVary)
			return
		}
	}
	if total == 0 || len(axes) == 0 {
		r.fail(v.at, `makes no model, want { "key" = [values] }`)
		return
	}
	for _, a := range axes {
		if n := t.find(a.path); n != nil && n.at.where == setFlag {
			r.fail(n.at, "has no effect, for %s gives each of its models a value of its own: set that", a.at.key)
		}
	}
	for i := range total {
		m, labels := t.without("vary").clone(), make([]string, len(axes))
		for k, rest := len(axes)-1, i; k >= 0; k-- {
			a := axes[k]
			value := a.values[rest%len(a.values)]
			rest /= len(a.values)
			labels[k] = label(value)
			if err := m.setPath(a.path, &node{a.at, value}); err != nil {
				r.fail(a.at, "%w", err)
				return
			}
		}
		r.addModel(out, name+"/"+strings.Join(labels, "+"), &node{t.at, m})
	}
}

// axes returns the keys of a vary table, whose keys may be dotted strings or tables.
func (r *reader) axes(t *table, prefix []string) []axis {
	var out []axis
	for _, k := range t.keys {
		n := t.nodes[k]
		path, rest, err := splitKey(k)
		if err != nil || rest != "" {
			r.fail(n.at, "want the dotted key of an option")
			continue
		}
		path = append(slices.Clip(prefix), path...)
		switch v := n.value.(type) {
		case *table:
			out = append(out, r.axes(v, path)...)
		case []any:
			if i := slices.IndexFunc(v, func(x any) bool { return label(x) == "" }); i >= 0 {
				r.fail(n.at, "varies numbers, strings and booleans, not %s", show(v[i]))
			}
			out = append(out, axis{path, n.at, v})
		default:
			r.fail(n.at, "want a list of values, not %s", show(v))
		}
	}
	return out
}

// label returns a value as the name of a model has it, "" if it cannot be there.
func label(v any) string {
	switch v := v.(type) {
	case string:
		return strings.NewReplacer("/", "-", ",", "-").Replace(v)
	case int64, bool:
		return fmt.Sprint(v)
	case float64:
		return strings.TrimSuffix(formatFloat(v), ".0")
	}
	return ""
}
