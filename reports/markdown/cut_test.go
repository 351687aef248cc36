package markdown

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/reports/table"
	"github.com/google/go-cmp/cmp"
)

// long is a report of two sections: a table of 40 rows with a footnote in the last, and a folded listing.
func long() *table.Report {
	r := &table.Report{
		Answer: []table.Text{{Text: "It costs 2 points."}}, Notes: []table.Text{{Text: "few examples"}}, Subject: "Digits",
		Footnote: []string{"odd"},
	}
	part := table.Part{Columns: []table.Column{{Name: "model"}}}
	for i := range 40 {
		part.Rows = append(part.Rows, []table.Text{{Text: fmt.Sprintf("model %02d", i)}})
	}
	part.Rows[39][0].Marks = []int{1}
	r.Sections = []table.Section{
		{Title: "Ledger", Parts: []table.Part{part}},
		{Title: "How to repeat it", Parts: []table.Part{{Title: "Suite", Folded: true, Listing: strings.Repeat("x", 300)}}},
	}
	return r
}

func TestCutsAreAtTheEndOfRows(t *testing.T) {
	whole := render(long())
	if got := fit(long(), len(whole)); !bytes.Equal(got, whole) {
		t.Errorf("a report that fits was changed:\n%s", got)
	}
	const note = "Cut: the whole report has %d bytes. Left out: %s. The CSV and JSON reports have everything."
	for _, c := range []struct {
		limit int
		left  string
		rows  int
	}{
		// A row is 13 bytes, so that 36 rows, 760 bytes with all else, are the most for 770.
		{len(whole) - 1, `all of "How to repeat it"`, 40},
		{len(whole) - 400, `the end of "Ledger", and all of "How to repeat it"`, 36},
		{310, `the end of "Ledger", and all of "How to repeat it"`, 1},
		{250, `all of "Ledger", "How to repeat it"`, 0},
		{100, `all of "Ledger", "How to repeat it"`, 0}, // the answer and the notes take 192 bytes
	} {
		got := fit(long(), c.limit)
		want := long()
		want.Notes = append([]table.Text{{Text: fmt.Sprintf(note, len(whole), c.left)}}, want.Notes...)
		want.Sections = want.Sections[:1]
		p := &want.Sections[0].Parts[0]
		if p.Rows, p.LeftOut = p.Rows[:c.rows], 40-c.rows; c.rows < 40 {
			want.Footnote = nil
		}
		if c.rows == 0 {
			want.Sections = nil
		}
		if d := cmp.Diff(string(render(want)), string(got)); d != "" || len(got) > max(c.limit, 192) {
			t.Errorf("%d of at most %d bytes (-want +got):\n%s", len(got), c.limit, d)
		}
	}
}

// One row more would be too long, at any cap.
func TestCutsKeepAllThatFits(t *testing.T) {
	whole := render(long())
	for limit := 250; limit < len(whole); limit += 7 {
		got := fit(long(), limit)
		if len(got) > limit {
			t.Fatalf("cap %d: %d bytes", limit, len(got))
		}
		n := bytes.Count(got, []byte("| model ")) - 1
		if more := render(cut(long(), max(n, 0)+1, len(whole))); n < 40 && len(more) <= limit {
			t.Errorf("cap %d: %d rows are kept, one more would fit in %d bytes", limit, n, len(more))
		}
	}
}

func TestCapIsThatOfTheReport(t *testing.T) {
	r := &arbench.Results{Suite: "s"}
	for range 50 {
		r.Failures = append(r.Failures, arbench.Failure{Cell: arbench.Cell{Model: "m"}, Error: "no"})
	}
	var whole, b bytes.Buffer
	if err := new(Reporter).Report(&whole, r); err != nil {
		t.Fatal(err)
	}
	limit := whole.Len() / 2
	if err := (&Reporter{Cap: limit}).Report(&b, r); err != nil {
		t.Fatal(err)
	}
	if b.Len() > limit || b.Len() < limit-100 || !strings.Contains(b.String(), "more rows") {
		t.Errorf("%d bytes of %d at a cap of %d:\n%s", b.Len(), whole.Len(), limit, b.String())
	}
}
