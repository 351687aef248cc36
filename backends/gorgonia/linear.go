package gorgonia

import (
	"math"

	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A mapping is the arithmetic of a convolution or a dense layer on a few rows.
type mapping interface {
	panelLen() int
	gradPanelLen() int

	// packGrad derives the input gradient's panels from the weights' panels.
	packGrad(panel, gradPanel []float32)

	// scale sets dst to the panels with output k multiplied by by[k].
	scale(dst, panel []float32, by []float64)

	// forward computes y = relu(x W + bias + residual) for n rows. A transformer reads frequencies in
	// place of panels.
	forward(w *worker, n int, x, panel, y []float32, t tail)

	// inputGrad computes dx from dy for n rows, or adds it to dx. Where mask, which lies like dx and
	// may be nil, is not greater than 0, dx becomes 0.
	inputGrad(w *worker, n int, dy, gradPanel, dx, mask []float32, add bool)
}

// A tail is what follows the product of a linear layer: a nil slice leaves its step out.
type tail struct {
	bias     []float32
	residual []float32
	relu     bool
}

// A linear is a convolution or dense layer of the model, with everything derived from its weights.
type linear struct {
	mapping
	weight *param
	bias   *param // nil without
	norm   *norm  // the normalization that may be folded into it; nil without

	frequencies []float32 // of a transformer, else nil
	transformed int       // version of the weights in frequencies

	gradPanel []float32
	packed    int // version of the weights in gradPanel

	folded     []float32 // panels of the layer with the normalization of Frozen mode folded in
	foldedBias []float32
	foldedFreq []float32 // their frequencies, of a transformer
	foldedGrad []float32
	foldedAt   [2]int // versions of weights and statistics in folded
	foldedGAt  [2]int // and in foldedGrad
}

// versions says how often the model's parameters have changed.
type versions struct{ weights, statistics int }

// fold computes the layer followed by its normalization with running statistics, as one layer.
func (l *linear) fold() {
	n := l.norm
	l.folded = grown(l.folded, l.panelLen())
	l.foldedBias = grown(l.foldedBias, len(n.gamma.w))
	by := make([]float64, len(n.gamma.w))
	for k := range by {
		by[k] = float64(n.gamma.w[k]) / math.Sqrt(float64(n.variance.w[k])+n.eps)
		at := -float64(n.mean.w[k])
		if l.bias != nil {
			at += float64(l.bias.w[k])
		}
		l.foldedBias[k] = float32(float64(n.beta.w[k]) + by[k]*at)
	}
	l.scale(l.folded, l.weight.w, by)
	if t, ok := l.mapping.(transformer); ok {
		l.foldedFreq = grown(l.foldedFreq, t.frequencies())
		t.transform(l.folded, l.foldedFreq)
	}
}

// weights returns what the forward pass reads, of the folded layer or the plain one, and the bias.
func (l *linear) weights(fold bool) (panel, bias []float32) {
	_, transformed := l.mapping.(transformer)
	switch {
	case fold && transformed:
		return l.foldedFreq, l.foldedBias
	case fold:
		return l.folded, l.foldedBias
	}
	if l.bias != nil {
		bias = l.bias.w
	}
	if transformed {
		return l.frequencies, bias
	}
	return l.weight.w, bias
}

// sumLen returns the floats of a sum of weight gradients.
func (l *linear) sumLen() int {
	if t, ok := l.mapping.(transformer); ok {
		return t.frequencies()
	}
	return l.panelLen()
}

func grown(s []float32, n int) []float32 {
	if s == nil {
		s = make([]float32, n)
	}
	return s
}

// scalePanels multiplies panels [blocks of 16 outputs][rows][16] by a factor per output. Factors
// beyond the end of by are 0.
func scalePanels(dst, src []float32, rows int, by []float64) {
	for k := 0; len(src) > 0; k += 16 {
		var f [16]float64
		copy(f[:], by[min(k, len(by)):])
		for o := 0; o < 16*rows; o++ {
			dst[o] = float32(float64(src[o]) * f[o%16])
		}
		dst, src = dst[16*rows:], src[16*rows:]
	}
}

// conv is a convolution without groups.
type conv struct {
	plan *kernel.Conv
	out  int // output channels
}

func (c conv) panelLen() int               { return c.plan.PanelLen() }
func (c conv) gradPanelLen() int           { return c.plan.GradPanelLen() }
func (c conv) packGrad(panel, g []float32) { c.plan.PackGrad(panel, g) }
func (c conv) scale(dst, panel []float32, by []float64) {
	scalePanels(dst, panel, c.plan.PanelLen()/kernel.Up16(c.out), by)
}

func (c conv) forward(w *worker, n int, x, panel, y []float32, t tail) {
	xs, ys := c.plan.XLayout().Size(), c.plan.YLayout().Size()
	w.epilogue = kernel.Epilogue{Bias: t.bias, ReLU: t.relu}
	for i := range n {
		if t.residual != nil {
			w.epilogue.Residual = t.residual[i*ys : (i+1)*ys]
		}
		c.plan.Forward(x[i*xs:(i+1)*xs], panel, y[i*ys:(i+1)*ys], &w.epilogue)
	}
}

func (c conv) inputGrad(w *worker, n int, dy, gradPanel, dx, mask []float32, add bool) {
	xs, ys := c.plan.XLayout().Size(), c.plan.YLayout().Size()
	w.epilogue = kernel.Epilogue{}
	for i := range n {
		d := dx[i*xs : (i+1)*xs]
		if add {
			w.epilogue.Residual = d
		}
		if mask != nil {
			w.epilogue.Mask = mask[i*xs : (i+1)*xs]
		}
		c.plan.InputGrad(dy[i*ys:(i+1)*ys], gradPanel, d, &w.epilogue)
	}
}

// weightGrad adds the derivative over n rows to panels.
func (c conv) weightGrad(_ *worker, n int, x, dy, panelGrad []float32) {
	xs, ys := c.plan.XLayout().Size(), c.plan.YLayout().Size()
	for i := range n {
		c.plan.WeightGrad(x[i*xs:(i+1)*xs], dy[i*ys:(i+1)*ys], panelGrad)
	}
}

// dense is a fully connected layer.
type dense struct {
	plan   *kernel.Dense
	in     int // rounded up to a multiple of 16: so many rows has a panel
	blocks int // of 16 outputs

	forwardZeros, gradZeros *sparse // products that leave out zeros; nil where that does not pay

	// The weights' gradient goes over pairs of blocks, so that workers share it without partial sums:
	// as a 1x1 convolution of 32 outputs, or 16, over as many pixels as there are rows.
	grads [3][denseRows + 1]*kernel.Conv // by blocks and rows
}

// denseRows is the number of rows in one step of a dense layer's weight gradient.
const denseRows = 64

func newDense(in, out int) (*dense, error) {
	d := &dense{in: kernel.Up16(in), blocks: kernel.Up16(out) / 16}
	var err error
	if d.plan, err = kernel.NewDense(d.in, out, d.in); err != nil {
		return nil, err
	}
	return d, d.planRows(denseRows)
}

// planRows plans the weight gradient of n <= denseRows rows, if that is not done.
func (d *dense) planRows(n int) (err error) {
	for blocks := 1; blocks <= min(2, d.blocks) && n > 0 && err == nil; blocks++ {
		if d.grads[blocks][n] == nil {
			g := kernel.Geometry{H: 1, W: n, C: d.in, K: 16 * blocks, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1}
			d.grads[blocks][n], err = kernel.NewConv(g, kernel.Rows(n, d.in), kernel.Rows(n, 16*d.blocks))
		}
	}
	return err
}

func (d *dense) panelLen() int               { return d.plan.PanelLen() }
func (d *dense) gradPanelLen() int           { return d.plan.GradPanelLen() }
func (d *dense) packGrad(panel, g []float32) { d.plan.PackGrad(panel, g) }
func (d *dense) scale(dst, panel []float32, by []float64) {
	scalePanels(dst, panel, d.in, by)
}

func (d *dense) forward(w *worker, n int, x, panel, y []float32, t tail) {
	w.epilogue = kernel.Epilogue{Bias: t.bias, ReLU: t.relu, Residual: t.residual}
	if d.forwardZeros.run(w, n, x, y) {
		return
	}
	d.plan.Forward(n, x, panel, y, &w.epilogue)
}

func (d *dense) inputGrad(w *worker, n int, dy, gradPanel, dx, mask []float32, add bool) {
	w.epilogue = kernel.Epilogue{Mask: mask}
	if add {
		w.epilogue.Residual = dx
	}
	if !add && d.gradZeros.run(w, n, dy, dx) { // it does not add
		return
	}
	d.plan.InputGrad(n, dy, gradPanel, dx, &w.epilogue)
}

// blockGrad adds the derivative of blocks k to k+blocks-1 of 16 outputs, at most two, over n rows to
// those blocks of the panels. dy has at least one row more, and n % denseRows has been planned.
func (d *dense) blockGrad(k, blocks, n int, x, dy, panelGrad []float32) {
	for r := 0; r < n; r += denseRows {
		plan := d.grads[blocks][min(denseRows, n-r)]
		plan.WeightGrad(x[r*d.in:], dy[r*16*d.blocks+16*k:], panelGrad[k*d.in*16:])
	}
}

// converters returns functions that convert between [out][in] and the panels, whose inputs are
// rounded up; input f is at order(f).
func (d *dense) converters(in, out int, order func(f int) int) (pack, unpack func(dst, src []float32)) {
	each := func(f func(weight, wide int)) {
		for k := range out {
			for i := range in {
				f(k*in+i, k*d.in+order(i))
			}
		}
	}
	pack = func(dst, src []float32) {
		wide := make([]float32, out*d.in)
		each(func(w, at int) { wide[at] = src[w] })
		d.plan.Pack(wide, dst)
	}
	unpack = func(dst, src []float32) {
		wide := make([]float32, out*d.in)
		d.plan.Unpack(src, wide)
		each(func(w, at int) { dst[w] = wide[at] })
	}
	return pack, unpack
}
