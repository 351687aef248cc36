package plan

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// checkpoints finds which weights each model is asked with: those that its evaluations name, which
// must agree, else those that a model whose twin it is is asked with, else the last.
func (b *builder) checkpoints() {
	by := map[*Model]string{}
	for _, e := range b.Suite.Evaluations {
		if e.Checkpoint == "best" && b.Suite.Validation == 0 {
			b.fail("evaluate."+e.Name, "checkpoint %q wants held-out examples: "+
				"set validation in [dataset]", e.Checkpoint)
		}
		for _, m := range b.Models {
			switch {
			case !suite.Match(e.Models, m.Name):
			case m.Checkpoint != "" && m.Checkpoint != e.Checkpoint:
				b.fail("evaluate."+e.Name, "asks checkpoint %q of model %q, evaluate.%s asks %q",
					e.Checkpoint, m.Name, by[m], m.Checkpoint)
			default:
				m.Checkpoint, by[m] = e.Checkpoint, e.Name
			}
		}
	}
	for _, m := range slices.Backward(b.Models) { // a twin comes before its models
		if m.Checkpoint == "" {
			m.Checkpoint = suite.Checkpoints[0]
		}
		if t := m.Twin; t != nil && t.Checkpoint == "" {
			t.Checkpoint = m.Checkpoint
		} else if t != nil && t.Checkpoint != m.Checkpoint {
			b.fail("models."+m.Name, "is asked checkpoint %q, its twin %q checkpoint %q: "+
				"they could not be compared", m.Checkpoint, t.Name, t.Checkpoint)
		}
	}
}

// cells plans every question.
//
// Each model is put to clean examples of both splits, since the gap needs both: to every test
// example, and to as many training examples as there are test examples, or more if an evaluation
// attacks more.
//
// What a model is asked its twin is asked too, whatever the patterns say, since one without the
// other cannot be compared.
func (b *builder) cells() {
	b.checkPatterns()
	asked := map[string]string{}
	for _, m := range b.Models {
		for _, split := range []arbench.Split{arbench.Test, arbench.Train} {
			b.add(m, &Cell{
				Cell:     arbench.Cell{Kind: arbench.CleanCell, Split: split},
				Examples: b.examples("clean", m, split, b.cleanSize(m, split)),
			})
		}
		for _, e := range b.Suite.Evaluations {
			if b.concerns(e.Models, m) {
				b.attacks(m, e, asked)
			}
		}
		for _, p := range b.Suite.Probes {
			if b.concerns(p.Models, m) {
				b.probe(m, p)
			}
		}
	}
	b.checkIdle()
}

// concerns reports whether the patterns match m or a model whose twin it is, at whatever remove.
func (b *builder) concerns(patterns []string, m *Model) bool {
	return suite.Match(patterns, m.Name) || slices.ContainsFunc(b.Models, func(o *Model) bool {
		return o.Twin == m && b.concerns(patterns, o)
	})
}

// cleanSize returns how many clean examples of a split m is asked, 0 for all.
func (b *builder) cleanSize(m *Model, s arbench.Split) int {
	if s == arbench.Test {
		return 0
	}
	n := b.Data.Test.Len()
	for _, e := range b.Suite.Evaluations {
		if slices.Contains(e.Splits, arbench.Train) && len(b.Suite.Attacks) > 0 {
			if e.Examples == 0 {
				return 0
			}
			n = max(n, e.Examples)
		}
	}
	return min(n, len(m.Train))
}

// checkPatterns reports patterns that match nothing.
func (b *builder) checkPatterns() {
	models, attacks := b.modelNames(), names(b.Suite.Attacks)
	var threats []string
	for _, t := range b.Suite.Threats {
		threats = append(threats, t.Name)
	}
	for _, e := range b.Suite.Evaluations {
		if e.Implicit {
			continue
		}
		b.check("evaluate."+e.Name+".models", "model", e.Models, models)
		b.check("evaluate."+e.Name+".attacks", "attack", e.Attacks, attacks)
		b.check("evaluate."+e.Name+".threats", "threat", e.Threats, threats)
	}
	for _, p := range b.Suite.Probes {
		b.check("probes."+p.Name+".models", "model", p.Models, models)
	}
}

// checkIdle reports attacks that are asked nothing and notes such threats.
func (b *builder) checkIdle() {
	attacks, threats := map[string]bool{}, map[string]bool{}
	for _, c := range b.Cells {
		attacks[c.Attack.Name], threats[c.Threat.Name] = true, true
	}
	for _, a := range b.Suite.Attacks {
		if !attacks[a.Name] {
			b.idle(a)
		}
	}
	for _, t := range b.Suite.Threats {
		if !threats[t.Name] {
			b.note("threats."+t.Name, "no attack is asked about it")
		}
	}
}

// idle reports an attack that is asked nothing: as a mistake if nothing fits it, else as a note that
// the evaluations leave it out.
func (b *builder) idle(a suite.Named[arbench.Attack]) {
	key := "attacks." + a.Name
	if len(b.Suite.Threats) == 0 {
		b.fail(key, "there is no threat for it: add one, such as "+
			`[threats.linf] with norm = "linf" and eps = "8/255"`)
		return
	}
	var reason error
	for _, m := range b.Models {
		for _, t := range b.Suite.Threats {
			if reason = b.fits(m, a, t); reason == nil {
				b.note(key, "no evaluation asks for it")
				return
			}
		}
	}
	if reason != nil {
		b.fail(key, "fits no model and threat of the suite: %w", reason)
	}
}

