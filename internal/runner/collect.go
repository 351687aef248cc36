package runner

import (
	"encoding/json"
	"errors"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/store"
)

// Collect returns the answers to p that st holds, reduced by the suite's measures. It runs nothing.
// What is missing comes back as a failure, with the reason if the last run left one; so does what
// cannot be read.
func Collect(st *store.Store, p *plan.Plan) (*arbench.Results, error) {
	c := &collection{store: st, plan: p, records: map[*plan.Model]*records{}}
	c.results = &arbench.Results{
		Suite: p.Suite.Name, Title: p.Suite.Title, Note: p.Suite.Note, Dataset: p.Data.Title, Digest: p.Data.Digest,
		CopyOf: p.Data.CopyOf, Train: p.Data.Train.Len(),
		Backend: p.Suite.Backend.Use, Numeric: p.Suite.Backend.It.Info().Numerics,
		Level: p.Suite.Level, Trust: p.Suite.Trust.Level, Limit: p.Limit, Partial: p.Partial, Settings: p.Suite.TOML(),
		PlannedModels: len(p.Models), PlannedCells: len(p.Cells), PlannedChecks: len(p.Checks),
	}
	for _, m := range p.Models {
		if err := c.model(m); err != nil {
			return nil, err
		}
	}
	for _, cell := range p.Cells {
		if err := c.cell(cell); err != nil {
			return nil, err
		}
	}
	c.crossChecks()
	return c.results, c.checks()
}

// collection is a Collect under way.
type collection struct {
	store   *store.Store
	plan    *plan.Plan
	results *arbench.Results
	records map[*plan.Model]*records
}

// records are what the store holds of one model.
type records struct {
	training record.Training
	outcomes map[question]*arbench.Outcome
}

// A question is what an outcome answers, apart from the model: a twin was asked the same.
type question struct {
	kind           arbench.Kind
	split          arbench.Split
	attack, threat string // names in the suite
	checkpoint     string
	examples       int
}

func key(c *plan.Cell) question {
	return question{c.Kind, c.Split, c.Attack.Name, c.Threat.Name, c.Checkpoint, len(c.Examples)}
}

// model enters the training of m and reads its outcomes.
func (c *collection) model(m *plan.Model) error {
	t, ok, err := loadTraining(c.store, m)
	if err != nil || !ok {
		return c.fail(arbench.Cell{Model: m.Name, Seed: m.Seed}, m, m.ID, err)
	}
	rec := &records{training: t, outcomes: map[question]*arbench.Outcome{}}
	c.records[m] = rec
	for _, cell := range c.plan.All() {
		if cell.Model != m || cell.Kind == arbench.ProbeCell {
			continue
		}
		o, err := loadOutcome(c.store, cell.ID(rec.digest(cell)))
		if err == nil && o != nil { // else it is a failure of its cell
			rec.outcomes[key(cell)] = o
		}
	}
	c.results.Models = append(c.results.Models, modelResult(m, t))
	return nil
}

// digest returns that of the weights which cell asks about.
func (r *records) digest(cell *plan.Cell) string {
	if cell.Checkpoint == "best" {
		return r.training.Best
	}
	return r.training.Digest
}

func modelResult(m *plan.Model, t record.Training) arbench.ModelResult {
	out := arbench.ModelResult{
		Name: m.Name, Seed: m.Seed, Given: m.Given(), ID: m.ID, Digest: t.Digest, Arch: m.Spec.Arch.Use,
		Backend: backend(m.Spec.Backend), Strength: m.Strength, Norm: m.Norm,
		Seconds: t.Seconds, Compiling: t.Compiling, Passes: t.Passes, Epochs: t.Epochs,
	}
	if out.Examples = len(m.Train); m.Given() {
		out.Examples = 0
		out.Warnings = []string{"its weights were given: how they were trained is not known"}
	} else {
		out.Warnings = m.Spec.Backend.It.Info().Warnings
	}
	if e := backend(m.Evaluator()); e != out.Backend {
		out.Evaluator = e
	}
	if m.Twin != nil {
		out.Twin = m.Twin.Name
	}
	for _, r := range m.Spec.Regularizers {
		out.Regularizers = append(out.Regularizers, r.Use)
	}
	out.Params, _ = m.Network.Size() // the plan has checked the net
	return out
}

// fail enters a failure in what is asked of m: why the record could not be read or, where it is missing, the reason
// that the last run left, or that it cannot be told here.
func (c *collection) fail(cell arbench.Cell, m *plan.Model, id string, unread error) error {
	why, err := c.reason(m, id)
	if unread != nil {
		why, err = unread.Error(), nil
	}
	if err == nil {
		c.results.Failures = append(c.results.Failures, arbench.Failure{Cell: cell, Error: why})
	}
	return err
}

