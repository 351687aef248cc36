package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// subject says in one line what was looked at.
func subject(r *arbench.Results) string {
	parts := []string{"suite " + r.Suite}
	if r.Title != "" {
		parts = []string{r.Title, "suite " + r.Suite}
	}
	if r.Dataset != "" {
		parts = append(parts, "data "+r.Dataset)
	}
	switch names := Backends(r); len(names) {
	case 0:
	case 1:
		parts = append(parts, "backend "+names[0])
	default:
		parts = append(parts, "backends "+list(names))
	}
	return strings.Join(parts, " · ")
}

// indicative is the number of examples below which accuracies are called indicative.
const indicative = 1000

// notes are what a reader must know before quoting the answer.
func (b *builder) notes() []Text {
	var out []string
	if b.r.Note != "" {
		out = append(out, b.r.Note)
	}
	if b.r.CopyOf != "" {
		out = append(out, fmt.Sprintf("The data are %s: a copy of %s whose contents are not those of the "+
			"published files. Numbers on these may differ.", b.r.Dataset, b.r.CopyOf))
	}
	if b.r.Limit > 0 {
		out = append(out, fmt.Sprintf("Not for publication: --limit kept %s of each evaluation.",
			count(b.r.Limit, "example")))
	}
	if b.r.Partial {
		out = append(out, "Not for publication: --only left out some of the suite's models or attacks.")
	}
	out = append(out, b.gateNotes()...)
	out = append(out, b.trustNote()...)
	out = append(out, b.crossNote()...)
	out = append(out, b.subsetNote()...)
	out = append(out, b.seedNote()...)
	if n := b.fewest(); n > 0 && n < indicative {
		out = append(out, fmt.Sprintf("Indicative: accuracies rest on as few as %s; below %d the intervals "+
			"are wide.", count(n, "example"), indicative))
	}
	if s := b.r.Unmeasured(); s != "" {
		out = append(out, s+": see Failures.")
	}
	if b.again > 0 {
		out = append(out, fmt.Sprintf("%d quantities have a second answer for the same model and seed, from "+
			"other examples or another checkpoint: tables show the first, the CSV report has all.", b.again))
	}
	texts := make([]Text, len(out))
	for i, s := range out {
		texts[i] = plain(s)
	}
	return texts
}

// subsetNote says which models were trained on a part of the training examples that there are.
func (b *builder) subsetNote() []string {
	names := make(map[int][]string)
	for _, name := range b.names() {
		if n := b.models[name][0].Examples; n > 0 && n < b.r.Train {
			names[n] = append(names[n], name)
		}
	}
	var parts []string
	for _, n := range slices.Sorted(maps.Keys(names)) {
		who := list(names[n])
		if len(names[n]) == len(b.names()) {
			who = "every model"
		}
		parts = append(parts, fmt.Sprintf("%s on %d", who, n))
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Trained on a part of the %d training examples: %s.", b.r.Train, strings.Join(parts, "; "))}
}

// seedNote warns of comparisons of single networks.
func (b *builder) seedNote() (out []string) {
	var single, given []string
	pairs := b.pairs()
	for _, name := range pairs {
		switch {
		case b.models[name][0].Given || b.models[b.twin(name)][0].Given:
			given = append(given, name)
		case b.drop(name).Seeds == 1:
			single = append(single, name)
		}
	}
	if len(given) > 0 {
		out = append(out, fmt.Sprintf("The weights of %s, or of the twin, were given: this compares two networks, "+
			"not two methods.", list(given)))
	}
	switch {
	case len(single) == 0:
		return out
	case len(single) == len(pairs):
		return append(out, "One training seed: this compares two networks, not two methods.")
	}
	return append(out, fmt.Sprintf("Measured with one training seed, so that two networks are compared and "+
		"not two methods: %s.", strings.Join(single, ", ")))
}

// fewest returns the least number of examples that an accuracy on test images rests on.
func (b *builder) fewest() int {
	least := 0
	for _, t := range append(b.under(arbench.Test), clean(arbench.Test)) {
		for _, name := range b.names() {
			if n := b.index.number(name, t); n.Seeds > 0 && (least == 0 || n.Least < least) {
				least = n.Least
			}
		}
	}
	return least
}
