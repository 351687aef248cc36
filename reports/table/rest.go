package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// rest is the section on quantities that no other section knows, of any measure or probe.
func (b *builder) rest() Section {
	s := Section{
		Title: "More quantities",
		Text:  "Every other number that this suite's measures and probes gave.",
	}
	for _, kind := range []struct {
		kind  arbench.Kind
		title string
	}{
		{arbench.CleanCell, "On images as they are"},
		{arbench.AttackCell, "Under attack"},
		{arbench.ProbeCell, "From probes"},
	} {
		topics := b.find(func(t topic) bool { return t.kind == kind.kind && !b.used[use{t.kind, t.name}] })
		slices.SortStableFunc(topics, b.inQuestionOrder)
		for _, group := range b.columnGroups() {
			p := b.beside(kind.title+": "+strings.Join(group, ", "), group, topics, b.arrow)
			if p.Folded = true; len(p.Rows) > 0 {
				s.Parts = append(s.Parts, p)
			}
		}
	}
	return s
}

// inQuestionOrder compares topics by quantity, split, attack and eps.
func (x *index) inQuestionOrder(a, b topic) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.split, b.split),
		cmp.Compare(a.attack, b.attack), x.byEps(a, b))
}

// where says which question a topic belongs to, or nothing for images as they are.
func (x *index) where(t topic) string {
	switch t.kind {
	case arbench.AttackCell:
		return "under " + t.attack + " at " + x.threat(t.threat)
	case arbench.ProbeCell:
		return "probe " + t.probe
	}
	return ""
}

// failures is the section on what could not be measured.
func (b *builder) failures() Section {
	var rows [][]Text
	for _, f := range b.r.Failures {
		what := "training"
		switch f.Cell.Kind {
		case arbench.CleanCell:
			what = "clean " + string(f.Cell.Split)
		case arbench.AttackCell:
			what = fmt.Sprintf("%s at %s on %s", f.Cell.Attack, f.Cell.Budget, f.Cell.Split)
		case arbench.ProbeCell:
			what = "probe " + f.Cell.Probe
		}
		rows = append(rows, []Text{
			plain(f.Cell.Model), plain(fmt.Sprint(f.Cell.Seed)), plain(what), plain(f.Error),
		})
	}
	if len(rows) == 0 {
		return Section{}
	}
	return Section{
		Title: "Failures",
		Parts: []Part{tabulate("", columns("model", "#seed", "what", "error"), rows)},
	}
}

// repeat is the section on how to get the same numbers.
func (b *builder) repeat() Section {
	r := b.r
	s := Section{Title: "How to repeat it"}
	if r.Command != "" {
		s.Parts = append(s.Parts, Part{Listing: r.Command})
	}
	var rows [][]Text
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []Text{plain(name), plain(value)})
		}
	}
	add("data", r.Dataset)
	add("digest of the data", r.Digest)
	add("backend", r.Backend)
	add("arithmetic", r.Numeric)
	if len(rows) > 0 {
		s.Parts = append(s.Parts, tabulate("", columns("what", "which"), rows))
	}
	rows = nil
	for _, v := range r.Versions {
		add(v.Name, v.Version)
	}
	if len(rows) > 0 {
		p := tabulate("Versions of the program and its parts", columns("part", "version"), rows)
		p.Folded = true
		s.Parts = append(s.Parts, p)
	}
	if p := b.weights(); len(p.Rows) > 0 {
		s.Parts = append(s.Parts, p)
	}
	if p := options("Options of the probes", r.Cells, func(c arbench.Cell) string {
		return c.Probe
	}); p.Listing != "" {
		s.Parts = append(s.Parts, p)
	}
	if r.Settings != "" {
		s.Parts = append(s.Parts, Part{
			Title: "The suite with every default filled in", Folded: true, Listing: r.Settings,
		})
	}
	return s
}

// weights is the table of the models' identities.
func (b *builder) weights() Part {
	var rows [][]Text
	for _, m := range b.r.Models {
		rows = append(rows, []Text{
			plain(m.Name), plain(fmt.Sprint(m.Seed)), plain(dash(m.ID)), plain(dash(m.Digest)),
		})
	}
	p := tabulate("Identities of the models", columns("model", "#seed", "id", "digest of the weights"),
		rows)
	p.Folded = true
	return p
}
