package suite

import (
	"slices"

	"github.com/arbench/arbench"
)

func everything() []string { return []string{"*"} }

// newEvaluation returns the evaluation of everything on all test examples.
func newEvaluation(name string) Evaluation {
	return Evaluation{
		Name: name, Models: everything(), Attacks: everything(), Threats: everything(),
		Splits: []arbench.Split{arbench.Test}, Checkpoint: Checkpoints[0],
	}
}

func (r *reader) evaluations(s *Suite, section *table) {
	for name, t := range r.each(section) {
		e := newEvaluation(name)
		r.bind(t, &e)
		r.patterns(t, "models", e.Models)
		r.patterns(t, "attacks", e.Attacks)
		r.patterns(t, "threats", e.Threats)
		r.examples(t, e.Examples, e.Splits...)
		if !slices.Contains(Checkpoints, e.Checkpoint) {
			r.fail(t.at, "unknown checkpoint %q, want one of %q", e.Checkpoint, Checkpoints)
		}
		s.Evaluations = append(s.Evaluations, e)
	}
	if len(s.Evaluations) == 0 {
		e := newEvaluation("all")
		e.Implicit = true
		s.Evaluations = []Evaluation{e}
	}
}

// examples checks which examples something is asked of.
func (r *reader) examples(t *table, n int, splits ...arbench.Split) {
	if n < 0 {
		r.fail(t.at, "examples %d must not be negative; 0 means all", n)
	}
	for i, split := range splits {
		if split != arbench.Train && split != arbench.Test {
			r.fail(t.at, "unknown split %q, want %q or %q", split, arbench.Train, arbench.Test)
		}
		if slices.Contains(splits[:i], split) {
			r.fail(t.at, "split %q twice", split)
		}
	}
	if len(splits) == 0 {
		r.fail(t.at, "no split: leave it out for %q", arbench.Test)
	}
}

func (r *reader) probes(s *Suite, section *table) {
	for name, t := range r.each(section) {
		common := struct {
			Models   []string
			Examples int
			Split    arbench.Split
		}{everything(), 0, arbench.Test}
		var use arbench.Use[arbench.Probe]
		if !r.plugin(&use, t, &common) {
			continue
		}
		r.patterns(t, "models", common.Models)
		r.examples(t, common.Examples, common.Split)
		s.Probes = append(s.Probes, Probe{named(name, use), common.Models, common.Examples, common.Split})
	}
}

func (r *reader) trust(s *Suite, t *table) {
	s.Trust = Trust{Level: TrustLevels[0]}
	if t == nil {
		return
	}
	r.bind(t, &s.Trust)
	if !slices.Contains(TrustLevels, s.Trust.Level) {
		r.fail(t.at, "unknown level %q, want one of %q", s.Trust.Level, TrustLevels)
	}
	if s.Trust.Examples < 0 {
		r.fail(t.at, "examples %d must not be negative; 0 means as many as the level has", s.Trust.Examples)
	}
}

func (r *reader) measures(s *Suite, section *table) {
	if section != nil {
		s.Measures = plugins[arbench.Measure](r, section)
		return
	}
	for _, name := range arbench.Measures.Names() {
		if it, err := arbench.Measures.New(name); err == nil {
			s.Measures = append(s.Measures, Named[arbench.Measure]{name, name, it})
		}
	}
}

func (r *reader) report(s *Suite, t *table) {
	s.Formats = []string{"markdown"}
	if t == nil {
		return
	}
	report := struct{ Formats []string }{s.Formats}
	r.bind(t, &report)
	s.Formats = report.Formats
	if len(s.Formats) == 0 {
		r.fail(t.at, "formats names nothing: leave it out for %q", "markdown")
	}
	for _, f := range s.Formats {
		if _, err := arbench.Reporters.New(f); err != nil && t.get("formats") != nil {
			r.fail(t.get("formats").at, "%w", err)
		}
	}
}
