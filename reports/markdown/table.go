package markdown

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/arbench/arbench/reports/table"
)

// widest is the greatest width to which cells are padded: longer ones stick out, so that one long
// message does not widen every row.
const widest = 48

// table writes a table whose pipes are in line.
func (p *page) table(t table.Part) {
	rows := make([][]string, len(t.Rows)+1)
	for _, c := range t.Columns {
		rows[0] = append(rows[0], escape(c.Name))
	}
	for i, row := range t.Rows {
		for _, c := range row {
			rows[i+1] = append(rows[i+1], inline(c))
		}
	}
	widths := make([]int, len(t.Columns))
	for i := range widths {
		widths[i] = 3
		for _, row := range rows {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(row[i]), widest))
		}
	}
	for i, row := range rows {
		for k, c := range row {
			p.printf("| %s ", pad(c, widths[k], t.Columns[k].Number))
		}
		p.printf("|\n")
		if i == 0 {
			p.rule(t.Columns, widths)
		}
	}
}

// rule writes the line below the heads.
func (p *page) rule(columns []table.Column, widths []int) {
	for i, c := range columns {
		end := "-"
		if c.Number {
			end = ":"
		}
		p.printf("| %s%s ", strings.Repeat("-", widths[i]-1), end)
	}
	p.printf("|\n")
}

func pad(s string, width int, right bool) string {
	fill := strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
	if right {
		return fill + s
	}
	return s + fill
}

// inline returns t escaped, with its footnote marks.
func inline(t table.Text) string {
	s := escape(t.Text)
	for _, m := range t.Marks {
		s += fmt.Sprintf("[^%d]", m)
	}
	return s
}

var (
	// special are characters that mean something wherever they stand.
	special = regexp.MustCompile("[\\\\|<*`~]")
	// edge are underscores that are not inside a word, where they would mean emphasis.
	edge = regexp.MustCompile(`(^|[^\pL\pN_])_+|_+($|[^\pL\pN_])`)
	// opening are characters that mean something only where they start something.
	opening = regexp.MustCompile(`\[\^|\]\(|!\[|&[#\w]+;`)
	// block are line starts that would begin a list, a heading or a quotation.
	block = regexp.MustCompile(`^([#>+-]|\d+[.)])(\s|$)`)
	space = regexp.MustCompile(`\s+`)
)

// escape returns s, on one line, as Markdown that renders as s.
func escape(s string) string {
	s = strings.TrimSpace(space.ReplaceAllString(s, " "))
	s = special.ReplaceAllString(s, `\$0`)
	s = edge.ReplaceAllStringFunc(s, func(m string) string { return strings.ReplaceAll(m, "_", `\_`) })
	s = opening.ReplaceAllString(s, `\$0`)
	return block.ReplaceAllStringFunc(s, func(m string) string {
		if c := m[0]; c < '0' || c > '9' {
			return `\` + m
		}
		return strings.NewReplacer(".", `\.`, ")", `\)`).Replace(m)
	})
}
