package kernel

// groupBytes bounds the bytes of frequencies in flight, so that they stay in the
// second-level cache. A weight gradient, which reads and writes all its frequencies
// once a group, takes as many bytes as they have, up to gradBytes.
const (
	groupBytes = 384 << 10
	gradBytes  = 1536 << 10
)

// winogradPass is one direction of the algorithm: images of layout from, of which in
// channels count, become images of layout to and out channels. Tiles of
// winogradResults by winogradResults results are done in groups of whole tile rows,
// which may span images.
type winogradPass struct {
	side       int // of a tile's inputs and frequencies
	padH, padW int // from a tile's first result back to its first input
	in, out    int
	from, to   Layout
	rows       int // tile rows of a group
	v, u       int // floats from one frequency to the next, inputs' and results'
}

// frequencies returns how many products a tile takes.
func (p *winogradPass) frequencies() int { return p.side * p.side }

func (p *winogradPass) tilesH() int { return (p.to.H + winogradResults - 1) / winogradResults }
func (p *winogradPass) tilesW() int { return (p.to.W + winogradResults - 1) / winogradResults }

// reads returns the layout that the tiles' inputs need.
func (p *winogradPass) reads() Layout {
	l := Layout{H: p.from.H, W: p.from.W, C: p.in}
	l.PadH = max(0, p.padH, (p.tilesH()-1)*winogradResults-p.padH+p.side-p.from.H)
	l.PadW = max(0, p.padW, (p.tilesW()-1)*winogradResults-p.padW+p.side-p.from.W)
	return l
}

// writes returns the layout that the tiles' results need.
func (p *winogradPass) writes() Layout {
	return Layout{H: p.to.H, W: p.to.W, C: p.out,
		PadH: p.tilesH()*winogradResults - p.to.H, PadW: p.tilesW()*winogradResults - p.to.W}
}

// size chooses the group: full tiles of the product kernels, six rows each, and as many
// as the bytes allow.
func (p *winogradPass) size(bytes int) {
	step := 6 / gcd(6, p.tilesW())
	most := bytes / (4 * p.frequencies() * (p.in + p.out) * p.tilesW())
	p.rows = max(step, most/step*step)
	tiles := sixes(p.rows*p.tilesW()) * 6
	p.v, p.u = tiles*p.in+16, tiles*p.out+16 // 16 as for the weights
}

// sixes returns how many tiles of six rows cover n.
func sixes(n int) int { return (n + 5) / 6 }

// weights returns the floats from one frequency of the weights to the next. The 16 keep
// them on different cache sets.
func (p *winogradPass) weights() int { return p.in*p.out + 16 }

func (p *winogradPass) scratch() int { return p.frequencies() * (p.v + p.u) }

// split returns the parts of scratch for the frequencies of inputs and of results.
func (p *winogradPass) split(scratch []float32) (v, u []float32) {
	n := p.frequencies() * p.v
	return scratch[:n], scratch[n:p.scratch()]
}

// batch is n images at a step of floats.
type batch struct {
	data []float32
	step int
}

// run computes n images with the weights' frequencies w.
func (p *winogradPass) run(n int, from batch, w []float32, to batch, e *Epilogue, scratch []float32) {
	v, u := p.split(scratch)
	rows := n * p.tilesH()
	for r := 0; r < rows; r += p.rows {
		last := min(r+p.rows, rows)
		p.readInputs(from, v, r, last)
		p.multiply(v, w, u, sixes((last-r)*p.tilesW()))
		p.write(to, u, e, r, last)
	}
}

// readInputs transforms the inputs of tile rows first to last-1 into frequencies.
func (p *winogradPass) readInputs(from batch, freq []float32, first, last int) {
	l := &p.from
	a := winogradArgs{channels: p.in, pitch: l.Pitch(), pixel: l.C,
		step: winogradResults*l.C - p.in, stride: p.v}
	for r := first; r < last; r++ {
		image, row := r/p.tilesH(), r%p.tilesH()
		a.image = from.data[image*from.step+l.Off(row*winogradResults-p.padH, -p.padW):]
		a.freq, a.tiles = freq[(r-first)*p.tilesW()*p.in:], p.tilesW()
		winogradIn(&a, p.side)
	}
}

// readGrads transforms the results' derivatives.
func (p *winogradPass) readGrads(back batch, freq []float32, first, last int) {
	l := &p.to
	a := winogradArgs{channels: p.out, pitch: l.Pitch(), pixel: l.C,
		step: winogradResults*l.C - p.out, stride: p.u}
	for r := first; r < last; r++ {
		image, row := r/p.tilesH(), r%p.tilesH()
		a.image = back.data[image*back.step+l.Off(row*winogradResults, 0):]
		a.freq, a.tiles = freq[(r-first)*p.tilesW()*p.out:], p.tilesW()
		winogradGrad(&a, p.side)
	}
}

// multiply does the product of every frequency.
func (p *winogradPass) multiply(v, w, u []float32, tiles int) {
	step := 0
	for f := range p.frequencies() {
		for c := 0; c < p.out; c += 16 * step {
			step = pairs((p.out - c) / 16)
			product(v[f*p.v:], w[f*p.weights()+c*p.in:], u[f*p.u+c:], step, p.in, tiles, p.out)
		}
	}
}

// write transforms frequencies into the tile rows first to last-1 of the results.
func (p *winogradPass) write(to batch, freq []float32, e *Epilogue, first, last int) {
	l := &p.to
	a := winogradArgs{channels: p.out, pitch: l.Pitch(), pixel: l.C,
		step: winogradResults*l.C - p.out, stride: p.u, flags: e.flags()}
	if a.flags&flagBias != 0 {
		a.bias = e.Bias
	}
	for r := first; r < last; r++ {
		image, row := r/p.tilesH(), r%p.tilesH()
		o := image*to.step + l.Off(row*winogradResults, 0)
		a.tiles, a.image, a.freq = p.tilesW(), to.data[o:], freq[(r-first)*p.tilesW()*p.out:]
		if a.flags&flagResidual != 0 {
			a.residual = e.Residual[o:]
		}
		if a.flags&flagMask != 0 {
			a.mask = e.Mask[o:]
		}
		winogradOut(&a, p.side)
		p.clearHalo(to.data[image*to.step:], row)
	}
}

// clearHalo zeroes the results outside the image.
func (p *winogradPass) clearHalo(image []float32, row int) {
	width := p.tilesW() * winogradResults
	if width == p.to.W && (row+1)*winogradResults <= p.to.H {
		return
	}
	o, pitch := p.to.Off(row*winogradResults, 0), p.to.Pitch()
	for y := row * winogradResults; y < (row+1)*winogradResults; y++ {
		x := p.to.W
		if y >= p.to.H {
			x = 0
		}
		clear(image[o+x*p.to.C : o+width*p.to.C])
		o += pitch
	}
}
