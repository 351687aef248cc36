// Package csv reports results as comma separated values (RFC 4180, except that lines end in a
// newline alone): one row for each number of each model and training seed, in the order of the
// suite.
package csv

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
)

// Header is the first row. Columns may be added at its end, never moved.
//
//	suite     name of the suite
//	model     name of the model
//	twin      name of the model's twin; empty if it is one itself
//	seed      of the training
//	kind      clean, attack, probe, training, gate or cross-check
//	attack    name in the suite; empty unless kind is attack
//	probe     name in the suite; empty unless kind is probe
//	threat    name in the suite; empty unless kind is attack
//	norm      linf, l2, l1 or l0; of a training, the norm of eps
//	eps       of the threat; of a training, the greatest that a regularizer trains against, empty
//	          if there is none
//	split     train or test; empty if the number rests on no examples
//	quantity  such as accuracy; see below
//	detail    what of several, such as a layer, a quantile or an epoch; empty if there is one
//	unit      such as %; empty for a plain number
//	value     shortest decimal number that is the same float64; NaN, +Inf and -Inf are possible
//	lo, hi    ends of the interval; equal to value if it is exact
//	n         examples, directions or singular values that the number rests on; 0 if it rests on none
//	better    1 if higher is better, -1 if lower, 0 if neither
//	id        of the answer, or of the model: the same id is the same question
//	warnings  reasons to distrust the number, separated by "; "
//	data      title of the data, which says so if they are a copy with other contents
//	limit     examples that --limit left of each evaluation; 0 is no limit
//	partial   true if --only left out some models or attacks, else false
//	trust     trusted, suspect or invalid: what checks make of the number; empty if none judged it
//	backend   that answered, with its arithmetic; of a training, that trained; of a cross-check, that of
//	          both models, and which trained each if weights differ and another did; empty if not known
//	weights   of a cross-check, same or retrained; else empty
//
// Beside the quantities of measures and probes there are: seconds (the only facts of a machine: rows
// to drop before two runs are compared), forward-passes and backward-passes of every answer and
// training; parameters and training-examples, and, with the epoch in detail, learning-rate,
// training-loss, training-accuracy (of the batches as they were trained on),
// clean-training-accuracy and validation-accuracy of every training; failure, of what could not be
// measured, with the error in warnings and no value; and passed, failed, unmeasured or skipped, of
// each gate, whose name is in detail, with the number that it was judged on and the reason in warnings.
// Of each cross-check of two models that differ in their backend alone, the second in detail, there are
// difference (accuracy of the second less that of the first), flags-differ and classes-differ (% of
// examples), and logits-differ (greatest, as a part of the range of logits) where logits were compared,
// with what is beyond tolerance in warnings.
var Header = []string{
	"suite", "model", "twin", "seed", "kind", "attack", "probe", "threat", "norm", "eps", "split",
	"quantity", "detail", "unit", "value", "lo", "hi", "n", "better", "id", "warnings",
	"data", "limit", "partial", "trust", "backend", "weights",
}

func init() {
	arbench.Reporters.Register("csv", func() arbench.Reporter { return &Reporter{} })
}

// Reporter writes [Header] and the rows below it.
type Reporter struct{}

var _ arbench.Reporter = (*Reporter)(nil)

// Info implements [arbench.Reporter].
func (*Reporter) Info() arbench.ReporterInfo {
	return arbench.ReporterInfo{
		Doc:       "one row for each number of each model and training seed, for other programs",
		Extension: "csv",
	}
}

// Report implements [arbench.Reporter].
func (*Reporter) Report(w io.Writer, r *arbench.Results) error {
	s := &sheet{w: csv.NewWriter(w), r: r, twins: make(map[string]string),
		evaluators: make(map[string]string), trainers: make(map[string]string)}
	_ = s.w.Write(Header)
	for _, m := range r.Models {
		s.twins[m.Name], s.evaluators[m.Name] = m.Twin, cmp.Or(m.Evaluator, m.Backend)
		if m.Evaluator != "" {
			s.trainers[m.Name] = m.Backend
		}
		s.training(m)
	}
	for _, c := range r.Cells {
		s.cell(c)
	}
	for _, f := range r.Failures {
		s.failure(f)
	}
	for _, g := range r.Gates {
		s.gate(g)
	}
	for _, c := range r.CrossChecks {
		s.crossCheck(c)
	}
	s.w.Flush()
	return s.w.Error()
}

// A sheet is rows being written; the writer keeps its first error.
type sheet struct {
	w     *csv.Writer
	r     *arbench.Results
	twins map[string]string

	evaluators map[string]string
	trainers   map[string]string // where another backend evaluates
}

