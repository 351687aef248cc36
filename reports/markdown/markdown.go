// Package markdown reports results as GitHub flavoured Markdown that also reads well as text.
package markdown

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/reports/table"
)

func init() {
	arbench.Reporters.Register("markdown", func() arbench.Reporter { return &Reporter{} })
}

// Reporter writes the answer in its first line, then what a reader must know before quoting it, then
// the sections of package table. Headings start at the third level, so that the report can be
// appended to a page, such as the summary of a CI job. Long and wide tables are folded.
type Reporter struct {
	// Cap is the greatest length of the report in bytes; 0 or less is no limit. A longer report is cut from the
	// end, at the end of a row of a table, and says what was left out. The answer and the notes are
	// there at any cap.
	Cap int `toml:"cap" doc:"greatest length in bytes, 0 is no limit; what is beyond is cut, and named"`
}

var _ arbench.Reporter = (*Reporter)(nil)

// Info implements [arbench.Reporter].
func (*Reporter) Info() arbench.ReporterInfo {
	return arbench.ReporterInfo{
		Doc:       "Markdown for people: the answer first, then the tables it rests on",
		Extension: "md",
	}
}

// Report implements [arbench.Reporter].
func (m *Reporter) Report(w io.Writer, r *arbench.Results) error {
	_, err := w.Write(fit(table.New(r), m.Cap))
	return err
}

// A page is Markdown being written.
type page struct{ bytes.Buffer }

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *page) report(r *table.Report) {
	for _, t := range r.Answer {
		p.printf("%s\n\n", inline(t))
	}
	for _, t := range r.Notes {
		p.printf("- **Note:** %s\n", inline(t))
	}
	if len(r.Notes) > 0 {
		p.printf("\n")
	}
	p.printf("%s\n", escape(r.Subject))
	for _, s := range r.Sections {
		p.section(s)
	}
	first := true
	for i, f := range r.Footnote {
		if f == "" {
			continue
		}
		if first {
			p.printf("\n")
		}
		first = false
		p.printf("[^%d]: %s\n", i+1, escape(f))
	}
}

func (p *page) section(s table.Section) {
	p.printf("\n### %s\n", escape(s.Title))
	if s.Text != "" {
		p.printf("\n%s\n", escape(s.Text))
	}
	for _, part := range s.Parts {
		p.part(part)
	}
}

func (p *page) part(t table.Part) {
	switch {
	case t.Folded:
		p.printf("\n<details><summary>%s</summary>\n", html.EscapeString(t.Title))
	case t.Title != "":
		p.printf("\n#### %s\n", escape(t.Title))
	}
	p.printf("\n")
	if t.Listing != "" {
		p.listing(t.Listing)
	} else {
		p.table(t)
	}
	if t.LeftOut > 0 {
		p.printf("\nand %d more rows, which are in the CSV report\n", t.LeftOut)
	}
	if t.Folded {
		p.printf("\n</details>\n")
	}
}

// listing writes s between fences that do not occur in it.
func (p *page) listing(s string) {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	p.printf("%s\n%s\n%s\n", fence, strings.TrimRight(s, "\n"), fence)
}
