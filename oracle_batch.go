package arbench

import (
	"context"
	"fmt"
	"slices"
)

// A standing is what an Oracle knows of a batch whose statistics enter every answer: where each example was
// last asked about, at first its image. An attack that leaves examples out does not take them from the
// statistics: they stand where they are.
type standing struct{ x Tensor }

// newStanding returns that of b for a model in a mode, nil where rows do not influence each other.
func newStanding(m Model, mode Mode, b Batch) *standing {
	if n := m.Info().Network; mode == Frozen || n != nil && !n.normsBatch() {
		return nil
	}
	s := &standing{NewTensor(b.X.Shape...)}
	s.keep(b.X)
	return s
}

// keep notes where all examples are.
func (s *standing) keep(x Tensor) {
	EachRow(x.Len(), Volume(x.Shape[1:]), func(i int) { copy(s.x.Row(i), x.Row(i)) })
}

// normsBatch reports whether n has layers that take statistics of the batch.
func (n *Network) normsBatch() bool {
	for _, l := range n.Layers {
		if _, ok := l.Op.(BatchNorm); ok {
			return true
		}
	}
	return false
}

// run makes the pass c of m with all the examples, whichever c asks about, and answers about those.
func (s *standing) run(ctx context.Context, m Model, c Call) (Pass, error) {
	if c.Rows == nil {
		s.keep(c.X)
		return m.Run(ctx, c)
	}
	for k, l := range c.Losses { // in a pass of all, whoever checks it sees another loss
		if err := checkLoss(l, len(c.Rows), m.Info().Classes); err != nil {
			return Pass{}, fmt.Errorf("loss %d: %w", k, err)
		}
	}
	if err := s.move(c); err != nil {
		return Pass{}, err
	}
	if len(c.Rows) == s.x.Len() { // all of them: the loss stays one that backends know
		return m.Run(ctx, c)
	}
	whole := c
	whole.X, whole.Rows, whole.Losses = s.x.Clone(), nil, make([]Loss, len(c.Losses))
	for i, l := range c.Losses {
		whole.Losses[i] = lossOf{l, c.Rows}
	}
	p, err := m.Run(ctx, whole)
	if err != nil {
		return Pass{}, err
	}
	p.Logits = p.Logits.Gather(c.Rows)
	for i, all := range p.Values {
		p.Values[i] = make([]float64, len(c.Rows))
		for k, r := range c.Rows {
			p.Values[i][k] = all[r]
		}
	}
	for i, dx := range p.DX {
		p.DX[i] = dx.Gather(c.Rows)
	}
	return p, nil
}

// move takes the examples to where c asks about them.
func (s *standing) move(c Call) error {
	if want := s.x.Shape[1:]; !slices.Equal(c.X.Shape[1:], want) {
		return fmt.Errorf("the attack asks about images of shape %v, want %v", c.X.Shape[1:], want)
	}
	moved := make([]bool, s.x.Len())
	for _, r := range c.Rows {
		if moved[r] {
			return fmt.Errorf("the attack asks about row %d twice in one pass, whose answers are by the statistics "+
				"of the batch: train against it in mode %q", r, "frozen")
		}
		moved[r] = true
	}
	s.x.Scatter(c.Rows, c.X)
	return nil
}

// lossOf is the loss of some rows of a batch; that of the others is 0.
type lossOf struct {
	loss Loss
	rows []int
}

// Eval implements [Loss].
func (l lossOf) Eval(z, dz Tensor, values []float64) {
	var part Tensor
	if dz.Data != nil {
		part = NewTensor(len(l.rows), z.Shape[1])
	}
	own := make([]float64, len(l.rows))
	l.loss.Eval(z.Gather(l.rows), part, own)
	clear(values)
	clear(dz.Data)
	for i, r := range l.rows {
		values[r] = own[i]
	}
	if dz.Data != nil {
		dz.Scatter(l.rows, part)
	}
}
