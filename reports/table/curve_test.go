package table

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A column that says nothing in any row is left out, one that says something in a row is not.
func TestWithoutEmpty(t *testing.T) {
	row := func(cells ...string) (r []Text) {
		for _, c := range cells {
			r = append(r, plain(c))
		}
		return r
	}
	empty := [][]Text{row("a", "–", "1"), row("b", "–", "2")}
	cols, rows := withoutEmpty([]string{"model", "rests on", "clean"}, empty, 1)
	if d := cmp.Diff([]string{"model", "clean"}, cols) + cmp.Diff([][]Text{row("a", "1"), row("b", "2")}, rows); d != "" {
		t.Error(d)
	}
	some := [][]Text{row("a", "–", "1"), row("b", "64", "2")}
	cols, rows = withoutEmpty([]string{"model", "rests on", "clean"}, some, 1)
	if len(cols) != 3 || len(rows[1]) != 3 {
		t.Errorf("%v %v", cols, rows)
	}
}
