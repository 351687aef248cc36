package cmd

import "github.com/arbench/arbench/internal/plan"

func trainingSize(m *plan.Model) int64 {
	return int64(2 * len(m.Train) * m.Spec.Recipe.Epochs)
}

func cellSize(c *plan.Cell) int64 { return int64(len(c.Examples)) }
