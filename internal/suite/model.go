package suite

import (
	"path/filepath"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

// A modelTable holds the keys of a model that are not its recipe's.
type modelTable struct {
	Arch         arbench.Use[arbench.Architecture]
	Backend      arbench.Use[arbench.Backend]
	Evaluator    arbench.Use[arbench.Backend]
	Normalize    *arbench.Normalize
	Twin         string
	Weights      arbench.Path
	Train        int
	Seeds        []uint64
	Regularizers *table
	Optimizer    optimizer // hides that of the recipe
}

// models reads the models of f on top of its recipe. Later are overrides of models that a vary
// makes.
func (r *reader) models(s *Suite, f *file, later []override) {
	if f.Models == nil || len(f.Models.keys) == 0 {
		r.fail(position{where: r.file, key: "models"},
			"missing: a suite has at least one model, such as [models.standard]")
		return
	}
	models := r.vary(f.Models)
	for _, c := range later {
		if !r.has(models, c) {
			continue
		}
		if err := models.setPath(c.path[1:], c.node); err != nil {
			r.fail(c.node.at, "%w", err)
		}
	}
	base := newTable(f.Backend.at)
	base.put("backend", &node{f.Backend.at, f.Backend})
	if f.Recipe != nil {
		for _, key := range ownKeys {
			if n := f.Recipe.get(key); n != nil {
				r.fail(n.at, "%s belongs to one model, not to the recipe of all", key)
			}
		}
		base = f.Recipe.without(ownKeys...).merge(base)
	}
	for name, t := range r.each(models) {
		from, seeds := base, s.Seeds.Train
		if t.get("weights") != nil {
			t, from = r.untrained(t), base.without(trainingKeys()...)
			seeds = seeds[:min(len(seeds), 1)]
		}
		s.Models = append(s.Models, r.model(name, t.merge(from), seeds))
	}
}

// ownKeys are the keys that a recipe of all models cannot have.
var ownKeys = []string{"twin", "vary", "weights", "train", "evaluator"}

// trainingKeys returns the keys of a model that only say how it is trained.
func trainingKeys() []string {
	keys := []string{"seeds", "regularizers", "train", "evaluator"}
	for _, o := range Options(train.Recipe{}) {
		keys = append(keys, o.Key)
	}
	return keys
}

// untrained returns the table of a model whose weights are given without keys of a training, each
// of which is a mistake.
func (r *reader) untrained(t *table) *table {
	keys := trainingKeys()
	for _, k := range t.keys {
		switch {
		case k == "evaluator":
			r.fail(t.nodes[k].at, "makes no sense with weights: the model is not trained, its backend is what evaluates it")
		case slices.Contains(keys, k):
			r.fail(t.nodes[k].at, "makes no sense with weights: the model is given, it is not trained")
		}
	}
	return t.without(keys...)
}

// model reads one model, which has inherited what it inherits.
func (r *reader) model(name string, t *table, seeds []uint64) Model {
	before := len(r.mistakes)
	own := modelTable{Seeds: seeds, Optimizer: optimizer{arbench.NewSGD()}}
	recipe := train.Default()
	r.bind(t, &own, &recipe)
	recipe.Optimizer = own.Optimizer.it
	if t.get("arch") == nil {
		r.fail(t.at, `arch is missing: such as arch = { use = "mlp" }, here or in [recipe]`)
	}
	if n := t.get("seeds"); n != nil {
		r.trainSeeds(n.at, own.Seeds)
	}
	if own.Train < 0 {
		r.fail(t.get("train").at, "must not be negative")
	}
	m := Model{
		Name: name, Twin: own.Twin, Seeds: own.Seeds, TrainSize: own.Train, Normalize: own.Normalize, Recipe: recipe,
		Arch: named("", own.Arch), Backend: named("", own.Backend),
		Regularizers: plugins[arbench.Regularizer](r, own.Regularizers),
	}
	if t.get("evaluator") != nil {
		m.Evaluator = named("", own.Evaluator)
	}
	if n := t.get("weights"); n != nil {
		if own.Weights == "" {
			r.fail(n.at, "want the name of a safetensors file")
		}
		m.Weights, m.Recipe = string(own.Weights), train.Recipe{}
	} else if len(r.mistakes) == before {
		r.validate(t, recipe)
	}
	return m
}

// beside returns the path of a file that a suite names: a relative one begins where the suite file is.
func (r *reader) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(r.file), path)
}
