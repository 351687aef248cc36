package suite

import (
	"path"
	"slices"
	"strings"
)

// Match reports whether a name matches one of the patterns. They are those of [path.Match], except
// that a slash is a character like any other: "*" matches every name.
func Match(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(noSlash(p), noSlash(name))
		return ok && err == nil
	})
}

func noSlash(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
