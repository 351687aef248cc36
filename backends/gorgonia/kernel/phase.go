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
	rows  int      // runs
	aRow  int      // from the end of a run to the next
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

// add plans one phase: pixels are offsets into in and out, taps the product of us and vs.
func (p *planner) add(from, to []int32, us, vs []int) {
	if len(from) == 0 {
		return
	}
	ph := phase{k: len(vs) * p.in.C, rows: len(us), panel: p.panelLen}
	if ph.k == 0 || ph.rows == 0 {
		ph.k, ph.rows = 0, 1
	}
	ph.aRow = p.in.Pitch() - ph.k
	for _, u := range us {
		for _, v := range vs {
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
	p.add(from, to, upTo(g.KernelH), upTo(g.KernelW))
}

// inputGrad plans dx from dy: one phase for each position of a pixel in the stride.
func (p *planner) inputGrad(g Geometry) {
	for a := range g.StrideH {
		us, qu := gradTaps(a, g.KernelH, g.StrideH, g.PadH)
		for b := range g.StrideW {
			vs, qv := gradTaps(b, g.KernelW, g.StrideW, g.PadW)
			var from, to []int32
			for y := a; y < g.H; y += g.StrideH {
				for x := b; x < g.W; x += g.StrideW {
					first := 0 // without taps nothing is read
					if len(us) > 0 && len(vs) > 0 {
						first = p.in.Off(y/g.StrideH+qu, x/g.StrideW+qv)
					}
					from = append(from, int32(first))
					to = append(to, int32(p.out.Off(y, x)))
				}
			}
			p.add(from, to, us, vs)
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
	flags := e.flags()
	parts := 1
	if p.rows == 1 && p.k > maxRun {
		parts = (p.k + maxRun - 1) / maxRun
	}
	step := 0
	for c := 0; c < blocks; c += step {
		step = pairs(blocks - c)
		a.width(step, p.k*p.rows*16)
		a.block(e, flags, y, 16*c)
		for i := range parts {
			k0, k1 := i*p.k/parts, (i+1)*p.k/parts
			a.k, a.x = k1-k0, x[k0:]
			if a.k > 0 {
				a.b = panel[p.panel+(c*p.k*p.rows+k0)*16:]
			}
			a.flags = partFlags(flags, i, parts)
			p.tiles(&a)
		}
	}
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

// partFlags gives the bias to the first part of a split reduction, the rest of the
// epilogue to the last, and adds the parts up in y.
func partFlags(flags, i, parts int) int {
	if i > 0 {
		flags = flags&^flagBias | flagAdd
	}
	if i < parts-1 {
		flags &= flagBias | flagAdd
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
