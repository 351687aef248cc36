package kernel

// maxRun is the longest reduction done in one go by a layer whose runs are single
// rows: 448 terms of a panel are 28 KiB and stay in the first-level cache.
const maxRun = 448

// phase is a set of output pixels that share one pattern of taps. A forward pass is
// one phase; an input gradient is one for each position of a pixel in the stride.
type phase struct {
	full  []int32  // tiles of 6 pixels
	rest  []int32  // one tile of the remaining n pixels, if n > 0
	n     int      // pixels of rest
	restX int      // added to the offsets of rest
	restY int      //
	k     int      // terms of a run
	rows  int      // runs of a set
	aRow  int      // from the end of a run to the next
	sets  int      // sets of runs, summed up one after the other; 0 means 1
	aSet  int      // from the start of a set to the next
	panel int      // offset of the phase's panels
	taps  [][2]int // kernel positions in the order of the panel
}

// planner collects the phases of one pass from layout in to layout out.
type planner struct {
	in, out  Layout
	perTap   int  // panel floats per tap
	sixes    bool // pad the last tile to 6 pixels by repeating one
	phases   []phase
	panelLen int
}

// tapLine is the taps of a phase along one axis: step pixels apart in layout in.
type tapLine struct {
	taps []int
	step int
}

// runs sets the phase's runs through layout in: a kernel row of taps side by side is one
// run, of taps apart a set of runs.
func (p *phase) runs(in Layout, us, vs tapLine) {
	n, m, down := len(us.taps), len(vs.taps), us.step*in.Pitch()
	switch {
	case n == 0 || m == 0:
		p.rows = 1
	case m == 1 || vs.step == 1:
		p.rows, p.k = n, m*in.C
		p.aRow = down - p.k
	default:
		p.sets, p.aSet = n, down
		p.rows, p.k, p.aRow = m, in.C, (vs.step-1)*in.C
	}
}

// add plans one phase: pixels are offsets into in and out, taps the product of us and vs.
func (p *planner) add(from, to []int32, us, vs tapLine) {
	if len(from) == 0 {
		return
	}
	ph := phase{panel: p.panelLen}
	ph.runs(p.in, us, vs)
	for _, u := range us.taps {
		for _, v := range vs.taps {
			ph.taps = append(ph.taps, [2]int{u, v})
		}
	}
	for p.sixes && len(from)%6 != 0 {
		from, to = append(from, from[len(from)-1]), append(to, to[len(to)-1])
	}
	ph.full, ph.rest = tileTable(from, to)
	ph.n = len(ph.rest) / 2
	p.panelLen += len(ph.taps) * p.perTap
	p.phases = append(p.phases, ph)
}

// tileTable arranges offsets as tiles of 6 and one of the remainder.
func tileTable(from, to []int32) (full, rest []int32) {
	n := len(from) / 6 * 6
	for i := 0; i < n; i += 6 {
		full = append(append(full, from[i:i+6]...), to[i:i+6]...)
	}
	return full, append(append(rest, from[n:]...), to[n:]...)
}

// forward plans y from x.
func (p *planner) forward(g Geometry) {
	var from, to []int32
	for y := range g.OutH() {
		for x := range g.OutW() {
			from = append(from, int32(p.in.Off(y*g.StrideH-g.PadH, x*g.StrideW-g.PadW)))
			to = append(to, int32(p.out.Off(y, x)))
		}
	}
	h, w := g.axes()
	p.add(from, to, tapLine{upTo(g.KernelH), h.dilation}, tapLine{upTo(g.KernelW), w.dilation})
}

// inputGrad plans dx from dy: one phase for each position of a pixel in the stride.
func (p *planner) inputGrad(g Geometry) {
	h, w := g.axes()
	for a := range g.StrideH {
		us := h.grad(a)
		for b := range g.StrideW {
			vs := w.grad(b)
			var from, to []int32
			for y := a; y < g.H; y += g.StrideH {
				for x := b; x < g.W; x += g.StrideW {
					first := 0 // without taps nothing is read
					if len(us.taps) > 0 && len(vs.taps) > 0 {
						first = p.in.Off(y/g.StrideH+us.q, x/g.StrideW+vs.q)
					}
					from = append(from, int32(first))
					to = append(to, int32(p.out.Off(y, x)))
				}
			}
			p.add(from, to, tapLine{us.taps, us.step}, tapLine{vs.taps, vs.step})
		}
	}
}

func upTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// run does the phase for blocks of 16 outputs each.
func (p *phase) run(blocks int, x, panel, y []float32, e *Epilogue) {
	a := tileArgs{aStep: 1, bStep: 16, rows: p.rows, aRow: p.aRow}
	flags, parts, terms := e.flags(), p.parts(), p.terms()
	step := 0
	for c := 0; c < blocks; c += step {
		step = pairs(blocks - c)
		a.width(step, terms*16)
		a.block(e, flags, y, 16*c)
		for i := range parts {
			from, skip := p.part(&a, i)
			a.x = x[from:]
			if a.k > 0 {
				a.b = panel[p.panel+(c*terms+skip)*16:]
			}
			a.flags = partFlags(flags, flagBias|flagResidual, i, parts)
			p.tiles(&a)
		}
	}
}

// terms returns the terms of an output.
func (p *phase) terms() int { return max(p.sets, 1) * p.rows * p.k }

// parts returns in how many parts the terms are summed up: the sets, or a long run cut.
func (p *phase) parts() int {
	if p.sets == 0 && p.rows == 1 && p.k > maxRun {
		return (p.k + maxRun - 1) / maxRun
	}
	return max(p.sets, 1)
}

// part sets a run's terms in part i and returns how many floats of the input and how many
// terms come before it.
func (p *phase) part(a *tileArgs, i int) (from, terms int) {
	if p.sets > 0 {
		a.k = p.k
		return i * p.aSet, i * p.rows * p.k
	}
	n := p.parts()
	terms = i * p.k / n
	a.k = (i+1)*p.k/n - terms
	return terms, terms
}

// block points the outputs at the channels from c.
func (a *tileArgs) block(e *Epilogue, flags int, y []float32, c int) {
	a.y = y[c:]
	if flags&flagBias != 0 {
		a.bias = e.Bias[c:]
	}
	if flags&flagResidual != 0 {
		a.residual = e.Residual[c:]
	}
	if flags&flagMask != 0 {
		a.mask = e.Mask[c:]
	}
}

// partFlags gives first to the first part of a split reduction, the rest of the epilogue to
// the last, and adds the parts up in y. A residual that may be y itself has to come first.
func partFlags(flags, first, i, parts int) int {
	if i > 0 {
		flags = flags&^first | flagAdd
	}
	if i < parts-1 {
		flags &= first | flagAdd
	}
	return flags
}

// tiles runs the tile kernels over the pixels.
func (p *phase) tiles(a *tileArgs) {
	if len(p.full) > 0 {
		a.tiles, a.nt = p.full, len(p.full)/12
		tile(a, 6)
	}
	if p.n > 0 {
		b := *a
		b.tiles, b.nt = p.rest, 1
		b.x, b.y = a.x[p.restX:], a.y[p.restY:]
		if a.flags&flagResidual != 0 {
			b.residual = a.residual[p.restY:]
		}
		if a.flags&flagMask != 0 {
			b.mask = a.mask[p.restY:]
		}
		tile(&b, p.n)
	}
}
