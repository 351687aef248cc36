package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// trainings makes the models with their twins, in an order where twins come first.
//
// The twin of a regularized model is the model of the suite that is the same training without
// regularizers; where the suite has none, one is added, called after that model of the suite which
// differs only in its seed, else "<model>/twin" after the first model that needs it. Patterns of
// evaluations and probes match added models too, those of gates only if they end in "/twin".
func (b *builder) trainings() {
	t := &trainings{builder: b, known: map[string]*Model{}, names: map[string]string{}}
	var all []*Model
	for _, spec := range b.Suite.Models {
		key := "models." + spec.Name
		network := b.network(key, spec)
		b.regularizers(key, spec)
		if network == nil {
			continue
		}
		for _, seed := range spec.Seeds {
			if m := t.make(spec, network, seed); m != nil {
				all = append(all, m)
			}
		}
	}
	for _, m := range all {
		t.remember(m)
	}
	state := map[*Model]int{}
	for _, m := range all {
		t.findTwin(m, all)
	}
	for _, m := range all {
		t.visit(m, state)
	}
}

// trainings is the making of models.
type trainings struct {
	*builder
	known map[string]*Model // without regularizers, by what they are evaluated as
	names map[string]string // of those, by the same at seed 0
}

// make returns one training of spec, nil after reporting that it cannot be identified.
func (t *trainings) make(spec suite.Model, network *arbench.Network, seed uint64) *Model {
	m := &Model{
		Name: spec.Name, Seed: seed, Spec: spec, Network: network,
		Train: t.trainedOn("models."+spec.Name, spec.TrainSize), Validation: t.validation,
	}
	m.Strength, m.Norm = strength(spec.Regularizers)
	if spec.Weights != "" && !t.given(m) {
		return nil
	}
	var err error
	if m.network, err = hash(network); err == nil {
		m.ID, err = t.identity(m, numerics(m.Spec.Backend))
	}
	if err == nil {
		_, err = hash(numerics(m.Evaluator()))
	}
	if err != nil {
		t.fail("models."+spec.Name, "%w", err)
		return nil
	}
	m.kin, _ = t.identity(m, plugin{}) // m has an id
	if spec.Evaluator.It != nil && m.evaluated() == m.ID {
		t.note("models."+spec.Name+".evaluator", "computes as the backend does, and changes no answer")
	}
	return m
}

// given finds the digest of the weights that m is given. It reports all that is wrong with them.
func (t *trainings) given(m *Model) bool {
	var err error
	if _, m.Digest, err = readWeights(m.Spec.Weights, m.Network); err == nil {
		return true
	}
	for line := range strings.Lines(err.Error()) {
		t.fail("models."+m.Name+".weights", "%s", strings.TrimSuffix(line, "\n"))
	}
	return false
}

// remember notes a model that may be a twin.
func (t *trainings) remember(m *Model) {
	if len(m.Spec.Regularizers) > 0 {
		return
	}
	if key := m.evaluated(); t.known[key] == nil {
		t.known[key] = m
	}
	if key := t.seedless(m); t.names[key] == "" {
		t.names[key] = m.Name
	}
}

// seedless returns what m is evaluated as at seed 0.
func (t *trainings) seedless(m *Model) string {
	c := *m
	c.Seed = 0
	c.ID, _ = t.identity(&c, numerics(m.Spec.Backend)) // m has one
	return c.evaluated()
}

// findTwin sets the twin of m.
func (t *trainings) findTwin(m *Model, all []*Model) {
	key := "models." + m.Name + ".twin"
	if name := m.Spec.Twin; name != "" {
		at := slices.IndexFunc(all, func(o *Model) bool {
			return o.Name == name && (o.Seed == m.Seed || o.Given())
		})
		switch {
		case name == m.Name:
			t.fail(key, "a model is no twin of its own")
		case at >= 0:
			m.Twin = all[at]
			t.unequal(key, m)
		case slices.ContainsFunc(t.Suite.Models, func(o suite.Model) bool { return o.Name == name }):
			t.fail(key, "model %q has no training with seed %d", name, m.Seed)
		default:
			t.fail(key, "no model is called %q%s", name, hint(name, suiteNames(t.Suite)))
		}
		return
	}
	if len(m.Spec.Regularizers) == 0 {
		return
	}
	spec := m.Spec
	spec.Regularizers, spec.Seeds = nil, []uint64{m.Seed}
	twin := t.make(spec, m.Network, m.Seed)
	if known := t.known[twin.evaluated()]; known != nil {
		m.Twin = known
		return
	}
	if twin.Name = t.names[t.seedless(twin)]; twin.Name == "" {
		twin.Name = t.free(m.Name + "/twin")
	}
	twin.Added = !slices.Contains(suiteNames(t.Suite), twin.Name)
	twin.Spec.Name = twin.Name
	t.remember(twin)
	m.Twin = twin
}

