package runner

import (
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
	c.results.CrossChecks = append(c.results.CrossChecks, check)
}

// backend returns the name of a backend and its arithmetic.
func backend(b suite.Named[arbench.Backend]) string {
	return strings.TrimSpace(b.Use + " " + b.It.Info().Numerics)
}
