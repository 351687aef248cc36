package suite

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A position says where a value was written.
type position struct {
	where string // "file:line", or "--set"
	line  int    // 0 if it was not in the file
	key   string // full dotted key
}

// A node is a value of a suite file.
type node struct {
	at    position
	value any // *table, []any, string, int64, float64, bool or a date
}

// A table is an ordered table of a suite file.
type table struct {
	at    position
	keys  []string
	nodes map[string]*node
}

func newTable(at position) *table { return &table{at: at, nodes: map[string]*node{}} }

// get returns the node of a key, nil if there is none. A nil table has no keys.
func (t *table) get(key string) *node {
	if t == nil {
		return nil
	}
	return t.nodes[key]
}

// find returns the node at path below t, nil if there is none.
func (t *table) find(path []string) *node {
	n := t.get(path[0])
	if n == nil || len(path) == 1 {
		return n
	}
	sub, _ := n.value.(*table)
	return sub.find(path[1:])
}

// put sets a key, at the end of the order if it is new.
func (t *table) put(key string, n *node) {
	if _, ok := t.nodes[key]; !ok {
		t.keys = append(t.keys, key)
	}
	t.nodes[key] = n
}

// without returns a copy of t that lacks the given keys.
func (t *table) without(keys ...string) *table {
	out := newTable(t.at)
	for _, k := range t.keys {
		if !slices.Contains(keys, k) {
			out.put(k, t.nodes[k])
		}
	}
	return out
}

// clone returns a copy of t that shares no table with it.
func (t *table) clone() *table {
	out := newTable(t.at)
	for _, k := range t.keys {
		n := *t.nodes[k]
		if sub, ok := n.value.(*table); ok {
			n.value = sub.clone()
		}
		out.put(k, &n)
	}
	return out
}

// setPath sets the value at path below t, making tables on the way.
func (t *table) setPath(path []string, n *node) error {
	for i, key := range path[:len(path)-1] {
		next := t.get(key)
		if next == nil {
			at := n.at
			at.key = strings.TrimPrefix(t.at.key+"."+quoteKey(key), ".")
			next = &node{at: at, value: newTable(at)}
			t.put(key, next)
		}
		sub, ok := next.value.(*table)
		if !ok {
			return fmt.Errorf("%s is not a table", dotted(path[:i+1]))
		}
		t = sub
	}
	t.put(path[len(path)-1], n)
	return nil
}

// merge returns what t inherits from base: keys of base first, those of t on top. A table of t that
// names a plugin replaces that of base; one that does not is merged with it.
func (t *table) merge(base *table) *table {
	if base == nil {
		return t
	}
	out := base.clone()
	out.at = t.at
	for _, k := range t.keys {
		n := *t.nodes[k]
		own, ok := n.value.(*table)
		if old := out.get(k); ok && old != nil && own.get("use") == nil {
			if sub, ok := old.value.(*table); ok {
				n.value = own.merge(sub)
			}
		}
		out.put(k, &n)
	}
	return out
}

// build makes the ordered tree of a decoded file, whose keys were found at the given lines.
func build(m map[string]any, at position, path []string, file string, seen map[string]spot) *table {
	t := newTable(at)
	keys := slices.Collect(maps.Keys(m))
	full := func(k string) string { return dotted(append(slices.Clip(path), k)) }
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(seen[full(a)].order, seen[full(b)].order), cmp.Compare(a, b))
	})
	for _, k := range keys {
		n := &node{at: position{key: full(k), line: seen[full(k)].line}, value: m[k]}
		n.at.where = fmt.Sprintf("%s:%d", file, n.at.line)
		if sub, ok := m[k].(map[string]any); ok {
			n.value = build(sub, n.at, append(slices.Clip(path), k), file, seen)
		}
		t.put(k, n)
	}
	return t
}

// dotted returns a path as TOML writes it.
func dotted(path []string) string {
	parts := make([]string, len(path))
	for i, p := range path {
		parts[i] = quoteKey(p)
	}
	return strings.Join(parts, ".")
}
