package csv

import "github.com/arbench/arbench"

func (s *sheet) crossCheck(c arbench.CrossCheck) {
	p := s.at(c.Cell)
	p.kind, p.backend = "cross-check", p.backend+" / "+s.evaluators[c.Other]
	if c.Beyond != "" {
		p.note = []string{c.Beyond}
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