// unequal notes a twin that was trained on another number of examples.
func (t *trainings) unequal(key string, m *Model) {
	if own, twin := len(m.Train), len(m.Twin.Train); own != twin && !m.Given() && !m.Twin.Given() {
		t.note(key, "%q is trained on %d examples, %q on %d: the number of examples makes a difference too",
			m.Twin.Name, twin, m.Name, own)
	}
}

// free returns name, or a longer one that no model has.
func (t *trainings) free(name string) string {
	for slices.Contains(suiteNames(t.Suite), name) {
		name += "/twin"
	}
	return name
}

// visit appends m to the plan, after its twin.
func (t *trainings) visit(m *Model, state map[*Model]int) {
	const under, done = 1, 2
	if state[m] == done {
		return
	}
	state[m] = under
	if m.Twin != nil && state[m.Twin] == under {
		t.fail("models."+m.Twin.Name+".twin", "is in the end a twin of its own")
		m.Twin = nil // so that what follows comes to an end
	}
	if m.Twin != nil {
		t.visit(m.Twin, state)
	}
	state[m] = done
	t.Models = append(t.Models, m)
}

func suiteNames(s *suite.Suite) []string {
	var out []string
	for _, m := range s.Models {
		out = append(out, m.Name)
	}
	return out
}

// What a training is bounded by, well above all that a person means.
const (
	mostParams = 1_000_000_000 // 4 GB of values, and as much for derivatives and moments each
	mostEpochs = 100_000
)

// network builds and checks the net of a model, nil after reporting what is wrong.
func (b *builder) network(key string, spec suite.Model) *arbench.Network {
	n, err := spec.Arch.It.Network(b.info.Shape, b.info.Classes)
	if err == nil && n == nil {
		err = fmt.Errorf("architecture %q made no net", spec.Arch.Use)
	}
	if err != nil {
		b.fail(key+".arch", "%w", err)
		return nil
	}
	c := *n // what the architecture returned stays its own
	if spec.Normalize != nil {
		c.Normalize = spec.Normalize
		if i := slices.IndexFunc(c.Normalize.Std, func(s float64) bool { return !(s > 0) }); i >= 0 {
			b.fail(key+".normalize", "std %v must be positive", c.Normalize.Std[i])
			return nil
		}
	}
	if _, err := c.Shapes(); err != nil {
		b.fail(key+".arch", "%w", err)
		return nil
	}
	if got := c.Classes(); got != b.info.Classes {
		b.fail(key+".arch", "the net has %d logits for %d classes", got, b.info.Classes)
		return nil
	}
	if size, err := c.Size(); err != nil {
		b.fail(key+".arch", "%w", err)
		return nil
	} else if size > mostParams {
		b.fail(key+".arch", "the net has %d parameters, want at most %d: is a width mistaken?", size, mostParams)
		return nil
	}
	if n := spec.Recipe.Epochs; n > mostEpochs {
		b.fail(key+".epochs", "%d, want at most %d", n, mostEpochs)
	}
	if b.Data.Train.Len() == 0 && b.Data.Test.Len() > 0 && spec.Recipe.Epochs > 0 {
		b.fail(key+".epochs", "%d, but there are no training examples: want 0", spec.Recipe.Epochs)
	}
	if a := spec.Backend.It.Info().Access; a < arbench.Weights && spec.Recipe.Epochs > 0 {
		b.fail(key+".backend", "%q gives %v only: it cannot train", spec.Backend.Use, a)
	}
	return &c
}
