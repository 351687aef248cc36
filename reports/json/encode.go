package json

import (
	"math"

	"github.com/arbench/arbench"
)

func documentOf(r *arbench.Results) document {
	return document{
		Schema: Schema, Suite: r.Suite, Title: r.Title, Note: r.Note, Dataset: r.Dataset, Digest: r.Digest,
		CopyOf: r.CopyOf, Train: r.Train,
		Backend: r.Backend, Numeric: r.Numeric, Level: number(r.Level), Trust: r.Trust, Limit: r.Limit,
		Partial: r.Partial, Models: each(r.Models, modelOf), Cells: each(r.Cells, answerOf),
		Failures: each(r.Failures, func(f arbench.Failure) failure {
			return failure{Cell: cellOf(f.Cell), Error: f.Error}
		}),
		Gates:    each(r.Gates, gateOf),
		Cross:    each(r.CrossChecks, crossCheckOf),
		Planned:  planned{r.PlannedModels, r.PlannedCells, r.PlannedChecks},
		Checks:   r.Checks,
		Versions: each(r.Versions, func(v arbench.Version) version { return version(v) }),
		Command:  r.Command, Settings: r.Settings,
	}
}

// each returns f of each element of in; of none, an empty slice.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func modelOf(m arbench.ModelResult) model {
	return model{
		Name: m.Name, Twin: m.Twin, Seed: m.Seed, ID: m.ID, Digest: m.Digest, Arch: m.Arch,
		Backend: m.Backend, Evaluator: m.Evaluator, Given: m.Given,
		Params: m.Params, Examples: m.Examples, Strength: number(m.Strength), Norm: m.Norm,
		Regularizers: m.Regularizers, Seconds: number(m.Seconds), Compiling: number(m.Compiling),
		Passes: passes(m.Passes), Warnings: m.Warnings,
		Epochs: each(m.Epochs, func(e arbench.EpochResult) epoch {
			out := epoch{
				Epoch: e.Epoch, Rate: number(e.Rate), Loss: number(e.Loss), Accuracy: number(e.Accuracy),
				Validation: number(e.Validation),
			}
			if !math.IsNaN(e.Clean) {
				out.Clean = new(number(e.Clean))
			}
			return out
		}),
	}
}

func answerOf(r arbench.Result) answer {
	return answer{
		Cell: cellOf(r.Cell), ID: r.ID, Quantities: each(r.Quantities, quantityOf),
		Trust: r.Trust(), Findings: each(r.Findings, findingOf), Standard: r.Standard,
		Common:  common{number(r.Common.Accuracy), r.Common.N},
		Options: r.Options, Seconds: number(r.Seconds), Compiling: number(r.Compiling), Passes: passes(r.Passes),
		Warnings: r.Warnings,
	}
}

func cellOf(c arbench.Cell) cell {
	return cell{
		Kind: c.Kind, Model: c.Model, Seed: c.Seed, Split: c.Split, Attack: c.Attack, Probe: c.Probe,
		Threat: c.Threat, Norm: c.Budget.Norm, Eps: number(c.Budget.Eps),
	}
}

func quantityOf(q arbench.Quantity) quantity {
	return quantity{
		Name: q.Name, Split: q.Split, Detail: q.Detail, Unit: q.Unit, Value: number(q.Value),
		Lo: number(q.Lo), Hi: number(q.Hi), N: q.N, Better: q.Better, Trust: q.Trust,
		Warnings: q.Warnings,
	}
}

func findingOf(f arbench.Finding) finding {
	out := finding{
		Row: f.Row, Check: f.Check, Trust: f.Trust, Compared: f.Compared, Limit: number(f.Limit), Note: f.Note,
	}
	if f.Evidence.N > 0 {
		out.Evidence = new(quantityOf(f.Evidence))
	}
	return out
}
