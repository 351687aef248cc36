package plan

import (
	"cmp"
	"fmt"
	"reflect"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/trust"
)

// checks plans what dear checks of the numbers on test examples ask. What is about a model and a threat,
// whatever the attack, is asked once.
func (b *builder) checks() {
	level := trust.Level(b.Suite.Trust.Level)
	shared := map[string]*Cell{}
	for _, c := range b.Cells {
		if c.Kind != arbench.AttackCell || c.Split != arbench.Test {
			continue
		}
		var twin arbench.ModelRef
		if m := c.Model.Twin; m != nil && m.Evaluator().It.Info().Access >= arbench.Gradients {
			twin = arbench.ModelRef(m.Name)
		}
		for _, q := range trust.Ask(level, b.Attempt(c), twin, arbench.Volume(b.info.Shape)) {
			if b.fitsCheck(c.Model, q) != nil {
				continue // the check says that it was not made
			}
			key := fmt.Sprintf("%p %q %q", c.Model, q.Check, c.Cell.Threat)
			if q.Shared && shared[key] != nil {
				shared[key].About = append(shared[key].About, c)
				continue
			}
			shared[key] = b.ask(c, q)
		}
	}
}

// fitsCheck reports why a question cannot be put to a model.
func (b *builder) fitsCheck(m *Model, q trust.Question) error {
	if q.Attack.It == nil {
		return nil
	}
	return b.fits(m, suite.Named[arbench.Attack]{Name: q.Check, Use: q.Attack.Name, It: q.Attack.It},
		suite.Threat{Threat: q.Threat})
}

// ask adds the cell of a question about c.
func (b *builder) ask(c *Cell, q trust.Question) *Cell {
	n := cmp.Or(b.Suite.Trust.Examples, trust.Level(b.Suite.Trust.Level).Examples())
	if q.Examples > 0 {
		n = min(n, q.Examples)
	}
	out := &Cell{
		Cell:  arbench.Cell{Kind: arbench.ProbeCell, Model: c.Cell.Model, Seed: c.Seed, Split: c.Split},
		Model: c.Model, Checkpoint: c.Checkpoint, About: []*Cell{c}, Check: q.Check, plan: b.Plan,
		Examples: b.examples("trust", c.Model, c.Split, min(n, len(c.Examples))),
	}
	name := fmt.Sprintf("check %q within %s", q.Check, c.Cell.Threat)
	if !q.Shared {
		name = fmt.Sprintf("check %q of %s within %s", q.Check, c.Cell.Attack, c.Cell.Threat)
	}
	if q.Attack.It == nil {
		out.Cell.Probe = name
		out.Probe = suite.Probe{Named: suite.Named[arbench.Probe]{Name: name, Use: q.Probe.Name, It: q.Probe.It}}
		out.Refs = b.refs("trust", c.Model, q.Probe.It)
	} else {
		out.Kind, out.Cell.Attack, out.Cell.Threat, out.Budget = arbench.AttackCell, name, q.Threat.String(), q.Threat
		out.Attack = suite.Named[arbench.Attack]{Name: name, Use: q.Attack.Name, It: q.Attack.It}
		out.Threat = suite.Threat{Name: q.Threat.String(), Threat: q.Threat}
		out.Refs = b.refs("trust", c.Model, q.Attack.It)
	}
	b.Checks = append(b.Checks, out)
	return out
}

// Attempt describes the attack of c, without an outcome.
func (p *Plan) Attempt(c *Cell) trust.Attempt {
	a := trust.Attempt{Name: c.Attack.Name, Use: c.Attack.Use, Attack: c.Attack.It, Threat: c.Threat.Threat}
	if c.Kind != arbench.AttackCell {
		return trust.Attempt{}
	}
	plain(reflect.ValueOf(a.Attack), func(arbench.ModelRef) string { a.Foreign = true; return "" })
	if staged, ok := a.Attack.(arbench.Staged); ok {
		// the plan has asked for them before, with success
		a.Stages, _ = staged.Stages(arbench.ModelInfo{
			Shape: c.Model.Network.Input, Classes: c.Model.Network.Classes(),
			Access: c.Model.Evaluator().It.Info().Access, Network: c.Model.Network,
		}, c.Threat.Threat)
	}
	return a
}
