package kernel

// Forward computes n images, y = epilogue(x * w), as [Conv.Forward] does: at every
// pixel and in the first Up16(K) channels of y. Image i starts at x[i*xStep] and
// y[i*yStep]; the epilogue's slices lie like y, its bias has Up16(K) values. u comes
// from Transform. y does not overlap x; the epilogue's slices may be y itself. It panics
// on slices that are too short.
func (w *Winograd) Forward(n int, x []float32, xStep int, u, y []float32, yStep int,
	e *Epilogue, scratch []float32) {
	w.run(&w.fwd, n, batch{x, xStep}, u, batch{y, yStep}, e, scratch)
}

// InputGrad computes n images' derivatives by x, dx = epilogue(dy * w transposed), at
// every pixel and in the first Up16(C) channels of dx. u comes from TransformGrad;
// everything else is as for Forward.
func (w *Winograd) InputGrad(n int, dy []float32, dyStep int, u, dx []float32, dxStep int,
	e *Epilogue, scratch []float32) {
	w.run(&w.grad, n, batch{dy, dyStep}, u, batch{dx, dxStep}, e, scratch)
}

func (w *Winograd) run(p *winogradPass, n int, from batch, u []float32, to batch,
	e *Epilogue, scratch []float32) {
	if n < 1 {
		return
	}
	from.check("input", n, p.from)
	to.check("output", n, p.to)
	checkLen("winograd", "weights' frequencies", u, w.ULen())
	checkLen("winograd", "scratch", scratch, w.ScratchLen())
	e.check("winograd", p.out, (n-1)*to.step+p.to.Size())
	p.run(n, from, u, to, e, scratch)
}

// check panics unless the batch has n images of layout l.
func (b batch) check(what string, n int, l Layout) {
	checkStep("winograd", what, b.step, l.Size())
	checkLen("winograd", what, b.data, (n-1)*b.step+l.Size())
}

// WeightGrad adds n images' derivatives by the weights' frequencies to du, ULen
// floats, zeros at first. Within a call the tiles are added up in groups that follow
// from the plan. Steps and scratch are as for Forward. It panics on slices that are
// too short.
func (w *Winograd) WeightGrad(n int, x []float32, xStep int, dy []float32, dyStep int,
	du, scratch []float32) {
	if n < 1 {
		return
	}
	p, from, back := &w.weight, batch{x, xStep}, batch{dy, dyStep}
	from.check("x", n, p.from)
	back.check("dy", n, p.to)
	checkLen("winograd", "gradient's frequencies", du, w.ULen())
	checkLen("winograd", "scratch", scratch, w.ScratchLen())
	v, u := p.split(scratch)
	rows := n * p.tilesH()
	for r := 0; r < rows; r += p.rows {
		last := min(r+p.rows, rows)
		p.readInputs(from, v, r, last)
		p.readGrads(back, u, r, last)
		p.addOuter(v, u, du, (last-r)*p.tilesW())
	}
}

// addOuter adds the outer products of terms tiles to the weights' gradient.
func (p *winogradPass) addOuter(v, u, du []float32, terms int) {
	step := 0
	for f := range p.frequencies() {
		for c := 0; c < p.out; c += 16 * step {
			step = pairs((p.out - c) / 16)
			outer(v[f*p.v:], u[f*p.u+c:], du[f*p.weights()+c*p.in:], step, terms, p.in, p.out)
		}
	}
}
