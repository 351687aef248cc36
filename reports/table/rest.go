package table

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// rest is the section on quantities that no other section knows, of any measure or probe.
func (b *builder) rest() Section {
	s := Section{
		Title: "More quantities",
		Text: "Every other number that this suite's measures and probes gave, but for the NLL where there is the " +
			"loss, which is the same, and for distances of candidates that are the eps of their threat.",
	}
	if b.has(func(t topic) bool { return t.kind == arbench.CleanCell && t.name == "loss" }) {
		b.use(arbench.CleanCell, "NLL")
	}
	for _, kind := range []struct {
		kind  arbench.Kind
		title string
	}{
		{arbench.CleanCell, "On images as they are"},
		{arbench.AttackCell, "Under attack"},
		{arbench.ProbeCell, "From probes"},
	} {
		topics := b.find(func(t topic) bool {
			return t.kind == kind.kind && !b.used[use{t.kind, t.name}] && !b.atBudget(t)
		})
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

// has reports whether there is a topic that keep holds for.
func (x *index) has(keep func(topic) bool) bool { return slices.ContainsFunc(x.topics, keep) }

// atBudget reports whether t is the distance of candidates which is the threat's eps for every model:
// that is how an attack with a budget works, and says nothing of the models.
func (x *index) atBudget(t topic) bool {
	if t.kind != arbench.AttackCell || t.name != "distance" {
		return false
	}
	eps := x.threats[t.threat].Eps
	for _, name := range x.names() {
		for _, s := range x.samples(name, t) {
			if math.Abs(s.q.Value-eps) > 1e-5*eps {
				return false
			}
		}
	}
	return true
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
	if names := Backends(r); len(names) > 1 {
		add("backends", list(names))
	} else {
		add("backend", r.Backend)
		add("arithmetic", r.Numeric)
	}
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
