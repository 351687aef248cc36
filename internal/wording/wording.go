// Package wording has the words in which messages count things and speak of names that nobody knows.
package wording

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Counted returns a number of things as people write it: "1 cell", "2 cells". The plural of one must
// end in an s more.
func Counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// OneLine joins the lines of a message by semicolons, in place of the full stops at their ends.
func OneLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines[:len(lines)-1] {
		lines[i] = strings.TrimRight(lines[i], ".; ")
	}
	return strings.Join(lines, "; ")
}

// Nearest returns the name most like what was written, or "" if none is like it: at most two letters
// away, or a third of those written. Two letters in each other's place are one away. Of several that are as
// near it is the first.
func Nearest(written string, names []string) string {
	best, least := "", 1+max(2, len(written)/3)
	for _, n := range names {
		if d := distance(written, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance returns how many letters a is from b: those put in, left out or changed, or one exchange of two
// neighbours and others.
func distance(a, b string) int {
	least := levenshtein.ComputeDistance(a, b)
	letters := []rune(a)
	for i := 1; i < len(letters); i++ {
		swapped := slices.Clone(letters)
		swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
		least = min(least, 1+levenshtein.ComputeDistance(string(swapped), b))
	}
	return least
}

// DidYouMean returns what to add to an error about a name that is none of names: the one most like
// what was written, or all of them.
func DidYouMean(written string, names []string) string {
	if near := Nearest(written, names); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ": want one of " + strings.Join(names, ", ")
}