// A place is what the rows of one answer have in common.
type place struct {
	cell arbench.Cell
	kind string
	norm arbench.Norm
	eps  string
	id   string
	note []string

	backend string
	weights string
}

func (s *sheet) row(p place, q arbench.Quantity) {
	s.line(p, q, number(q.Value), number(q.Lo), number(q.Hi))
}

func (s *sheet) line(p place, q arbench.Quantity, value, lo, hi string) {
	_ = s.w.Write([]string{
		s.r.Suite, p.cell.Model, s.twins[p.cell.Model], strconv.FormatUint(p.cell.Seed, 10), p.kind,
		p.cell.Attack, p.cell.Probe, p.cell.Threat, string(p.norm), p.eps, string(q.Split),
		q.Name, q.Detail, q.Unit, value, lo, hi, strconv.Itoa(q.N), strconv.Itoa(q.Better),
		p.id, strings.Join(append(append([]string{}, q.Warnings...), p.note...), "; "),
		s.r.Dataset, strconv.Itoa(s.r.Limit), strconv.FormatBool(s.r.Partial),
		string(q.Trust), p.backend, p.weights,
	})
}

// exact writes a number that has no interval.
func (s *sheet) exact(p place, name, detail, unit string, v float64) {
	s.row(p, arbench.Quantity{
		Name: name, Detail: detail, Unit: unit, Split: p.cell.Split, Value: v, Lo: v, Hi: v,
	})
}

func (s *sheet) spent(p place, seconds float64, passes arbench.Passes) {
	s.exact(p, "forward-passes", "", "", float64(passes.Forward))
	s.exact(p, "backward-passes", "", "", float64(passes.Backward))
	s.exact(p, "seconds", "", "s", seconds)
}

func (s *sheet) training(m arbench.ModelResult) {
	p := place{
		cell: arbench.Cell{Model: m.Name, Seed: m.Seed}, kind: training,
		norm: m.Norm, id: m.ID, note: m.Warnings, backend: m.Backend,
	}
	if m.Norm != "" {
		p.eps = number(m.Strength)
	}
	s.exact(p, "parameters", "", "", float64(m.Params))
	if m.Examples > 0 {
		s.exact(p, "training-examples", "", "", float64(m.Examples))
	}
	s.spent(p, m.Seconds, m.Passes)
	for _, e := range m.Epochs {
		at := fmt.Sprint(e.Epoch)
		s.exact(p, "learning-rate", at, "", e.Rate)
		s.exact(p, "training-loss", at, "", e.Loss)
		s.exact(p, "training-accuracy", at, "%", e.Accuracy)
		if !math.IsNaN(e.Clean) {
			s.exact(p, "clean-training-accuracy", at, "%", e.Clean)
		}
		if !math.IsNaN(e.Validation) {
			s.exact(p, "validation-accuracy", at, "%", e.Validation)
		}
	}
}

// training is the kind of rows about a training.
const training = "training"

func (s *sheet) cell(c arbench.Result) {
	p := s.at(c.Cell)
	p.id, p.note = c.ID, c.Warnings
	for _, q := range c.Quantities {
		s.row(p, q)
	}
	s.spent(p, c.Seconds, c.Passes)
}

// at returns the place of a cell's rows.
func (s *sheet) at(c arbench.Cell) place {
	p := place{cell: c, kind: string(c.Kind), backend: s.evaluators[c.Model]}
	if c.Kind == arbench.AttackCell {
		p.norm, p.eps = c.Budget.Norm, number(c.Budget.Eps)
	}
	return p
}

func (s *sheet) failure(f arbench.Failure) {
	p := s.at(f.Cell)
	if f.Cell.Kind == "" {
		p.kind = training
	}
	p.note = []string{f.Error}
	s.line(p, arbench.Quantity{Name: "failure", Split: f.Cell.Split}, "", "", "")
}

func (s *sheet) gate(g arbench.GateResult) {
	p := s.at(g.Cell)
	p.kind, p.note = "gate", []string{g.Reason}
	q := arbench.Quantity{
		Name: string(g.Verdict), Split: g.Gate.Split, Detail: g.Gate.Name, Unit: g.Unit,
		Value: g.Value, Lo: g.Lo, Hi: g.Hi, N: g.N, Trust: g.Trust,
	}
	if g.Verdict != arbench.GatePassed && g.Verdict != arbench.GateFailed {
		s.line(p, q, "", "", "")
		return
	}
	s.row(p, q)
}

// number returns the shortest decimal number that is v, without an exponent where v is whole.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
