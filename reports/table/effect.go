package table

import (
	"fmt"
	"strings"

	"github.com/arbench/arbench"
)

// effect says in one sentence what a model's regularizers did to it beside its twin.
func (b *builder) effect(name string) Text {
	var clauses, warnings []string
	for _, e := range []struct{ quantity, what string }{
		{confidence, "its mean confidence on test images"},
		{entropy, "the entropy of its answers"},
		{concentration, "the share of test images near a decision boundary"},
	} {
		t, ok := b.outputTopic(name, e.quantity)
		if !ok {
			continue
		}
		own, twin := b.index.number(name, t), b.index.number(b.twin(name), t)
		what := e.what
		if t.detail != "" {
			what += " (" + t.detail + ")"
		}
		clauses = append(clauses, changed(what, own, twin, pool(b.against(name, t, difference), b.level)))
		warnings = union(warnings, union(own.Warnings, twin.Warnings))
	}
	for _, e := range []struct{ quantity, what string }{
		{spread, "the spread of singular values"},
		{relative, "relative feature changes"},
	} {
		for _, g := range b.layerGroups([]string{e.quantity})[:min(1, len(b.layerGroups([]string{e.quantity})))] {
			if s := b.sum(name, g); s.layers > 0 {
				clauses = append(clauses, fmt.Sprintf("%s is smaller in %d of %s", e.what, s.smaller,
					count(s.layers, "layer")))
			}
		}
	}
	if len(clauses) == 0 {
		return plain("What it regularizes was not measured.")
	}
	return b.text("Beside its twin, "+list(clauses)+".", warnings)
}

// outputTopic returns the first topic of the named quantity on clean test images that the model and
// its twin both have.
func (x *index) outputTopic(model, name string) (topic, bool) {
	for _, t := range x.topics {
		if t.kind == arbench.CleanCell && t.name == name && t.split == arbench.Test &&
			len(x.against(model, t, difference)) > 0 {
			return t, true
		}
	}
	return topic{}, false
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
	return fmt.Sprintf("%s %s %s", what, verb, fromTo(twin, own))
}

// list joins clauses as prose.
func list(s []string) string {
	if len(s) == 1 {
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " and " + s[len(s)-1]
}
