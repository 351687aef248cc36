package markdown

import (
	"errors"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/reports/table"
	"github.com/google/go-cmp/cmp"
)

// What the escaped forms render as was taken from the GitHub Flavored Markdown specification: a
// backslash before ASCII punctuation is that character (section 6.1).
func TestEscapeRendersAsWritten(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"cnn/at/8-255", "cnn/at/8-255"},
		{"97.5 % [95.9, 98.5] (n=600)", "97.5 % [95.9, 98.5] (n=600)"},
		{"a|b", `a\|b`},
		{`a\|b`, `a\\\|b`},
		{"2*3*4 `x` ~~y~~", "2\\*3\\*4 \\`x\\` \\~\\~y\\~\\~"},
		{"<script>", `\<script>`},
		{"&lt; & so on", `\&lt; & so on`},
		{"snake_case", "snake_case"},
		{"_private_", `\_private\_`},
		{"note[^1] [x](y) ![z]", `note\[^1] [x\](y) \![z]`},
		{"two\nlines\t here ", "two lines here"},
		{"# not a head", `\# not a head`},
		{"- not a list", `\- not a list`},
		{"1. not a list", `1\. not a list`},
		{"-0.2 [-0.9, 0.5]", "-0.2 [-0.9, 0.5]"},
	} {
		if got := escape(c.in); got != c.want {
			t.Errorf("escape(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestPagesAreLaidOut(t *testing.T) {
	var p page
	p.report(&table.Report{
		Answer:  []table.Text{{Text: "It costs 2 points.", Marks: []int{1, 2}}},
		Notes:   []table.Text{{Text: "few examples"}},
		Subject: "Digits",
		Sections: []table.Section{{
			Title: "Ledger", Text: "How to read it.",
			Parts: []table.Part{
				{
					Columns: []table.Column{{Name: "model"}, {Name: "n", Number: true}},
					Rows: [][]table.Text{
						{{Text: "a|b"}, {Text: "7", Marks: []int{1}}},
						{{Text: strings.Repeat("long", 13)}, {Text: "12345"}},
					},
					LeftOut: 3,
				},
				{Title: "A & <B>", Folded: true, Listing: "x = \"```\"\n"},
			},
		}},
		Footnote: []string{"first", "second"},
	})
	want := `It costs 2 points.[^1][^2]

- **Note:** few examples

Digits

### Ledger

How to read it.

| model                                            |     n |
| ------------------------------------------------ | ----: |
| a\|b                                             | 7[^1] |
| longlonglonglonglonglonglonglonglonglonglonglonglong | 12345 |

and 3 more rows, which are in the CSV report

<details><summary>A &amp; &lt;B&gt;</summary>

~~~~
x = "~~~"
~~~~

</details>

[^1]: first
[^2]: second
`
	if diff := cmp.Diff(strings.ReplaceAll(want, "~", "`"), p.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReportReturnsTheErrorOfTheWriter(t *testing.T) {
	if err := new(Reporter).Report(full{}, &arbench.Results{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}
