package runner

import (
	"fmt"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/measure"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
)

// crossChecks enters the comparisons of models that differ in nothing but the backend.
func (c *collection) crossChecks() {
	for _, pair := range c.plan.CrossChecks() {
		if c.records[pair[0]] == nil || c.records[pair[1]] == nil {
			continue // a training failed
		}
		for _, cell := range c.plan.Cells {
			if cell.Model == pair[0] && cell.Kind != arbench.ProbeCell {
				c.crossCheck(cell, pair[1])
			}
		}
	}
}

// crossCheck compares the answers to a cell with those of another model, if both have one.
func (c *collection) crossCheck(cell *plan.Cell, other *plan.Model) {
	own, its := c.records[cell.Model], c.records[other]
	if own.outcomes[key(cell)] == nil || its.outcomes[key(cell)] == nil {
		return
	}
	same := own.digest(cell) == its.digest(cell)
	if same && cell.Model.SameEvaluator(other) {
		return // it is one answer
	}
	check, ok := measure.CrossCheck(c.record(cell, cell.Model), c.record(cell, other), cell.Split, same)
	if !ok {
		return
	}
	check.Cell, check.Other = cell.Cell, other.Name
	check.Precision = precisions(cell.Model, other, same)
	c.results.CrossChecks = append(c.results.CrossChecks, check)
}

// precisions says to how many bits the backends of two models round factors, if not to the same: those that evaluate
// and, of weights that differ, those that train.
func precisions(a, b *plan.Model, sameWeights bool) string {
	bits := func(m *plan.Model) []int {
		all := []int{m.Evaluator().It.Info().FactorBits}
		if !sameWeights {
			all = append(all, m.Spec.Backend.It.Info().FactorBits)
		}
		return all
	}
	as, bs := bits(a), bits(b)
	for i := range as {
		if as[i] != bs[i] {
			return fmt.Sprintf("factors of %s beside %s", width(as[i]), width(bs[i]))
		}
	}
	return ""
}

func width(bits int) string {
	if bits == 0 {
		return "float32"
	}
	return fmt.Sprintf("%d bits", bits)
}

// backend returns the name of a backend and its arithmetic.
func backend(b suite.Named[arbench.Backend]) string {
	return strings.TrimSpace(b.Use + " " + b.It.Info().Numerics)
}
