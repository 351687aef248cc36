package csv

import (
	"fmt"

	"github.com/arbench/arbench"
)

func (s *sheet) crossCheck(c arbench.CrossCheck) {
	p := s.at(c.Cell)
	p.kind, p.weights = "cross-check", "retrained"
	if c.SameWeights {
		p.weights = "same"
	}
	p.backend = s.backend(c.Cell.Model, c.SameWeights) + " / " + s.backend(c.Other, c.SameWeights)
	if c.Beyond != "" {
		p.note = []string{c.Beyond}
		if c.Precision != "" {
			p.note = append(p.note, "their precision differs: "+c.Precision)
		}
	}
	d := c.Difference
	d.Detail = c.Other
	s.row(p, d)
	part := func(name, unit string, v float64, n int) {
		s.row(p, arbench.Quantity{
			Name: name, Split: c.Cell.Split, Detail: c.Other, Unit: unit, Value: v, Lo: v, Hi: v, N: n,
		})
	}
	part("flags-differ", "%", 100*float64(c.Flags)/float64(c.N), c.N)
	part("classes-differ", "%", 100*float64(c.Classes)/float64(c.N), c.N)
	if l := c.Logits; l.N > 0 {
		part("logits-differ", "", l.Relative(), l.N)
	}
}

// backend returns that of a model that is compared: what evaluates it, and what trained it if weights differ and
// that is another.
func (s *sheet) backend(model string, sameWeights bool) string {
	if t := s.trainers[model]; t != "" && !sameWeights {
		return fmt.Sprintf("%s (trained by %s)", s.evaluators[model], t)
	}
	return s.evaluators[model]
}
