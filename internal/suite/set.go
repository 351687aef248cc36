package suite

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/arbench/arbench/internal/wording"
)

// An override is a change of a suite that the command line makes.
type override struct {
	path []string
	node *node
}

// setFlag is where an override was written.
const setFlag = "--set"

// overrides reads "key=value" settings: dotted keys, whose parts may be quoted, and TOML values or
// bare strings.
func (r *reader) overrides(set []string) []override {
	var out []override
	for _, s := range set {
		at := position{where: setFlag, key: s}
		path, rest, err := splitKey(s)
		if err == nil && !strings.HasPrefix(rest, "=") {
			err = fmt.Errorf("want key=value, such as recipe.epochs=3")
		}
		var v any
		if err == nil {
			v, err = parseValue(strings.TrimSpace(rest[1:]))
		}
		if err != nil {
			r.fail(at, "%w", err)
			continue
		}
		at.key = dotted(path)
		n := &node{at: at, value: v}
		if m, ok := v.(map[string]any); ok {
			n.value = build(m, at, path, "", nil)
			n.value.(*table).locate(at)
		}
		out = append(out, override{path, n})
	}
	return out
}

// locate says of all below t that it came from the command line.
func (t *table) locate(at position) {
	for _, k := range t.keys {
		n := t.nodes[k]
		n.at.where = at.where
		if sub, ok := n.value.(*table); ok {
			sub.at.where = at.where
			sub.locate(at)
		}
	}
}

// splitKey splits a dotted key from what follows it. A part without quotes may hold anything but a
// dot, a quote and an equals sign.
func splitKey(s string) (path []string, rest string, err error) {
	for {
		s = strings.TrimLeft(s, " \t")
		end := strings.IndexAny(s, ".=")
		if end < 0 {
			end = len(s)
		}
		part := strings.TrimRight(s[:end], " \t")
		if s != "" && (s[0] == '"' || s[0] == '\'') {
			quoted := &scanner{src: s}
			quoted.text()
			end = quoted.pos
			part = unquote(s[:end])
			if part == s[:end] {
				return nil, "", fmt.Errorf("the quoted key %s does not end", s)
			}
		}
		if part == "" || !utf8.ValidString(part) {
			return nil, "", fmt.Errorf("a part of the key is empty")
		}
		path = append(path, part)
		rest = strings.TrimLeft(s[end:], " \t")
		if !strings.HasPrefix(rest, ".") {
			return path, rest, nil
		}
		s = rest[1:]
	}
}

// parseValue reads a TOML value; what is not one is a string, unless it begins like one.
func parseValue(s string) (any, error) {
	var m map[string]any
	_, err := toml.Decode("value = "+s, &m)
	switch {
	case err == nil && len(m) == 1:
		return m["value"], nil
	case !utf8.ValidString(s):
		return nil, fmt.Errorf("the value is not UTF-8")
	case s != "" && strings.ContainsRune("\"'[{", rune(s[0])):
		return nil, fmt.Errorf("%s is not a TOML value", s)
	}
	return s, nil
}

// sections lists the tables of named tables.
var sections = []string{"models", "threats", "attacks", "evaluate", "probes", "measures", "gates"}

// override applies changes to the tree. A name that a section lacks is a mistake, unless the value is
// a whole table, which starts something new; those of models that a vary will make are returned for
// later.
func (r *reader) override(root *table, changes []override) (later []override) {
	for _, c := range changes {
		if len(c.path) > 1 && slices.Contains(sections, c.path[0]) {
			n := root.get(c.path[0])
			if n != nil {
				section, ok := n.value.(*table)
				if ok && c.path[0] == "models" && section.get(c.path[1]) == nil {
					later = append(later, c)
					continue
				}
				if ok && !r.has(section, c) {
					continue
				}
			}
		}
		if err := root.setPath(c.path, c.node); err != nil {
			r.fail(c.node.at, "%w", err)
		}
	}
	return later
}

// has reports whether the section has what the change is about, or will by it, and fails otherwise.
func (r *reader) has(section *table, c override) bool {
	name := c.path[1]
	if _, whole := c.node.value.(*table); section.get(name) != nil || whole && len(c.path) == 2 {
		return true
	}
	near := wording.Nearest(name, section.keys)
	if near == "" {
		near = strings.Join(section.keys, ", ")
	}
	r.fail(c.node.at, "there is no %s of that name, did you mean %s?", dotted(c.path[:2]), near)
	return false
}
