package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
	"github.com/arbench/arbench/reports/table"
)

// asked says what a cell's accuracy is of, apart from the model.
func asked(c arbench.Cell) string {
	s := "clean"
	if c.Kind == arbench.AttackCell {
		s = c.Attack + " at " + c.Threat
	}
	return s + ", " + string(c.Split)
}

// Text writes the comparison for people. Its errors are those of out.
func (m *Comparison) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, s := range []Side{m.a, m.b} {
		fmt.Fprintf(w, "%c\t%s\tsuite %s, %s, %s, %s, by %s\n", 'A'+i, s.Name, s.Suite, wording.Counted(len(s.Models), "training"),
			wording.Counted(len(s.Cells), "cell"), s.Dataset, strings.Join(table.Backends(s.Results), " and "))
	}
	w.Flush()
	fmt.Fprintf(out, "\n%s\n\n", m.summary())
	fmt.Fprintf(w, "model\taccuracy\tA\tB\tB - A\tover\t\n")
	for _, r := range m.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			r.cell.Model, asked(r.cell), r.a.Short(), r.b.Short(), r.difference, r.over(), r.verdict())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, n := range m.notes {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "note: %s\n", n)
	}
	return nil
}

// summary says in a sentence or two how much the results differ.
func (m *Comparison) summary() string {
	if m.same == m.cells && m.equal == m.models {
		return fmt.Sprintf("No difference: all %s and %s that are in both are the same.",
			wording.Counted(m.models, "training"), wording.Counted(m.cells, "answer"))
	}
	clear := count(m.rows, func(r compared) bool { return r.verdict() != "" })
	return fmt.Sprintf("%d of %s have the same weights, %d of %s are the same.\n"+
		"The accuracy of B differs from that of A, beyond the interval, in %d of %s.",
		m.equal, wording.Counted(m.models, "training"), m.same, wording.Counted(m.cells, "answer"), clear, wording.Counted(len(m.rows), "row"))
}

func (r compared) over() string {
	if r.paired {
		return "the same examples"
	}
	return "unpaired"
}

// verdict says whether the interval of the difference leaves zero out.
func (r compared) verdict() string {
	switch {
	case r.difference.Lo > 0:
		return "higher"
	case r.difference.Hi < 0:
		return "lower"
	}
	return ""
}

// CSV writes a row for each difference, in the units of the accuracies, after a row of names. Its errors
// are those of out.
func (m *Comparison) CSV(out io.Writer) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{
		"model", "kind", "attack", "threat", "split", "a", "a_lo", "a_hi", "b", "b_lo", "b_hi",
		"difference", "lo", "hi", "n", "seeds", "paired",
	})
	for _, r := range m.rows {
		c := r.cell
		row := []string{c.Model, string(c.Kind), c.Attack, c.Threat, string(c.Split)}
		for _, n := range []table.Number{r.a, r.b, r.difference} {
			row = append(row, float(n.Value), float(n.Lo), float(n.Hi))
		}
		_ = w.Write(append(row, strconv.Itoa(r.difference.Least), strconv.Itoa(r.difference.Seeds),
			strconv.FormatBool(r.paired)))
	}
	w.Flush()
	return w.Error()
}

func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Benchstat writes every accuracy of both results in the format of Go benchmarks, one sample for
// each training seed. The last part of a name is none that ends in a number, which would be taken
// for one of processors. Its errors are those of out.
func (m *Comparison) Benchstat(out io.Writer) error {
	fmt.Fprintf(out, "Unit accuracy-%% better=higher\nUnit sec/op better=lower\n")
	part := strings.NewReplacer("/", ":", " ", "_", "=", ":").Replace
	for _, s := range []Side{m.a, m.b} {
		fmt.Fprintf(out, "\nresult: %s\n", s.Name)
		for _, c := range s.Cells {
			for _, q := range c.Quantities {
				if q.Name != "accuracy" || q.Detail != "" || c.Cell.Kind == arbench.ProbeCell {
					continue
				}
				at := "clean"
				if c.Cell.Kind == arbench.AttackCell {
					at = part(c.Cell.Attack) + "/threat=" + part(c.Cell.Threat)
				}
				taken := ""
				if v, ok := s.seconds(c, q.Split); ok {
					taken = " " + float(v) + " sec/op"
				}
				_, err := fmt.Fprintf(out, "BenchmarkAccuracy/model=%s/attack=%s/split=%s 1 %s accuracy-%%%s\n",
					part(c.Cell.Model), at, q.Split, float(q.Value), taken)
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// seconds returns what the answers on a split took, of which c has quantities: a clean cell of the test split
// speaks for both, and that of the training split has no quantities.
func (s Side) seconds(c arbench.Result, split arbench.Split) (v float64, ok bool) {
	of := c.Cell
	of.Split = split
	for _, o := range s.Cells {
		if o.Cell.SameQuestion(of) && o.Cell.Seed == of.Seed {
			return o.Seconds, true
		}
	}
	return 0, false
}
