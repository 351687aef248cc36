package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
	"github.com/arbench/arbench/reports/table"
)

// checkGates refuses gates that no cell of a whole plan is about.
func checkGates(p *plan.Plan) error {
	if p.Partial {
		return nil
	}
	return checkNumbers(p, p.Suite.File, "gates.", p.Suite.Gates)
}

// checkNumbers refuses gates, of a section of a file, that no cell of p is about, and those on
// quantities that no measure gives.
func checkNumbers(p *plan.Plan, file, section string, gates []arbench.Gate) error {
	var errs []error
	for _, g := range gates {
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s: %s%s: "+format, append([]any{file, section, g.Name}, args...)...))
		}
		about := gated(p, g)
		if len(about) == 0 {
			fail("the suite asks nothing that this is about: no model %q %s", g.Model, gateQuestion(g))
		}
		for _, c := range about {
			if err := checkQuantity(p, c, g); err != nil {
				fail("%w", err)
				break
			}
		}
	}
	return errors.Join(errs...)
}

// gateQuestion says in words what a gate's model has to be asked.
func gateQuestion(g arbench.Gate) string {
	switch {
	case g.Attack != "" && g.Threat != "":
		return fmt.Sprintf("is put to attack %q within threat %q on %s examples", g.Attack, g.Threat, g.Split)
	case g.Attack != "":
		return fmt.Sprintf("is put to attack %q on %s examples", g.Attack, g.Split)
	case g.Probe != "":
		return fmt.Sprintf("is asked probe %q", g.Probe)
	}
	return "is put to clean examples"
}

// gated returns the questions of p that g is about, of all training seeds one. Twins that the plan added, which
// nobody wrote, are meant by patterns that end in "/twin" alone.
func gated(p *plan.Plan, g arbench.Gate) []arbench.Cell {
	var out []arbench.Cell
	for _, c := range p.Cells {
		at := c.Cell
		at.Seed = 0
		known := slices.ContainsFunc(out, func(o arbench.Cell) bool { return o.SameQuestion(at) })
		meant := !c.Model.Added || strings.HasSuffix(g.Model, "/twin")
		if !known && meant && suite.Match([]string{g.Model}, c.Model.Name) && asks(g, at) {
			out = append(out, at)
		}
	}
	for i := range out { // a clean cell answers for both splits
		out[i].Split = g.Split
	}
	return out
}

// asks reports whether a gate is about the answer to a question, whatever the model.
func asks(g arbench.Gate, c arbench.Cell) bool {
	switch c.Kind {
	case arbench.CleanCell: // that of the test split speaks for both
		return g.Attack == "" && g.Probe == "" && c.Split == arbench.Test
	case arbench.ProbeCell:
		return g.Probe != "" && suite.Match([]string{g.Probe}, c.Probe)
	}
	return g.Attack != "" && suite.Match([]string{g.Attack}, c.Attack) && g.Split == c.Split &&
		(g.Threat == "" || suite.Match([]string{g.Threat}, c.Threat))
}

// judge says what became of gates, by the numbers of r.
func judge(p *plan.Plan, r *arbench.Results, gates []arbench.Gate) []arbench.GateResult {
	numbers := table.NewNumbers(r)
	seeds := map[string]int{}
	for _, m := range p.Models {
		seeds[m.Name]++
	}
	var out []arbench.GateResult
	for _, g := range gates {
		about := gated(p, g)
		for _, c := range about {
			out = append(out, judgeOne(numbers, g, c, seeds[c.Model]))
		}
		if len(about) == 0 {
			out = append(out, arbench.GateResult{
				Gate: g, Verdict: arbench.GateSkipped, Reason: "--only left out what it is about",
			})
		}
	}
	return out
}

// judgeOne judges a gate on the answer to c, which that many trainings should have given.
func judgeOne(numbers table.Numbers, g arbench.Gate, c arbench.Cell, seeds int) arbench.GateResult {
	out := arbench.GateResult{Gate: g, Cell: c, Verdict: arbench.GateUnmeasured}
	n := numbers.Of(c, g.Quantity, g.Detail)
	switch {
	case n.Seeds == 0:
		out.Reason = missing(numbers, g, c)
		return out
	case n.Seeds < seeds:
		out.Reason = fmt.Sprintf("only %d of %s gave it", n.Seeds, wording.Counted(seeds, "training"))
		return out
	case !n.Defined():
		out.Reason = "it is undefined"
		return out
	case n.Trust == arbench.Invalid:
		out.Trust, out.Reason = n.Trust, fmt.Sprintf("%s is not what it is called: the report says why, under Trust", n)
		return out
	}
	out.Value, out.Lo, out.Hi, out.Unit, out.N, out.Seeds = n.Value, n.Lo, n.Hi, n.Unit, n.Least, n.Seeds
	out.Trust = n.Trust
	out.Verdict = arbench.GateFailed
	if g.Holds(n.Value, n.Lo, n.Hi) {
		out.Verdict = arbench.GatePassed
	}
	out.Reason = fmt.Sprintf("%s is %s, wanted: %s", out.About(), n, g.Want())
	return out
}

// missing says why there is no number.
func missing(numbers table.Numbers, g arbench.Gate, c arbench.Cell) string {
	quantities := numbers.Names(c, "")
	details := numbers.Names(c, g.Quantity)
	switch {
	case len(quantities) == 0:
		return "it was not measured"
	case len(details) == 0:
		return fmt.Sprintf("no measure gave a quantity %q here%s", g.Quantity, wording.DidYouMean(g.Quantity, quantities))
	case g.Detail == "":
		return fmt.Sprintf("there are several of %q: say detail, one of %q", g.Quantity, details)
	}
	return fmt.Sprintf("%q has no detail %q on %s examples%s", g.Quantity, g.Detail, g.Split, wording.DidYouMean(g.Detail, details))
}

// gateErrors returns what failed gates and those that could not be judged have to say, and the exit
// code that they cause.
func gateErrors(gates []arbench.GateResult) (code int, err error) {
	var errs []error
	for _, g := range gates {
		reason := wording.OneLine(g.Reason)
		switch g.Verdict {
		case arbench.GateFailed:
			code = max(code, exitGate)
			errs = append(errs, fmt.Errorf("gate %s failed: %s", g.Gate.Name, reason))
		case arbench.GateUnmeasured:
			code = exitUnmeasured
			errs = append(errs, fmt.Errorf("gate %s: %s: could not be judged: %s", g.Gate.Name, g.About(), reason))
		}
	}
	return code, errors.Join(errs...)
}
