package table

import (
	"fmt"
	"strings"

	"github.com/arbench/arbench"
)

// gates is the section on the conditions that the suite sets.
func (b *builder) gates() Section {
	var rows [][]Text
	for _, g := range b.r.Gates {
		n := plain("–")
		if g.Verdict == arbench.GatePassed || g.Verdict == arbench.GateFailed {
			n = plain(gateNumber(g).String())
		}
		rows = append(rows, []Text{
			plain(g.Gate.Name), plain(string(g.Verdict)), plain(g.About()), n, plain(g.Gate.Want()),
		})
	}
	if len(rows) == 0 {
		return Section{}
	}
	return Section{
		Title: "Gates",
		Text: "Conditions that the suite sets. Unless it says otherwise, one on the least value is judged at the lower " +
			"end of the interval, one on the greatest value at the upper end.",
		Parts: []Part{tabulate("", columns("gate", "verdict", "number", "#measured", "wanted"), rows)},
	}
}

// gateNumber returns the number that a gate was judged on.
func gateNumber(g arbench.GateResult) Number {
	return Number{
		Value: g.Value, Lo: g.Lo, Hi: g.Hi, Unit: g.Unit, Least: g.N, Most: g.N, Seeds: g.Seeds,
		Exact: g.Lo == g.Value && g.Hi == g.Value, Trust: g.Trust,
	}
}

// gateNotes say which gates do not hold.
func (b *builder) gateNotes() []string {
	var out []string
	for _, g := range b.r.Gates {
		switch g.Verdict {
		case arbench.GateFailed:
			out = append(out, stopped(fmt.Sprintf("Gate %s failed: %s", g.Gate.Name, g.Reason)))
		case arbench.GateUnmeasured:
			out = append(out, stopped(fmt.Sprintf("Gate %s could not be judged: %s: %s", g.Gate.Name, g.About(), g.Reason)))
		}
	}
	return out
}

// stopped returns a sentence with its full stop, unless it ends as a question.
func stopped(s string) string {
	if strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
