package suite

import (
	"fmt"
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

// DidYouMean returns what to add to an error about a name that is none of names: the one most like
// what was written, or all of them.
func DidYouMean(written string, names []string) string {
	if near := Nearest(written, names); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ": want one of " + strings.Join(names, ", ")
}
