package arbench

import (
	"context"
	"fmt"
	"slices"
)

// An Oracle is all that an attack sees of a model. It answers up to the access the attack declared
// and refuses beyond it, counts the passes spent on each example, and remembers when it first saw
// each example misclassified inside the threat. It is used by one goroutine.
type Oracle struct {
	model   Model
	access  Access
	mode    Mode
	average int
	batch   Batch
	threat  Threat
	books   *Books
	stand   *standing // nil where rows do not influence each other
}

// Books are what an Oracle counted for each example of a trial.
type Books struct {
	Forward  []int // passes forward
	Backward []int // passes backward; several losses of one pass count once each
	First    []int // forward passes up to and with the first success inside the threat; 0 is none
}

// NewOracle returns an oracle for m that answers up to access about the examples of b, and books
// successes inside t. Batch normalization runs in the given mode; one that takes the statistics of the batch
// takes those of all of b in every pass, with examples that the attack leaves out where it last asked about
// them, and such a pass is one of every example.
func NewOracle(m Model, access Access, mode Mode, b Batch, t Threat) *Oracle {
	n := b.Len()
	books := &Books{Forward: make([]int, n), Backward: make([]int, n), First: make([]int, n)}
	return &Oracle{
		model: m, access: access, mode: mode, average: 1, batch: b, threat: t, books: books,
		stand: newStanding(m, mode, b),
	}
}

// Info describes the model.
func (o *Oracle) Info() ModelInfo { return o.model.Info() }

// Books returns the counts so far. The oracle goes on writing to them.
func (o *Oracle) Books() *Books { return o.books }

// Averaged returns an oracle on the same books whose every answer is the mean of k passes with
// different keys: expectation over transformation, for models that draw random numbers.
func (o *Oracle) Averaged(k int) *Oracle {
	a := *o
	a.average = max(k, 1)
	return &a
}

// Labels returns the class predicted for each row of x. Rows says which examples of the trial they
// are; none means all in order.
func (o *Oracle) Labels(ctx context.Context, x Tensor, rows ...int) ([]int, error) {
	p, err := o.run(ctx, Call{X: x, Rows: rows})
	if err != nil {
		return nil, err
	}
	y := make([]int, x.Len())
	for i := range y {
		y[i] = Argmax(p.Logits.Row(i))
	}
	return y, nil
}

// Logits returns the scores of each class for each row of x. Rows is as for Labels.
func (o *Oracle) Logits(ctx context.Context, x Tensor, rows ...int) (Tensor, error) {
	p, err := o.Run(ctx, Call{X: x, Rows: rows})
	return p.Logits, err
}

// Gradient returns, in one pass, the logits of x, the values of the loss (Values[0]) and each row's
// derivative in x (DX[0]). Rows is as for Labels.
func (o *Oracle) Gradient(ctx context.Context, x Tensor, loss Loss, rows ...int) (Pass, error) {
	return o.Run(ctx, Call{X: x, Rows: rows, Losses: []Loss{loss}, Want: DX})
}

// Run makes one pass of any kind that the declared access covers. The oracle sets the mode. Without
// rows there is no pass: logits, and the values and derivatives of each loss, are empty.
func (o *Oracle) Run(ctx context.Context, c Call) (Pass, error) {
	need := Scores
	switch {
	case c.Want&DParams != 0:
		return Pass{}, fmt.Errorf("an attack may not ask for derivatives in the parameters")
	case c.Want&DX != 0:
		need = Gradients
	}
	if o.access < need {
		return Pass{}, fmt.Errorf("the attack declared access to %v but asks for %v", o.access, need)
	}
	return o.run(ctx, c)
}