// attacks plans the attacks of one evaluation on m.
func (b *builder) attacks(m *Model, e suite.Evaluation, asked map[string]string) {
	key := "evaluate." + e.Name
	for _, split := range e.Splits {
		for _, a := range b.Suite.Attacks {
			for _, t := range b.Suite.Threats {
				if !suite.Match(e.Attacks, a.Name) || !suite.Match(e.Threats, t.Name) {
					continue
				}
				if err := b.fits(m, a, t); err != nil {
					b.unfit(key, m, e, err)
					continue
				}
				if m.Twin == nil && b.namesTwin(a.It) {
					b.note("attacks."+a.Name, "it takes the twin of a model, and %q, which has none, is not put to it", m.Name)
					continue
				}
				c := &Cell{
					Cell: arbench.Cell{
						Kind: arbench.AttackCell, Split: split,
						Attack: a.Name, Threat: t.Name, Budget: t.Threat,
					},
					Attack: a, Threat: t, Examples: b.examples(key, m, split, e.Examples),
					Refs: b.refs("attacks."+a.Name, m, a.It),
				}
				if b.first(key, m, c, asked) {
					b.add(m, c)
				}
			}
		}
	}
}

// unfit says that an evaluation asks of m what does not fit: a mistake if it names m, a note if m is
// only the twin of what it names, and nothing where everything that fits is asked.
func (b *builder) unfit(key string, m *Model, e suite.Evaluation, why error) {
	switch {
	case e.Implicit:
	case suite.Match(e.Models, m.Name):
		b.fail(key, "%w", why)
	default:
		b.note(key, "the twin %q cannot be compared: %v", m.Name, why)
	}
}

// first reports whether no evaluation before asks the same; one that asks it of other examples is a
// mistake, since reports could not tell the answers apart.
func (b *builder) first(key string, m *Model, c *Cell, asked map[string]string) bool {
	what := fmt.Sprintf("%q %d %q %q %q", m.Name, m.Seed, c.Split, c.Cell.Attack, c.Cell.Threat)
	how := fmt.Sprintf("%d examples", len(c.Examples))
	if before, ok := asked[what]; ok {
		if before != how {
			b.fail(key, "asks attack %q with threat %q of model %q for %s of split %q, "+
				"an evaluation before it for %s", c.Attack.Name, c.Threat.Name, m.Name, how, c.Split, before)
		}
		return false
	}
	asked[what] = how
	return true
}

// probe plans one probe of m.
func (b *builder) probe(m *Model, p suite.Probe) {
	key := "probes." + p.Name
	if f, ok := p.It.(arbench.Fitter); ok {
		if err := f.Fits(m.Network); err != nil {
			b.fail(key, "model %q: %w", m.Name, err)
		}
	}
	b.add(m, &Cell{
		Cell:  arbench.Cell{Kind: arbench.ProbeCell, Split: p.Split, Probe: p.Name},
		Probe: p, Examples: b.examples(key, m, p.Split, p.Examples), Refs: b.refs(key, m, p.It),
	})
}

// add appends a cell of m.
func (b *builder) add(m *Model, c *Cell) {
	c.plan, c.Model, c.Checkpoint = b.Plan, m, m.Checkpoint
	c.Cell.Model, c.Seed = m.Name, m.Seed
	b.Cells = append(b.Cells, c)
}

// fits reports why an attack cannot be put to a model within a threat.
func (b *builder) fits(m *Model, a suite.Named[arbench.Attack], t suite.Threat) error {
	info, backend := a.It.Info(), m.Evaluator().It.Info()
	if !slices.Contains(info.Norms, t.Norm) {
		return fmt.Errorf("attack %q cannot bound %s, the norm of threat %q, only %s",
			a.Name, t.Norm, t.Name, list(info.Norms))
	}
	if info.Access > backend.Access {
		return fmt.Errorf("attack %q needs %v, the backend %q of model %q gives %v",
			a.Name, info.Access, m.Evaluator().Use, m.Name, backend.Access)
	}
	staged, ok := a.It.(arbench.Staged)
	if !ok {
		return nil
	}
	_, err := staged.Stages(arbench.ModelInfo{
		Shape: b.info.Shape, Classes: b.info.Classes, Access: backend.Access, Network: m.Network,
	}, t.Threat)
	if err != nil {
		return fmt.Errorf("attack %q on model %q within threat %q: %w", a.Name, m.Name, t.Name, err)
	}
	return nil
}

// namesTwin reports whether an option of an attack names the twin of the model under attack.
func (b *builder) namesTwin(it any) (found bool) {
	plain(reflect.ValueOf(it), func(r arbench.ModelRef) string {
		found = found || r == arbench.Twin && !slices.Contains(suiteNames(b.Suite), string(r))
		return ""
	})
	return found
}

// refs returns the models that the options of a plugin name: of the training seed of m, or of the
// first if a model has none of that seed; the twin is that of m.
func (b *builder) refs(key string, m *Model, it any) map[arbench.ModelRef]*Model {
	out := map[arbench.ModelRef]*Model{}
	plain(reflect.ValueOf(it), func(r arbench.ModelRef) string {
		for _, o := range b.Models {
			if o.Name == string(r) && (out[r] == nil || o.Seed == m.Seed) {
				out[r] = o
			}
		}
		if out[r] == nil && r == arbench.Twin && m.Twin != nil {
			out[r] = m.Twin
		}
		if out[r] == nil && !slices.Contains(b.modelNames(), string(r)) {
			b.fail(key, "no model is called %q%s", string(r), hint(string(r), b.modelNames()))
		}
		return ""
	})
	return out
}
