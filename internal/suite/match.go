package suite

import (
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
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

// Nearest returns the name most like what was written, or "" if none is like it.
func Nearest(written string, names []string) string {
	best, least := "", 1+max(2, len(written)/3)
	for _, n := range names {
		if d := levenshtein.ComputeDistance(written, n); d < least {
			best, least = n, d
		}
	}
	return best
}
