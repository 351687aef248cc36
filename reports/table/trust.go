package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// trust is the section on what speaks against the numbers.
func (b *builder) trust() Section {
	if len(b.r.Cells) == 0 {
		return Section{}
	}
	s := Section{
		Title: "Trust",
		Text: "Every accuracy is checked by what else is known of the model. Suspect is a number that something " +
			"speaks against, invalid one that is not what it is called: both words stand beside the number wherever " +
			"it is, and a checked number without a word is trusted. A check speaks against a number only where the " +
			"95 % interval of its evidence passes the limit. That none does proves nothing.",
	}
	s.Parts = append(s.Parts, tabulate("", columns("check of the whole", "verdict", "found"),
		[][]Text{b.measured(), b.judged(), b.dear(), b.distrusted()}))
	if rows := b.doubts(); len(rows) > 0 {
		s.Parts = append(s.Parts, tabulate("What speaks against numbers", columns("model", "#seed", "number", "verdict",
			"check", "#evidence", "#limit", "compared"), rows))
	}
	if rows := b.made(); len(rows) > 0 {
		p := tabulate("Every check that there is for these numbers", columns("#row", "check", "#made of", "#against",
			"remarks, and why not made"), rows)
		p.Folded = true
		s.Parts = append(s.Parts, p)
	}
	return s
}

// measured is the check that every question has an answer.
func (b *builder) measured() []Text {
	const check = "All that the suite asks was measured"
	if s := b.r.Unmeasured(); s != "" {
		return []Text{plain(check), plain("does not hold"), plain(s)}
	}
	return []Text{plain(check), plain("holds"),
		plain(fmt.Sprintf("%s, %s", count(len(b.r.Models), "training"), count(len(b.r.Cells), "cell")))}
}

// judged is the check that every number under attack is trusted.
func (b *builder) judged() []Text {
	const check = "Every number under attack is trusted"
	n := verdicts(b.r)
	under := n[""] + n[arbench.Trusted] + n[arbench.Suspect] + n[arbench.Invalid]
	switch {
	case under == 0:
		return []Text{plain(check), plain("not tried"), plain("the suite has no attack")}
	case n[arbench.Trusted] == under:
		return []Text{plain(check), plain("holds"), plain(count(under, "number"))}
	}
	return []Text{plain(check), plain("does not hold"), plain(tell(n))}
}

// dear is the check that those checks were made which ask the models something more.
func (b *builder) dear() []Text {
	const check = "Dear checks were made"
	if b.r.Trust == "" || b.r.Trust == "off" {
		return []Text{plain(check), plain("not tried"), plain(`[trust] level = "off"`)}
	}
	return []Text{plain(check), plain("holds"), plain(fmt.Sprintf("at level %q", b.r.Trust))}
}

// distrusted is the check that no number has a footnote. It is the last to be asked.
func (b *builder) distrusted() []Text {
	const check = "No number has a reason to distrust it"
	if n := len(b.report.Footnote); n > 0 {
		return []Text{plain(check), plain("does not hold"), plain(count(n, "reason") + ", in the footnotes")}
	}
	return []Text{plain(check), plain("holds"), plain("–")}
}

// verdicts counts the numbers under attack by what checks make of them.
func verdicts(r *arbench.Results) map[arbench.Trust]int {
	n := map[arbench.Trust]int{}
	for _, c := range r.Cells {
		if c.Cell.Kind == arbench.AttackCell {
			n[c.Trust()]++
		}
	}
	return n
}

// tell says verdicts in words, the worst first.
func tell(n map[arbench.Trust]int) string {
	var parts []string
	for _, t := range []arbench.Trust{arbench.Invalid, arbench.Suspect, "", arbench.Trusted} {
		if n[t] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[t], cmp.Or(string(t), "not judged")))
		}
	}
	return strings.Join(parts, ", ")
}

// doubts are the findings that speak against numbers, the worst numbers first.
func (b *builder) doubts() [][]Text {
	var rows [][]Text
	for _, worst := range []arbench.Trust{arbench.Invalid, arbench.Suspect} {
		for _, c := range b.r.Cells {
			for _, f := range c.Findings {
				if c.Trust() != worst || f.Trust != arbench.Suspect && f.Trust != arbench.Invalid {
					continue
				}
				rows = append(rows, []Text{
					plain(c.Cell.Model), plain(fmt.Sprint(c.Cell.Seed)), plain(b.called(c)), plain(string(f.Trust)),
					plain(fmt.Sprintf("%d %s", f.Row, f.Check)), plain(evidence(f.Evidence)),
					plain(strings.TrimSpace(format(f.Limit, 1) + " " + f.Evidence.Unit)), plain(f.Compared),
				})
			}
		}
	}
	return rows
}

// evidence returns the number of a finding, with two digits after the point: limits have one.
func evidence(q arbench.Quantity) string {
	s := strings.TrimSpace(format(q.Value, 2) + " " + q.Unit)
	if q.Lo != q.Hi {
		s += fmt.Sprintf(" [%s, %s]", format(q.Lo, 2), format(q.Hi, 2))
	}
	return fmt.Sprintf("%s (n=%d)", s, q.N)
}

// called says which number a cell gives: by the name of its attack, or by that of the evaluation that
// the attack is.
func (b *builder) called(c arbench.Result) string {
	if c.Cell.Kind != arbench.AttackCell {
		return "clean " + string(c.Cell.Split) + " accuracy"
	}
	return b.calls(c.Cell.Attack) + " at " + b.threat(c.Cell.Threat)
}

// calls says what the accuracy under an attack is called.
func (x *index) calls(attack string) string {
	if s := x.standards[attack]; s != "" {
		return fmt.Sprintf("robust accuracy (%s)", s)
	}
	return "accuracy under " + attack
}

// titled returns the name of an attack, with what its number may be called beside "accuracy under" it.
func (x *index) titled(attack string) string {
	if x.standards[attack] == "" {
		return attack
	}
	return attack + ": " + x.calls(attack)
}

// made lists checks with what became of them, over all numbers.
func (b *builder) made() [][]Text {
	type check struct {
		row  int
		name string
	}
	var order []check
	made, against, notes := map[check]int{}, map[check]int{}, map[check][]string{}
	for _, c := range b.r.Cells {
		for _, f := range c.Findings {
			k := check{f.Row, f.Check}
			if notes[k] == nil {
				order, notes[k] = append(order, k), []string{}
			}
			if f.Evidence.N > 0 {
				made[k]++
			}
			if f.Trust == arbench.Suspect || f.Trust == arbench.Invalid {
				against[k]++
			}
			if f.Note != "" {
				notes[k] = union(notes[k], []string{f.Note})
			}
		}
	}
	slices.SortStableFunc(order, func(a, b check) int { return cmp.Compare(a.row, b.row) })
	var rows [][]Text
	for _, k := range order {
		remarks := notes[k]
		if more := len(remarks) - maxFound; more > 0 {
			remarks = append(slices.Clone(remarks[:maxFound]), fmt.Sprintf("and %d more", more))
		}
		rows = append(rows, []Text{
			plain(fmt.Sprint(k.row)), plain(k.name), plain(fmt.Sprint(made[k])), plain(fmt.Sprint(against[k])),
			plain(dash(strings.Join(remarks, "; "))),
		})
	}
	return rows
}

// maxFound is the greatest number of remarks that a check lists.
const maxFound = 3

// trustNote says how many numbers under attack are not to be trusted.
func (b *builder) trustNote() []string {
	n := verdicts(b.r)
	if n[arbench.Suspect]+n[arbench.Invalid] == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Of the numbers under attack: %s. See Trust before quoting one.", tell(n))}
}
