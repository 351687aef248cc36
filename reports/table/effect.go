package table

import (
	"fmt"
	"math"
	"strings"

	"github.com/arbench/arbench"
)

// effect says in one sentence what a model's regularizers did to it beside its twin. One of several
// models is called by its name.
func (b *builder) effect(name string, several bool) Text {
	var clauses, warnings []string
	for _, e := range []struct{ quantity, detail, what string }{
		{confidence, "", "its mean confidence on test images"},
		{entropy, "", "the entropy of its answers"},
		{near, "0.1", "the share of test images within 0.1 of a decision boundary (probability margin)"},
	} {
		t := clean(arbench.Test)
		t.name, t.detail = e.quantity, e.detail
		d := pool(b.against(name, t, difference), b.level)
		if d.Seeds == 0 {
			continue
		}
		own, twin := b.both(name, t)
		clauses = append(clauses, changed(e.what, own, twin, d))
		warnings = union(warnings, union(own.Warnings, twin.Warnings))
	}
	for _, e := range []struct{ quantity, what string }{
		{spread, "the spread of singular values"},
		{relative, "the relative change of features"},
	} {
		groups := b.layerGroups([]string{e.quantity})
		if len(groups) == 0 {
			continue
		}
		if s := b.sum(name, groups[0]); s.layers > 0 {
			what := e.what
			if n := groups[0].suffix; n != "" {
				what += " (neighbour: " + n + ")"
			}
			clauses = append(clauses, fmt.Sprintf("%s is smaller in %d of %s (clearly in %d)",
				what, s.smaller, count(s.layers, "layer"), s.clearly))
		}
	}
	if len(clauses) == 0 {
		return plain("What it regularizes was not measured.")
	}
	begin := "Beside its twin, "
	if several {
		begin = name + " beside its twin: "
	}
	return b.text(begin+strings.Join(clauses, "; ")+".", warnings)
}

// changed says how a quantity went from the twin to the model.
func changed(what string, own, twin, d Number) string {
	verb := "did not measurably change, going"
	switch {
	case d.Lo > 0:
		verb = "rose"
	case d.Hi < 0:
		verb = "fell"
	}
	if (d.Lo > 0 || d.Hi < 0) && own.value() == twin.value() { // the digits do not show it
		d.Value = math.Abs(d.Value)
		verb += " by " + d.value() + ","
	}
	return fmt.Sprintf("%s %s %s", what, verb, fromTo(twin, own))
}
