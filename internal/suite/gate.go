package suite

import (
	"path"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
)

// bounds are the numbers of an interval that a gate can be about.
var bounds = []string{"", "lower", "value", "upper"}

func (r *reader) gates(s *Suite, f *file) {
	for name, t := range r.each(f.Gates) {
		if g, ok := r.gate(name, t); ok {
			r.known(s, f, t, g)
			s.Gates = append(s.Gates, g)
		}
	}
}

// gate reads one gate and checks what needs no suite. Others are structs of further keys that t may
// have. It reports whether all went well.
func (r *reader) gate(name string, t *table, others ...any) (arbench.Gate, bool) {
	before := len(r.mistakes)
	g := arbench.Gate{Name: name, Quantity: "accuracy", Split: arbench.Test}
	r.bind(t, append([]any{&g}, others...)...)
	if t.get("model") == nil {
		r.fail(t.at, `model is missing: a name or a pattern, "*" for every model`)
	}
	if g.Min == nil && g.Max == nil {
		r.fail(t.at, "asks nothing: say min, max or both, in the unit of the quantity")
	}
	if g.Min != nil && g.Max != nil && *g.Min > *g.Max {
		r.fail(t.at, "min %v is above max %v", *g.Min, *g.Max)
	}
	if !slices.Contains(bounds, g.Bound) {
		r.fail(t.get("bound").at, "unknown bound %q, want one of %q", g.Bound, bounds[1:])
	}
	if g.Quantity == "" {
		r.fail(t.get("quantity").at, `must not be empty: leave it out for "accuracy"`)
	}
	if g.Attack != "" && g.Probe != "" {
		r.fail(t.at, "a number is of an attack or of a probe, not of both")
	}
	if g.Threat != "" && g.Attack == "" {
		r.fail(t.at, "a threat without an attack: say attack as well")
	}
	if g.Split != arbench.Train && g.Split != arbench.Test {
		r.fail(t.get("split").at, "unknown split %q, want %q or %q", g.Split, arbench.Train, arbench.Test)
	}
	return g, len(r.mistakes) == before
}

// known reports names of a gate that the suite does not have. Those of things with other mistakes
// count as had, and so do the twins that a plan may add.
func (r *reader) known(s *Suite, f *file, t *table, g arbench.Gate) {
	models := f.Models.names()
	for _, m := range s.Models {
		if !slices.Contains(models, m.Name) {
			models = append(models, m.Name)
		}
	}
	r.named(t, "model", g.Model, models, "/twin")
	r.named(t, "attack", g.Attack, f.Attacks.names())
	r.named(t, "threat", g.Threat, f.Threats.names())
	r.named(t, "probe", g.Probe, f.Probes.names())
}

// named reports a pattern that matches none of names, nor any of them with an ending.
func (r *reader) named(t *table, key, pattern string, names []string, endings ...string) {
	n := t.get(key)
	if n == nil {
		return
	}
	if _, err := path.Match(noSlash(pattern), ""); err != nil {
		r.fail(n.at, "%q is no pattern: %w", pattern, err)
		return
	}
	for _, name := range names {
		for _, ending := range append([]string{""}, endings...) {
			if Match([]string{pattern}, name+ending) {
				return
			}
		}
	}
	near := wording.Nearest(pattern, names)
	switch {
	case near != "":
		r.fail(n.at, "no %s is called %q, did you mean %q?", key, pattern, near)
	case len(names) == 0:
		r.fail(n.at, "no %s is called %q: the suite has none", key, pattern)
	default:
		r.fail(n.at, "no %s is called %q: there is %s", key, pattern, strings.Join(names, ", "))
	}
}

// names returns the keys of a section; one that is not there has none.
func (t *table) names() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.keys)
}