func (o *Oracle) run(ctx context.Context, c Call) (Pass, error) {
	if len(c.Rows) == 0 {
		c.Rows = nil
	}
	if n := c.X.Len(); c.Rows == nil && n != o.batch.Len() || c.Rows != nil && n != len(c.Rows) {
		return Pass{}, fmt.Errorf("%d rows of x for %d of %d examples", n, len(c.Rows), o.batch.Len())
	}
	if c.X.Len() == 0 {
		return o.nothing(c), nil
	}
	c.Mode = o.mode
	sum, err := o.pass(ctx, c)
	for k := 1; k < o.average && err == nil; k++ {
		var p Pass
		c.Key++
		if p, err = o.pass(ctx, c); err == nil {
			sum.add(p)
		}
	}
	if err != nil {
		return Pass{}, err
	}
	sum.scale(1 / float32(o.average))
	return sum, nil
}

// nothing answers a call without rows, which costs no pass.
func (o *Oracle) nothing(c Call) Pass {
	p := Pass{Logits: NewTensor(0, o.Info().Classes), Values: make([][]float64, len(c.Losses))}
	if c.Want&DX != 0 {
		for range c.Losses {
			p.DX = append(p.DX, NewTensor(c.X.Shape...))
		}
	}
	return p
}

// pass runs c once and enters it into the books.
func (o *Oracle) pass(ctx context.Context, c Call) (p Pass, err error) {
	if o.stand != nil {
		p, err = o.stand.run(ctx, o.model, c)
	} else {
		p, err = o.model.Run(ctx, c)
	}
	if err != nil {
		return Pass{}, err
	}
	o.count(c)
	for i := range c.X.Len() {
		r := i
		if c.Rows != nil {
			r = c.Rows[i]
		}
		if o.books.First[r] == 0 && Argmax(p.Logits.Row(i)) != o.batch.Y[r] &&
			o.threat.holds(c.X.Row(i), o.batch.X.Row(r), r) {
			o.books.First[r] = o.books.Forward[r]
		}
	}
	return p, nil
}

// count books a pass of the examples that c asks about, of all where their statistics enter it.
func (o *Oracle) count(c Call) {
	backward := 0
	if c.Want&DX != 0 {
		backward = len(c.Losses)
	}
	book := func(r int) {
		o.books.Forward[r]++
		o.books.Backward[r] += backward
	}
	if c.Rows == nil || o.stand != nil {
		for r := range o.batch.Len() {
			book(r)
		}
		return
	}
	for _, r := range c.Rows {
		book(r)
	}
}

// holds reports whether x is inside the threat around x0, the image of row r.
func (t Threat) holds(x, x0 []float32, r int) bool {
	if t.Family != nil {
		return false
	}
	return InBox(x) && Within(t.Distance(x, x0), t.At(r))
}

// Tolerance is the relative excess over eps that is put down to float32 rounding.
const Tolerance = 1e-5

// Within reports whether a distance is at most eps, but for the rounding of float32: [Tolerance], and a
// hundredth of it as an absolute excess, for an eps of 0.
func Within(distance, eps float64) bool { return distance <= eps*(1+Tolerance)+Tolerance*1e-2 }

// InBox reports whether every value of x is in [0, 1].
func InBox(x []float32) bool {
	return !slices.ContainsFunc(x, func(v float32) bool { return !(v >= 0 && v <= 1) })
}

func (p *Pass) add(q Pass) {
	for i, v := range q.Logits.Data {
		p.Logits.Data[i] += v
	}
	for l := range q.Values {
		for i, v := range q.Values[l] {
			p.Values[l][i] += v
		}
	}
	for l := range q.DX {
		for i, v := range q.DX[l].Data {
			p.DX[l].Data[i] += v
		}
	}
}

func (p *Pass) scale(s float32) {
	if s == 1 {
		return
	}
	for i := range p.Logits.Data {
		p.Logits.Data[i] *= s
	}
	for l := range p.Values {
		for i := range p.Values[l] {
			p.Values[l][i] *= float64(s)
		}
	}
	for l := range p.DX {
		for i := range p.DX[l].Data {
			p.DX[l].Data[i] *= s
		}
	}
}
