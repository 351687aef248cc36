package trust

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listed is the list of checks as docs/trust.md shows it.
func listed() string {
	var b strings.Builder
	b.WriteString("| row | check | makes a number | from level | limit | rule |\n|--|--|--|--|--|--|\n")
	for _, k := range Checks() {
		level, limit := string(k.Cost), "–"
		if k.Kind == Fails || k.Kind == Warns || k.Kind == Notes {
			limit = strconv.FormatFloat(k.Limit, 'g', -1, 64)
		} else {
			level = "–"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s |\n", k.Row, k.Name, k.Kind, level, limit, k.Rule)
	}
	return b.String()
}

func TestDocumentListsEveryCheck(t *testing.T) {
	text, err := os.ReadFile("../../docs/trust.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), listed()) {
		t.Errorf("docs/trust.md has another list of checks than:\n%s", listed())
	}
	for row := 1; row <= 33; row++ {
		if !slices.ContainsFunc(Checks(), func(k Check) bool { return k.Row == row }) {
			t.Errorf("row %d is missing", row)
		}
	}
}