// reason says why there is no answer of that identity about m. Where a backend of m does not run, its arithmetic
// may not be known, and with it which answers are its.
func (c *collection) reason(m *plan.Model, id string) (string, error) {
	why, err := reason(c.store, id)
	if err != nil || why != notYet {
		return why, err
	}
	if e, ok := errors.AsType[*plan.NotReadyError](m.Ready()); ok {
		return unknown + ": " + e.Short(), nil
	}
	return why, nil
}

// cell enters the answer of cell.
func (c *collection) cell(cell *plan.Cell) error {
	rec := c.records[cell.Model]
	if rec == nil {
		return nil // the training failed, which is entered once
	}
	id := cell.ID(rec.digest(cell))
	out := arbench.Result{Cell: cell.Cell, ID: id, Warnings: cell.Model.Evaluator().It.Info().Warnings}
	switch cell.Kind {
	case arbench.ProbeCell:
		b, ok, err := c.store.Get(id, kindProbe)
		if err == nil && ok {
			out.Quantities, err = record.DecodeQuantities(b)
		}
		if err != nil || !ok {
			return c.fail(cell.Cell, cell.Model, id, err)
		}
	default:
		o := rec.outcomes[key(cell)]
		if o == nil {
			_, err := loadOutcome(c.store, id)
			return c.fail(cell.Cell, cell.Model, id, err)
		}
		out.Passes = passes(o)
		out.Quantities = c.measure(cell)
		c.judge(cell, &out)
		if cell.Kind == arbench.AttackCell {
			out.Common = c.common(cell)
		}
	}
	out.Options, out.Standard = cell.Options(), cell.Standard()
	s, err := cost(c.store, id)
	if err != nil {
		return c.fail(cell.Cell, cell.Model, id, err)
	}
	out.Seconds, out.Compiling = s.Seconds, s.Compiling
	c.results.Cells = append(c.results.Cells, out)
	return nil
}

func passes(o *arbench.Outcome) arbench.Passes {
	p := arbench.Passes{Forward: len(o.ID)}
	for i := range o.Forward {
		p.Add(arbench.Passes{Forward: o.Forward[i], Backward: o.Backward[i]})
	}
	return p
}

// measure reduces the outcome of cell. The clean cell of the test split speaks for both splits, that
// of the training split for none.
func (c *collection) measure(cell *plan.Cell) []arbench.Quantity {
	if cell.Kind == arbench.CleanCell && cell.Split != arbench.Test {
		return nil
	}
	r := c.record(cell, cell.Model)
	if twin := cell.Model.Twin; twin != nil && c.records[twin] != nil {
		tr := c.record(cell, twin)
		r.Twin = &tr
	}
	var out []arbench.Quantity
	for _, m := range c.plan.Suite.Measures {
		out = append(out, m.It.Measure(r)...)
	}
	return out
}

// record returns what measures see of m for the question of cell.
func (c *collection) record(cell *plan.Cell, m *plan.Model) arbench.Record {
	r := arbench.Record{Level: c.plan.Suite.Level}
	for _, other := range c.plan.Cells {
		if other.Model != m || other.Kind != arbench.CleanCell || other.Checkpoint != cell.Checkpoint {
			continue
		}
		o := c.records[m].outcomes[key(other)]
		if other.Split == arbench.Train {
			r.Train = o
		} else {
			r.Test = o
		}
	}
	if cell.Kind == arbench.AttackCell {
		r.Attacked = c.records[m].outcomes[key(cell)]
		r.Attack, r.Threat, r.AnyEps = cell.Attack.Name, cell.Threat.Threat, cell.AnyEps()
		r.Shape = m.Network.Input
		r.Test, r.Train = measure.Same(r.Test, r.Attacked), measure.Same(r.Train, r.Attacked)
	}
	return r
}

// loadTraining returns what st keeps of the training of m, if there is one; of a model that is given,
// what is known.
func loadTraining(st *store.Store, m *plan.Model) (t record.Training, ok bool, err error) {
	if m.Given() {
		return given(m), true, nil
	}
	b, ok, err := st.Get(m.ID, kindTraining)
	if err != nil || !ok {
		return t, false, err
	}
	t, err = record.DecodeTraining(b)
	return t, err == nil, err
}

func loadOutcome(st *store.Store, id string) (*arbench.Outcome, error) {
	b, ok, err := st.Get(id, kindOutcome)
	if err != nil || !ok {
		return nil, err
	}
	return record.DecodeOutcome(b)
}

// cost returns what a cell took, 0 if that is not known.
func cost(st *store.Store, id string) (s spent, err error) {
	b, ok, err := st.Get(id, kindCost)
	if err != nil || !ok {
		return s, err
	}
	if json.Unmarshal(b, &s.Seconds) == nil { // an old record
		return s, nil
	}
	return s, json.Unmarshal(b, &s)
}
