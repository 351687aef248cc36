// Package plan turns a suite into trainings and cells, and refuses what cannot work before any of
// it is done.
//
// Identities are hashes of all that a result depends on and of nothing else: names chosen in a
// suite, the file, the number of threads and the other cells are not in them.
package plan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

// Options restrict a plan.
type Options struct {
	// Limit is the most examples of each cell, a subset balanced over the classes; 0 is no limit. It
	// does not touch training.
	Limit int

	// Models and Attacks are patterns (see suite.Match) for what to keep; none keeps all. The twins
	// of kept models are kept with their cells, and models that kept attacks refer to without.
	Models, Attacks []string
}

// A Plan says which models to train and what to ask of them.
type Plan struct {
	Suite   *suite.Suite
	Data    *arbench.Data
	Models  []*Model // one for each model of the suite and training seed; twins before their models
	Cells   []*Cell  // model by model: clean (test, train), attacks, probes
	Checks  []*Cell  // what checks of the numbers ask beside them, model by model
	Limit   int      // of Options
	Partial bool     // Options left out models or attacks
	Notes   []string // what a reader should know, such as fewer examples than the suite asks for
}

// A Model is one training, or one net whose weights are given. Two models of one ID have the same
// weights.
type Model struct {
	Name    string
	Seed    uint64
	ID      string // hash of all that the weights depend on
	Digest  string // of the weights, if they are given; of a training they are known after it
	Twin    *Model // the same training without regularizers; nil if the model is one itself
	Added   bool   // as the twin of a model, under a name that the suite does not have
	Spec    suite.Model
	Network *arbench.Network

	Train, Validation []int  // ids of examples of the training split, ascending
	Checkpoint        string // weights that its cells ask: one of suite.Checkpoints

	// Strength is the greatest eps that a regularizer trains against, Norm that eps' norm.
	Strength float64
	Norm     arbench.Norm

	network string // digest of Network
	kin     string // hash of all that the ID is one of, but for the backend
}

// A Cell is one question with its answerer.
type Cell struct {
	arbench.Cell
	Model      *Model
	Checkpoint string // that of Model
	Attack     suite.Named[arbench.Attack]
	Threat     suite.Threat
	Probe      suite.Probe
	Examples   []int // ids of examples of the split, ascending

	// About are the attack cells whose numbers the cell checks; nil of one that the suite asks for.
	// Check is the name of the question.
	About []*Cell
	Check string

	// Refs are the models that the attack's or probe's options name.
	Refs map[arbench.ModelRef]*Model

	plan *Plan
}

// Asked returns the threat that the attack is put to: that of the cell, with an eps of +Inf if the
// candidates are the same for every eps. One answer then is that of the cells of all threats of its norm.
func (c *Cell) Asked() arbench.Threat {
	t := c.Threat.Threat
	if c.AnyEps() {
		t.Eps = math.Inf(1)
	}
	return t
}

// AnyEps reports whether the answer to the cell is one to every eps: of an attack by itself that says so.
// A cascade goes by eps, whatever its stages do.
func (c *Cell) AnyEps() bool {
	if c.Kind != arbench.AttackCell {
		return false
	}
	_, staged := c.Attack.It.(arbench.Staged)
	return !staged && c.Attack.It.Info().AnyEps
}

// Options returns the settings of the cell's attack or probe, with every default, as TOML; nothing
// for a clean cell.
func (c *Cell) Options() string {
	switch c.Kind {
	case arbench.AttackCell:
		return c.Attack.TOML()
	case arbench.ProbeCell:
		return c.Probe.TOML()
	}
	return ""
}

// All returns every cell of p: those that the suite asks for, and those of the checks of their numbers.
func (p *Plan) All() []*Cell { return slices.Concat(p.Cells, p.Checks) }

