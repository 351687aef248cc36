package arbench

import (
	"fmt"
	"io"
	"strings"
)

// A Reporter renders results. As for an Attack, its exported fields are its options.
type Reporter interface {
	Info() ReporterInfo
	Report(w io.Writer, r *Results) error
}

// ReporterInfo describes a reporter.
type ReporterInfo struct {
	Doc       string // one line, for "arbench list"
	Extension string // of the file that "--out" writes, such as "md"
}

// Results are the answers to a suite.
type Results struct {
	Suite string // name
	Title string
	Note  string // of the suite's author, for who reads the numbers

	Dataset string // title of the data that were used
	Digest  string // of the data
	CopyOf  string // published data that those are a copy of, with other contents; empty if of none
	Train   int    // training examples that the data have; 0 if that is not known
	Backend string // of the suite; each model says which are its own
	Numeric string // the arithmetic of that backend
	Level   float64
	Trust   string // level of the dear checks that were asked, such as "off"; empty if that is not known

	Limit   int  // examples that --limit left of each evaluation; 0 is no limit
	Partial bool // --only left out some models or attacks

	Models   []ModelResult
	Cells    []Result
	Failures []Failure
	Gates    []GateResult // in the order of the suite

	CrossChecks []CrossCheck // of models that differ in their backend alone

	PlannedModels int // trainings that the suite asks for; 0 if that is not known
	PlannedCells  int // cells that the suite asks for, those of failed trainings too; 0 likewise
	PlannedChecks int // questions of dear checks of the numbers

	Checks []string // ids of the answers to them

	Versions []Version // of this program, its modules and Go
	Command  string    // that repeats the run
	Settings string    // the suite with every default filled in, as TOML
}

// Unmeasured says in words how many of the planned trainings, cells and checks have no answer, such as
// "1 of 2 trainings and 4 of 8 cells could not be measured"; it is empty if all have one. Where the
// plan is not known, it goes by Failures.
func (r *Results) Unmeasured() string {
	trainings, cells := r.PlannedModels-len(r.Models), r.PlannedCells-len(r.Cells)
	if r.PlannedModels == 0 && r.PlannedCells == 0 {
		trainings, cells = 0, 0
		for _, f := range r.Failures {
			if f.Cell.Kind == "" {
				trainings++
			} else {
				cells++
			}
		}
	}
	var parts []string
	if trainings > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d trainings", trainings, trainings+len(r.Models)))
	}
	if cells > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d cells", cells, cells+len(r.Cells)))
	}
	if missing := r.PlannedChecks - len(r.Checks); missing > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d checks", missing, r.PlannedChecks))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " and ") + " could not be measured"
}

// A ModelResult describes one trained model: one entry of the suite with one training seed.
type ModelResult struct {
	Name   string // in the suite
	Twin   string // name of its twin; empty if it is one itself
	Seed   uint64
	ID     string // hash of all that the model depends on
	Digest string // of the weights

	Backend   string // that trained it, or evaluates it if its weights are given, and its arithmetic; empty if not known
	Evaluator string // that evaluates it, if that is another

	Given    bool // its weights were given: it was not trained here, and Seed means nothing
	Arch     string
	Params   int // trainable numbers
	Examples int // that it was trained on; 0 if that is not known

	// Strength is the greatest eps that a regularizer of the model trains against, 0 for none.
	Strength float64
	Norm     Norm // of Strength

	Regularizers []string // registry names of the model's regularizers, in order

	// Seconds were spent in training, and beside them Compiling seconds in which the backend compiled: facts
	// of one machine, not part of any identity.
	Seconds, Compiling float64

	Passes   Passes // spent in training
	Epochs   []EpochResult
	Warnings []string
}

// An EpochResult is one point of a model's training curves.
type EpochResult struct {
	Epoch      int     // from 1
	Rate       float64 // learning rate at its end
	Loss       float64 // mean training loss, in training mode, as the regularizers made it
	Accuracy   float64 // of the training batches as they were put to the net, in %
	Clean      float64 // accuracy after it on training examples as they are, in %; NaN if not known
	Validation float64 // clean accuracy on held-out examples, in %; NaN without such examples
}

// A Result is the answer for one cell of a suite.
type Result struct {
	Cell       Cell
	ID         string // hash of all that the answer depends on
	Quantities []Quantity
	Findings   []Finding // of the checks of its numbers
	Options    string    // of the attack or probe, with every default, as TOML
	Seconds    float64   // spent: a fact of one machine
	Compiling  float64   // seconds beside them in which the backend compiled
	Passes     Passes    // spent
	Warnings   []string

	// Standard names the evaluation that the attack is, with the options under which others publish
	// it, such as "AutoAttack"; empty if it is none. Only such a number may be called by that name.
	Standard string

	Common Common // of an attack; zero where all attacks on the model within the threat have the same examples
}

// Common is an accuracy by which attacks on a model that have not the same examples can be compared: on
// those that all of them within a threat have of a split.
type Common struct {
	Accuracy float64 // in %, as the quantity is
	N        int     // examples
}

// A Kind says what a cell asks.
type Kind string

// The kinds of cells.
const (
	CleanCell  Kind = "clean"
	AttackCell Kind = "attack"
	ProbeCell  Kind = "probe"
)

// A Cell names one question that a suite asks.
type Cell struct {
	Kind   Kind
	Model  string
	Seed   uint64 // of the training
	Split  Split
	Attack string // name in the suite; empty unless Kind is AttackCell
	Probe  string // name in the suite; empty unless Kind is ProbeCell
	Threat string // name in the suite; empty unless Kind is AttackCell
	Budget Threat // what the threat allows
}

// SameQuestion reports whether two cells ask the same of models of the same name, whatever the seeds of
// their trainings and the budgets of their threats.
func (c Cell) SameQuestion(o Cell) bool {
	return c.Kind == o.Kind && c.Model == o.Model && c.Split == o.Split && c.Attack == o.Attack &&
		c.Threat == o.Threat && c.Probe == o.Probe
}

// A Failure is a cell, or a training, that could not be measured.
type Failure struct {
	Cell  Cell // of a training: only Model and Seed
	Error string
}

// A Version names a part of the program.
type Version struct{ Name, Version string }
