package kernel

import "fmt"

// A Sparse is one product of a dense layer, forward or input gradient, that leaves out the inputs
// that are 0: after a ReLU, or behind its derivative, about every second one. It gives the bits of
// the other product where the weights are finite. It does not change and may be used by any number
// of goroutines.
type Sparse struct {
	k, n     int // inputs; outputs, a multiple of 16
	from, to int // floats from a row of the input, and of the output, to the next
	width    int // panels of 16 outputs in a tile, but for the last one
}

// sparseRun inputs of a tile of sparseTile panels have weights that stay in the first-level cache.
const (
	sparseRun  = 64
	sparseTile = 8
)

// sparseFloor is the least number of inputs and of outputs for which it pays.
const sparseFloor = 64

// SparseForward returns the forward product that leaves out zeros; false if it would not pay.
func (d *Dense) SparseForward() (s Sparse, ok bool) { return d.fwd.sparse() }

// SparseGrad returns the input gradient that leaves out zeros; false if it would not pay.
func (d *Dense) SparseGrad() (s Sparse, ok bool) { return d.grad.sparse() }

func (p *densePass) sparse() (s Sparse, ok bool) {
	s = Sparse{k: p.k, n: p.n, from: p.from, to: p.to}
	panels := p.n / 16
	tiles := (panels + sparseTile - 1) / sparseTile
	s.width = (panels + tiles - 1) / tiles
	// A longer reduction is added up in parts, whose sums have other bits.
	return s, p.k <= maxRun && p.k%16 == 0 && p.k >= sparseFloor && p.n >= sparseFloor
}

// Inputs returns the number of inputs.
func (s Sparse) Inputs() int { return s.k }

// PanelLen returns the floats of the panels of Pack.
func (s Sparse) PanelLen() int { return s.k * s.n }

// Pack derives the panels of Run from those of the other product (the weights', or PackGrad's for the
// input gradient). Call it after every change of the weights. It panics on slices that are too short.
func (s Sparse) Pack(panel, tiles []float32) { s.PackBlocks(0, s.n/16, panel, tiles) }

// PackBlocks derives blocks lo to hi-1 of 16 outputs of what Pack does, from the same blocks of panel.
func (s Sparse) PackBlocks(lo, hi int, panel, tiles []float32) {
	if lo < 0 || hi > s.n/16 || lo > hi {
		panic(fmt.Sprintf("kernel: sparse product: blocks %d to %d of %d", lo, hi, s.n/16))
	}
	checkLen("sparse product", "panel", panel, s.PanelLen())
	checkLen("sparse product", "tiles", tiles, s.PanelLen())
	for c := 16 * lo; c < 16*hi; c += 16 {
		first := c / (16 * s.width) * 16 * s.width // output of the tile
		w := min(16*s.width, s.n-first)
		for k := range s.k {
			copy(tiles[first*s.k+k*w+c-first:][:16], panel[(c*s.k+16*k):])
		}
	}
}

// Blocks returns the number of blocks of 16 outputs.
func (s Sparse) Blocks() int { return s.n / 16 }

// Nonzeros are the values of some rows that are not 0. Its memory is used again.
type Nonzeros struct {
	values []float32
	index  []int32 // of an input, counted from the first of its run
	ends   []int32 // by run and row: where the row's values begin and end
	rows   int
	inputs int // of the product that they were found for
}

// Find takes the values of n rows of the input of s, and returns how many there are. It panics if x is
// too short.
func (z *Nonzeros) Find(s Sparse, n int, x []float32) int {
	z.rows, z.inputs = 0, s.k
	if n < 1 {
		return 0
	}
	checkLen("sparse product", "input", x, (n-1)*s.from+s.k)
	z.rows = n
	if most := n*s.k + 16; len(z.values) < most {
		z.values, z.index = make([]float32, most), make([]int32, most)
	}
	z.ends = z.ends[:0]
	count := 0
	for k := 0; k < s.k; k += sparseRun {
		run := min(sparseRun, s.k-k)
		for r := range n {
			z.ends = append(z.ends, int32(count))
			count += nonzeros(x[r*s.from+k:][:run], z.values[count:], z.index[count:])
			z.ends = append(z.ends, int32(count))
		}
	}
	return count
}

// sparseArgs is the argument of the sparse kernels, which read it by offset (gen/sparse.go). Row i of
// the output begins at y[i*pitch/4]; ends holds, for each row, where its values begin and end.
type sparseArgs struct {
	ends                 []int32
	values               []float32
	index                []int32
	b, y                 []float32
	bias, residual, mask []float32
	rows, pitch, flags   int // pitch in bytes
}

// Run computes y = epilogue(x W) for the rows that z has found, from the panels of Pack. The
// epilogue's slices lie like y but are not y itself. It panics on slices that are too short, and on
// values that were found for a product of another number of inputs.
func (s Sparse) Run(z *Nonzeros, tiles, y []float32, e *Epilogue) {
	if z.rows < 1 {
		return
	}
	if z.inputs != s.k {
		panic(fmt.Sprintf("kernel: sparse product: values of rows of %d inputs, want %d", z.inputs, s.k))
	}
	checkLen("sparse product", "panels", tiles, s.PanelLen())
	checkLen("sparse product", "output", y, z.rows*s.to)
	e.check("sparse product", s.n, z.rows*s.to)
	a := sparseArgs{values: z.values, index: z.index, rows: z.rows, pitch: 4 * s.to}
	runs := (s.k + sparseRun - 1) / sparseRun
	for c := 0; c < s.n; c += 16 * s.width {
		w := min(s.width, (s.n-c)/16)
		a.block(e, y, c)
		for i := range runs {
			a.ends = z.ends[2*i*z.rows:]
			a.b = tiles[c*s.k+i*sparseRun*16*w:]
			a.flags = partFlags(e.flags(), flagBias, i, runs)
			sparse(&a, w)
		}
	}
}

// block points the outputs at the channels from c.
func (a *sparseArgs) block(e *Epilogue, y []float32, c int) {
	a.y = y[c:]
	if e == nil {
		return
	}
	if e.Bias != nil {
		a.bias = e.Bias[c:]
	}
	if e.Residual != nil {
		a.residual = e.Residual[c:]
	}
	if e.Mask != nil {
		a.mask = e.Mask[c:]
	}
}

// portableNonzeros packs the values that are not 0, and their places.
func portableNonzeros(x, values []float32, index []int32) int {
	n := 0
	for i, v := range x {
		values[n], index[n] = v, int32(i)
		if v != 0 {
			n++
		}
	}
	return n
}

// portableSparse is the kernel in Go.
func portableSparse(a *sparseArgs, w int) {
	for r := range a.rows {
		o := r * a.pitch / 4
		y := a.y[o:][:16*w]
		if a.flags&flagAdd == 0 {
			clear(y)
			if a.flags&flagBias != 0 {
				copy(y, a.bias)
			}
		}
		for i := a.ends[2*r]; i < a.ends[2*r+1]; i++ {
			v, b := a.values[i], a.b[int(a.index[i])*16*w:][:16*w]
			for j := range y {
				y[j] += float32(v * b[j])
			}
		}
		if a.flags&flagResidual != 0 {
			portableAddTo(y, a.residual[o:][:16*w])
		}
		if a.flags&flagReLU != 0 {
			portableReLU(y, y)
		}
		if a.flags&flagMask != 0 {
			portableReLUGrad(y, y, a.mask[o:][:16*w])
		}
	}
}