// New opens the data of s and plans it. The error holds all that cannot work, one a line.
func New(ctx context.Context, s *suite.Suite, o Options) (*Plan, error) {
	b := &builder{
		Plan: &Plan{Suite: s, Limit: o.Limit}, said: map[string]bool{}, info: s.Dataset.It.Info(),
	}
	if o.Limit < 0 {
		b.fail("--limit", "%d must not be negative", o.Limit)
	}
	data, err := s.Dataset.It.Open(ctx)
	if err != nil {
		b.fail("dataset", "%w", err)
		data = &arbench.Data{Train: noExamples{}, Test: noExamples{}}
	} else if data.Test.Len() == 0 {
		b.fail("dataset", "there are no test examples, so nothing can be measured")
	}
	b.Data = data
	b.attackNames()
	b.allCounts()
	b.pools = newPools(data, arbench.Volume(b.info.Shape))
	b.split()
	b.trainings()
	b.checkpoints()
	b.cells()
	b.checks()
	b.identifiable()
	b.only(o)
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	return b.Plan, nil
}

// noExamples stands for data that could not be opened, so that the rest can be checked.
type noExamples struct{}

func (noExamples) Len() int                { return 0 }
func (noExamples) Read(int, []float32) int { return 0 }

// A builder makes a plan.
type builder struct {
	*Plan
	info  arbench.DatasetInfo
	pools *pools
	errs  []error
	said  map[string]bool

	pool, validation []int // of the training split: what may be trained on, and what is held out
}

// fail reports, once, what is wrong at a key of the suite.
func (b *builder) fail(key, format string, args ...any) {
	err := fmt.Errorf("%s: %s: "+format, append([]any{b.Suite.File, key}, args...)...)
	if !b.said[err.Error()] {
		b.said[err.Error()] = true
		b.errs = append(b.errs, err)
	}
}

// note adds, once, a remark on a key of the suite.
func (b *builder) note(key, format string, args ...any) {
	n := key + ": " + fmt.Sprintf(format, args...)
	if !slices.Contains(b.Notes, n) {
		b.Notes = append(b.Notes, n)
	}
}

// check reports patterns that match none of names.
func (b *builder) check(key, kind string, patterns, names []string) {
	for _, p := range patterns {
		if slices.ContainsFunc(names, func(n string) bool { return suite.Match([]string{p}, n) }) {
			continue
		}
		b.fail(key, "no %s matches %q%s", kind, p, hint(p, names))
	}
}

// hint names the nearest of names, or all of them.
func hint(name string, names []string) string {
	if near := wording.Nearest(name, names); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	if len(names) == 0 {
		return ", there is none"
	}
	return ": there is " + strings.Join(names, ", ")
}

// only keeps what the options ask for.
func (b *builder) only(o Options) {
	b.check("--only models", "model", o.Models, b.modelNames())
	b.check("--only attacks", "attack", o.Attacks, names(b.Suite.Attacks))
	keep := map[*Model]bool{}
	for _, m := range b.Models {
		if len(o.Models) == 0 || suite.Match(o.Models, m.Name) {
			for t := m; t != nil && !keep[t]; t = t.Twin {
				keep[t] = true
			}
		}
	}
	models, cells := len(b.Models), len(b.Cells)
	b.Cells = slices.DeleteFunc(b.Cells, func(c *Cell) bool {
		return !keep[c.Model] || c.Kind == arbench.AttackCell &&
			len(o.Attacks) > 0 && !suite.Match(o.Attacks, c.Attack.Name)
	})
	b.Checks = slices.DeleteFunc(b.Checks, func(c *Cell) bool {
		return !slices.ContainsFunc(c.About, func(a *Cell) bool { return slices.Contains(b.Cells, a) })
	})
	for _, c := range b.All() {
		for _, m := range c.Refs {
			keep[m] = true
		}
	}
	b.Models = slices.DeleteFunc(b.Models, func(m *Model) bool { return !keep[m] })
	b.Partial = len(b.Models) < models || len(b.Cells) < cells
}

// modelNames returns the names of the models of the suite and of added twins.
func (b *builder) modelNames() []string {
	out := suiteNames(b.Suite)
	for _, m := range b.Models {
		if !slices.Contains(out, m.Name) {
			out = append(out, m.Name)
		}
	}
	return out
}

func names[T any](of []suite.Named[T]) []string {
	out := make([]string, len(of))
	for i, n := range of {
		out[i] = n.Name
	}
	return out
}
