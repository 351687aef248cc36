package markdown

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/arbench/arbench/reports/table"
)

// fit returns r in at most limit bytes, 0 or less for any number: with as many rows, section by section, as
// there is room for. A listing is one row. The answer and the notes are there in any case.
func fit(r *table.Report, limit int) []byte {
	whole := render(r)
	if limit <= 0 || len(whole) <= limit {
		return whole
	}
	rows := 0
	for _, s := range r.Sections {
		for _, p := range s.Parts {
			rows += size(p)
		}
	}
	keep := sort.Search(rows, func(n int) bool { return len(render(cut(r, n, len(whole)))) > limit }) - 1
	for ; keep > 0; keep-- { // lengths need not grow with each row: the note names fewer sections then
		if b := render(cut(r, keep, len(whole))); len(b) <= limit {
			return b
		}
	}
	return render(cut(r, 0, len(whole)))
}

func render(r *table.Report) []byte {
	var p page
	p.report(r)
	return p.Bytes()
}

// size returns how many rows a part is counted as.
func size(p table.Part) int {
	if p.Listing != "" {
		return 1
	}
	return len(p.Rows)
}

// cut returns the first n rows of r, a report of so many bytes, and says what it left out.
func cut(r *table.Report, n, bytes int) *table.Report {
	out := *r
	out.Sections = nil
	var gone, short []string
	for _, s := range r.Sections {
		kept, all := section(s, &n)
		switch {
		case len(kept.Parts) == 0:
			gone = append(gone, strconv.Quote(s.Title))
			continue
		case !all:
			short = append(short, strconv.Quote(s.Title))
		}
		out.Sections = append(out.Sections, kept)
	}
	var left []string
	if len(short) > 0 {
		left = append(left, "the end of "+strings.Join(short, ", "))
	}
	if len(gone) > 0 {
		left = append(left, "all of "+strings.Join(gone, ", "))
	}
	note := fmt.Sprintf("Cut: the whole report has %d bytes. Left out: %s. The CSV and JSON reports have everything.",
		bytes, strings.Join(left, ", and "))
	out.Notes = append([]table.Text{{Text: note}}, r.Notes...)
	out.Footnote = cited(&out, r.Footnote)
	return &out
}

// section returns the first n rows of s, takes them from n, and reports whether they are all.
func section(s table.Section, n *int) (kept table.Section, all bool) {
	kept, all = s, true
	kept.Parts = nil
	for _, p := range s.Parts {
		take := min(size(p), *n)
		*n -= take
		if more := size(p) - take; more > 0 {
			all = false
			if take == 0 {
				continue
			}
			p.Rows, p.LeftOut = p.Rows[:take], p.LeftOut+more
		}
		kept.Parts = append(kept.Parts, p)
	}
	return kept, all
}

// cited returns the footnotes, of which those that r does not cite are empty.
func cited(r *table.Report, footnotes []string) []string {
	out := make([]string, len(footnotes))
	cite := func(t table.Text) {
		for _, m := range t.Marks {
			out[m-1] = footnotes[m-1]
		}
	}
	for _, t := range r.Answer {
		cite(t)
	}
	for _, t := range r.Notes {
		cite(t)
	}
	for _, s := range r.Sections {
		for _, p := range s.Parts {
			for _, row := range p.Rows {
				for _, t := range row {
					cite(t)
				}
			}
		}
	}
	return out
}
