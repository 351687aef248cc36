package kernel

import "fmt"

// denseRows is how many rows a dense layer does per sweep over its weights.
const denseRows = 192

// Dense is the plan of a fully connected layer y = x W^T + b on any number of rows.
// It does not change after [NewDense] and may be used by any number of goroutines.
type Dense struct {
	in, out, xPitch int
	fwd, grad       densePass
	weight          struct{ full, rest []int32 }
}

// densePass is one product with a panel: rows of k floats at pitch from become
// rows of n floats at pitch to.
type densePass struct {
	k, n, from, to int
	full           []int32    // tiles of denseRows rows
	rest           [6][]int32 // one tile of 1 to 5 rows
}

func newDensePass(k, n, from, to int) densePass {
	p := densePass{k: k, n: n, from: from, to: to}
	var x, y []int32
	for r := range denseRows {
		x, y = append(x, int32(r*from)), append(y, int32(r*to))
	}
	p.full, _ = tileTable(x, y)
	for r := 1; r < 6; r++ {
		_, p.rest[r] = tileTable(x[:r], y[:r])
	}
	return p
}

// NewDense plans a layer of in inputs and out outputs. Rows of x are xPitch >= in
// floats apart; rows of y and dy are Up16(out) apart and rows of dx Up16(in), with
// zeros after the real values.
func NewDense(in, out, xPitch int) (*Dense, error) {
	name := fmt.Sprintf("dense layer %d to %d, pitch %d", in, out, xPitch)
	if in < 1 || out < 1 || xPitch < in {
		return nil, fmt.Errorf("%s: want sizes of at least 1 and a pitch of at least the inputs", name)
	}
	if tooLarge(Up16(in), Up16(out)) || tooLarge(denseRows, xPitch) || tooLarge(denseRows, Up16(out)) {
		return nil, fmt.Errorf("%s: want at most %d floats a buffer", name, maxFloats)
	}
	d := &Dense{in: in, out: out, xPitch: xPitch}
	d.fwd = newDensePass(in, Up16(out), xPitch, Up16(out))
	d.grad = newDensePass(out, Up16(in), Up16(out), Up16(in))
	var from, to []int32
	for i := range in {
		from, to = append(from, int32(i)), append(to, int32(16*i))
	}
	d.weight.full, d.weight.rest = tileTable(from, to)
	return d, nil
}

// PanelLen returns the floats of the weights' panels and of their gradient's.
func (d *Dense) PanelLen() int { return Up16(d.out) * d.in }

// GradPanelLen returns the floats of the input gradient's panels.
func (d *Dense) GradPanelLen() int { return Up16(d.in) * d.out }

// XPitch returns the floats from one row of x to the next.
func (d *Dense) XPitch() int { return d.xPitch }

// YPitch returns the floats from one row of y or dy to the next, Up16(out).
func (d *Dense) YPitch() int { return d.fwd.to }

// DXPitch returns the floats from one row of dx to the next, Up16(in).
func (d *Dense) DXPitch() int { return d.grad.to }

// Forward computes n rows, y = epilogue(x W^T). The last row of x may end after
// its in values. y does not overlap x; the epilogue's slices lie like y, and Residual may be
// y itself. It panics on slices that are too short.
func (d *Dense) Forward(n int, x, panel, y []float32, e *Epilogue) {
	checkLen("dense layer", "panel", panel, d.PanelLen())
	d.fwd.run(n, x, panel, y, e)
}

// InputGrad computes n rows, dx = epilogue(dy W), from the panels of PackGrad.
// dx does not overlap dy; the epilogue's slices lie like dx, and Residual may be dx itself. It
// panics on slices that are too short.
func (d *Dense) InputGrad(n int, dy, gradPanel, dx []float32, e *Epilogue) {
	checkLen("dense layer", "input gradient's panel", gradPanel, d.GradPanelLen())
	d.grad.run(n, dy, gradPanel, dx, e)
}

// ForwardBlocks computes blocks lo to hi-1 of 16 outputs of what Forward computes.
func (d *Dense) ForwardBlocks(lo, hi, n int, x, panel, y []float32, e *Epilogue) {
	if lo < 0 || hi > d.fwd.n/16 || lo >= hi {
		panic(fmt.Sprintf("kernel: dense layer: blocks %d to %d of %d", lo, hi, d.fwd.n/16))
	}
	if n < 1 {
		return
	}
	checkLen("dense layer", "panel", panel, d.PanelLen())
	checkLen("dense layer", "input", x, (n-1)*d.fwd.from+d.fwd.k)
	checkLen("dense layer", "output", y, n*d.fwd.to)
	e.check("dense layer", d.fwd.n, n*d.fwd.to)
	p := d.fwd
	p.n = 16 * (hi - lo)
	part := e.from(16 * lo)
	if part != nil && part.Bias != nil {
		part.Bias = part.Bias[16*lo:]
	}
	p.rows(n, x, panel[16*lo*d.in:], y[16*lo:], part)
}

func (p *densePass) run(n int, x, panel, y []float32, e *Epilogue) {
	if n < 1 {
		return
	}
	checkLen("dense layer", "input", x, (n-1)*p.from+p.k)
	checkLen("dense layer", "output", y, n*p.to)
	e.check("dense layer", p.n, n*p.to)
	p.rows(n, x, panel, y, e)
}

// rows does n rows whose slices have been checked.
func (p *densePass) rows(n int, x, panel, y []float32, e *Epilogue) {
	for r := 0; r < n; r += denseRows {
		rows := min(denseRows, n-r)
		sixes := rows / 6 * 6
		ph := phase{full: p.full[:2*sixes], rest: p.rest[rows%6], n: rows % 6,
			restX: sixes * p.from, restY: sixes * p.to, k: p.k, rows: 1}
		ph.run(p.n/16, x[r*p.from:], panel, y[r*p.to:], e.from(r*p.to))
	}
}

// from returns the epilogue of a result that starts o floats further on.
func (e *Epilogue) from(o int) *Epilogue {
	if e == nil || o == 0 {
		return e
	}
	f := *e
	if f.Residual != nil {
		f.Residual = f.Residual[o:]
	}
	if f.Mask != nil {
		f.Mask = f.Mask[o:]
	}
	return &f
}

// WeightGrad adds the derivative by the weights over n rows to panelGrad, which
// has the layout of the weights' panels. It panics on slices that are too short.
func (d *Dense) WeightGrad(n int, x, dy, panelGrad []float32) {
	if n < 1 {
		return
	}
	checkLen("dense layer", "x", x, (n-1)*d.xPitch+d.in)
	checkLen("dense layer", "dy", dy, n*d.YPitch())
	checkLen("dense layer", "weight gradient's panel", panelGrad, d.PanelLen())
	a := tileArgs{rows: 1, aStep: d.xPitch, bStep: d.YPitch(), flags: flagAdd}
	for r := 0; r < n; r += denseGradRows {
		a.k, a.x = min(denseGradRows, n-r), x[r*d.xPitch:]
		step := 0
		for c := 0; c < d.out; c += 16 * step {
			step = pairs((d.out - c + 15) / 16)
			a.width(step, 16*d.in)
			a.b = dy[r*d.YPitch()+c:]
			a.y = panelGrad[c*d.in:]
			weightTiles(&a, d.weight.full, d.weight.rest)
		}
	}
}

// denseGradRows is how many rows one part of a weight gradient adds up: as many
// cache lines of x as a tile of columns touches.
const denseGradRows = 32
