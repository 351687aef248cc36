// Package table lays out results as sections of tables, once for every reporter that people read.
//
// What it computes is little: means over training seeds with their interval, differences and ratios
// of a model and its twin. All other numbers come from measures and probes and are shown as they
// are; a quantity that this package has never heard of gets a row all the same.
package table

import "github.com/arbench/arbench"

// A Report is a laid out report, in the order in which it is to be read.
type Report struct {
	Answer   []Text    // sentences; the first is the answer to what robustness costs
	Subject  string    // one line: the suite's title, the data, the backend
	Notes    []Text    // what a reader must know before quoting the answer
	Sections []Section // none of them empty
	Footnote []string  // reasons to distrust a number; mark k is Footnote[k-1]
}

// A Text is a piece of plain text, without any markup, and the footnotes that belong to it.
type Text struct {
	Text  string
	Marks []int // numbers of footnotes, from 1
}

// A Section is a chapter of the report.
type Section struct {
	Title string
	Text  string // how to read it; empty if that is plain
	Parts []Part
}

// A Part is one table or one listing of a section.
type Part struct {
	Title  string // empty where the section's is enough
	Folded bool   // it is long or wide, and few readers want it

	Columns []Column
	Rows    [][]Text // each as long as Columns
	LeftOut int      // rows beyond MaxRows that are not in Rows

	Listing string // in place of a table: text to be shown as it is
}

// A Column heads one column of a table.
type Column struct {
	Name   string
	Number bool // its cells are numbers
}

// MaxRows is the greatest number of rows of one table. Every number is in the CSV and JSON reports.
const MaxRows = 120

// New lays out r, which it does not change.
func New(r *arbench.Results) *Report {
	b := &builder{index: newIndex(r), used: make(map[use]bool), marks: make(map[string]int)}
	b.report.Subject = subject(r)
	b.report.Answer = b.answer()
	b.report.Notes = b.notes()
	for _, section := range []func() Section{
		b.gates, b.ledger, b.bought, b.payers, b.curves, b.regularized, b.spectra, b.features,
		b.training, b.cascades, b.attacks, b.cross, b.rest, b.trust, b.failures, b.repeat,
	} {
		if s := section(); len(s.Parts) > 0 {
			b.report.Sections = append(b.report.Sections, s)
		}
	}
	return &b.report
}

// A builder lays out one report.
type builder struct {
	*index
	report Report
	used   map[use]bool   // quantities that a section showed
	marks  map[string]int // of footnotes
}

// A use is the name of a quantity and the kind of cells it is of.
type use struct {
	kind arbench.Kind
	name string
}

// use marks quantities as shown.
func (b *builder) use(kind arbench.Kind, names ...string) {
	for _, n := range names {
		b.used[use{kind, n}] = true
	}
}

// text returns a text with footnotes for the given reasons to distrust it.
func (b *builder) text(s string, warnings []string) Text {
	t := Text{Text: s}
	for _, w := range warnings {
		k, ok := b.marks[w]
		if !ok {
			b.report.Footnote = append(b.report.Footnote, w)
			k = len(b.report.Footnote)
			b.marks[w] = k
		}
		t.Marks = append(t.Marks, k)
	}
	return t
}

// number returns n as a cell.
func (b *builder) number(n Number) Text { return b.text(n.String(), n.Warnings) }

func plain(s string) Text { return Text{Text: s} }

// columns returns column heads; a name that starts with "#" heads numbers.
func columns(names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{Name: n}
		if n[0] == '#' {
			out[i] = Column{Name: n[1:], Number: true}
		}
	}
	return out
}

// tabulate returns a part with at most MaxRows of rows.
func tabulate(title string, cols []Column, rows [][]Text) Part {
	p := Part{Title: title, Columns: cols, Rows: rows}
	if len(rows) > MaxRows {
		p.Rows, p.LeftOut = rows[:MaxRows], len(rows)-MaxRows
	}
	return p
}
