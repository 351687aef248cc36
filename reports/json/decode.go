package json

import (
	"math"

	"github.com/arbench/arbench"
)

func (d document) results() *arbench.Results {
	return &arbench.Results{
		Suite: d.Suite, Title: d.Title, Note: d.Note, Dataset: d.Dataset, Digest: d.Digest,
		CopyOf: d.CopyOf, Train: d.Train,
		Backend: d.Backend, Numeric: d.Numeric, Level: float64(d.Level), Trust: d.Trust, Limit: d.Limit,
		Partial: d.Partial, Models: some(d.Models, model.result), Cells: some(d.Cells, answer.result),
		Failures: some(d.Failures, func(f failure) arbench.Failure {
			return arbench.Failure{Cell: f.Cell.cell(), Error: f.Error}
		}),
		Gates:         some(d.Gates, gate.result),
		CrossChecks:   some(d.Cross, crossCheck.result),
		PlannedModels: d.Planned.Models, PlannedCells: d.Planned.Cells,
		PlannedChecks: d.Planned.Checks, Checks: d.Checks,
		Versions: some(d.Versions, func(v version) arbench.Version { return arbench.Version(v) }),
		Command:  d.Command, Settings: d.Settings,
	}
}

// some returns f of each element of in; of none, nil.
func some[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	return each(in, f)
}

func (m model) result() arbench.ModelResult {
	return arbench.ModelResult{
		Name: m.Name, Twin: m.Twin, Seed: m.Seed, ID: m.ID, Digest: m.Digest, Arch: m.Arch,
		Backend: m.Backend, Evaluator: m.Evaluator, Given: m.Given,
		Params: m.Params, Examples: m.Examples, Strength: float64(m.Strength), Norm: m.Norm,
		Regularizers: m.Regularizers, Seconds: float64(m.Seconds), Compiling: float64(m.Compiling),
		Passes: arbench.Passes(m.Passes), Warnings: m.Warnings,
		Epochs: some(m.Epochs, func(e epoch) arbench.EpochResult {
			out := arbench.EpochResult{
				Epoch: e.Epoch, Rate: float64(e.Rate), Loss: float64(e.Loss),
				Accuracy: float64(e.Accuracy), Validation: float64(e.Validation), Clean: math.NaN(),
			}
			if e.Clean != nil {
				out.Clean = float64(*e.Clean)
			}
			return out
		}),
	}
}

func (a answer) result() arbench.Result {
	return arbench.Result{
		Cell: a.Cell.cell(), ID: a.ID, Quantities: some(a.Quantities, quantity.quantity),
		Findings: some(a.Findings, finding.finding), Standard: a.Standard,
		Common:  arbench.Common{Accuracy: float64(a.Common.Accuracy), N: a.Common.N},
		Options: a.Options, Seconds: float64(a.Seconds), Compiling: float64(a.Compiling), Passes: arbench.Passes(a.Passes),
		Warnings: a.Warnings,
	}
}

func (c cell) cell() arbench.Cell {
	return arbench.Cell{
		Kind: c.Kind, Model: c.Model, Seed: c.Seed, Split: c.Split, Attack: c.Attack, Probe: c.Probe,
		Threat: c.Threat, Budget: arbench.Threat{Norm: c.Norm, Eps: float64(c.Eps)},
	}
}

func (q quantity) quantity() arbench.Quantity {
	return arbench.Quantity{
		Name: q.Name, Split: q.Split, Detail: q.Detail, Unit: q.Unit, Value: float64(q.Value),
		Lo: float64(q.Lo), Hi: float64(q.Hi), N: q.N, Better: q.Better, Trust: q.Trust,
		Warnings: q.Warnings,
	}
}

func (f finding) finding() arbench.Finding {
	out := arbench.Finding{
		Row: f.Row, Check: f.Check, Trust: f.Trust, Compared: f.Compared, Limit: float64(f.Limit), Note: f.Note,
	}
	if f.Evidence != nil {
		out.Evidence = f.Evidence.quantity()
	}
	return out
}
