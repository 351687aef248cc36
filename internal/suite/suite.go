// Package suite reads suite files: TOML that declares a dataset, models, threats, attacks, probes
// and what to ask of which.
//
// Every mistake in a file is reported, one a line, with the line and the full key. A plugin's table
// names it with "use"; its other keys are the plugin's exported fields (see [Options]).
package suite

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

// Schema is the version of the file format that this program reads.
const Schema = 1

// A Suite is what a suite file says, with every default filled in.
type Suite struct {
	File  string // where it came from, for messages
	Name  string // that of report files too; default: the file's name without its ending
	Title string
	Note  string // what a reader of the report must know beforehand, in a sentence or more; may be empty
	Seeds Seeds
	Level float64 // of intervals, default 0.95

	Backend    Named[arbench.Backend] // default use = "gorgonia"
	Dataset    Named[arbench.Dataset]
	Validation int // examples held out of the training split
	TrainSize  int // training examples to use, a subset balanced over the classes; 0 means all

	Models      []Model  // in file order, those of a vary in the order of its values
	Threats     []Threat // in file order
	Attacks     []Named[arbench.Attack]
	Evaluations []Evaluation // never empty; see [Evaluation.Implicit]
	Probes      []Probe
	Trust       Trust                    // which checks of the numbers are made
	Measures    []Named[arbench.Measure] // without [measures]: every registered one
	Formats     []string                 // names of reporters, default "markdown"
	Gates       []arbench.Gate           // in file order
}

// Seeds are the roots of all randomness.
type Seeds struct {
	Train  []uint64 `toml:"train"`  // one training of each model for each, default [0]
	Attack uint64   `toml:"attack"` // of attacks and probes
}

// A Named is a plugin with its options.
type Named[T any] struct {
	Name string // in the suite; that of the registry where the suite gives none
	Use  string // in the registry
	It   T
}

// A Model says how to make a model: a training, or a net whose weights are given.
type Model struct {
	Name         string
	Weights      string                 // safetensors file, whose weights are used as they are; empty means to train
	Twin         string                 // name of the model to compare with; empty means that the plan finds it
	Backend      Named[arbench.Backend] // that trains it
	Evaluator    Named[arbench.Backend] // that answers what is asked of it; zero means Backend
	Arch         Named[arbench.Architecture]
	Normalize    *arbench.Normalize           // nil means not
	Recipe       train.Recipe                 // zero if the weights are given
	TrainSize    int                          // training examples to use, as that of the suite; 0 means what that says
	Regularizers []Named[arbench.Regularizer] // in file order, inherited ones first
	Seeds        []uint64                     // of trainings, default those of the suite; of given weights its first
}

// A Threat is a named threat.
type Threat struct {
	Name string
	arbench.Threat
}

// An Evaluation puts models, and their twins, to attacks. Its patterns are those of [Match].
type Evaluation struct {
	Name       string          `toml:"-"`
	Models     []string        `toml:"models"`     // patterns, default every model
	Attacks    []string        `toml:"attacks"`    // patterns, default every attack
	Threats    []string        `toml:"threats"`    // patterns, default every threat
	Examples   int             `toml:"examples"`   // of each split; 0 means all
	Splits     []arbench.Split `toml:"splits"`     // default test
	Checkpoint string          `toml:"checkpoint"` // see Checkpoints; default "last"

	// Implicit says that the file has no [evaluate]: whatever fits together is asked.
	Implicit bool `toml:"-"`
}

// Checkpoints lists the weights of a training that an evaluation can ask for: those after its last
// epoch, or those with the best accuracy on held-out examples.
var Checkpoints = []string{"last", "best"}

// Trust says which checks of the numbers are made. Those that look at what is stored anyway always are.
type Trust struct {
	Level    string `toml:"level"`    // of the dear ones, one of TrustLevels, default "off"
	Examples int    `toml:"examples"` // that dear checks are asked of; 0 means as many as the level has
}

// TrustLevels lists what [Trust.Level] may be: no dear check, most of them, all with more passes.
var TrustLevels = []string{"off", "quick", "full"}

// A Probe is a probe with what it looks at: models and their twins.
type Probe struct {
	Named[arbench.Probe]
	Models   []string      // patterns, default every model
	Examples int           // of the split; 0 means all
	Split    arbench.Split // default test
}
