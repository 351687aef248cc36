package square

import (
	"math"
	"math/rand/v2"

	"github.com/arbench/arbench"
)

// under is the part of eps that is spent in L2 and L1: so little less that rounding pixels to float32 does
// not lead out of the ball.
const under = 1 - arbench.Tolerance

// A sampler draws the starts and the moves of images of c channels, h rows and w columns.
type sampler struct {
	norm    arbench.Norm
	c, h, w int
	edge    int // rows and columns at the far sides that no square reaches: 0, but 1 in the reference

	rows, cols int          // of the square of a move
	dipoles    [2][]float64 // on such a square, and on one tile of the start, across and along
	tile       int
	tiles      [2][]float64
	first      pixel // of the tiles
}

func newSampler(norm arbench.Norm, shape []int) sampler {
	d := sampler{norm: norm, c: shape[0], h: shape[1], w: shape[2]}
	if norm != arbench.Linf {
		d.tile = max(min(d.h, d.w)/5, 1)
		d.tiles = dipoles(norm, d.tile, d.tile)
		d.first = pixel{d.h % d.tile / 2, d.w % d.tile / 2}
	}
	return d
}

// asReference makes the sampler draw what the reference can draw: no square that reaches the last row or
// column, and tiles laid out as if there were five along each side.
func (d *sampler) asReference() {
	d.edge = 1
	d.first = pixel{max(d.h-5*d.tile, 0) / 2, max(d.w-5*d.tile, 0) / 2}
}

// resize makes squares of the share p of the image.
func (d *sampler) resize(p float64) {
	rows, cols := sides(d.norm, p, d.h, d.w)
	if rows == d.rows && cols == d.cols {
		return
	}
	d.rows, d.cols = rows, cols
	if d.norm != arbench.Linf {
		d.dipoles = dipoles(d.norm, rows, cols)
	}
}

// start sets x to the point near x0 from which a search begins.
func (d *sampler) start(x, x0 []float32, eps float64, r *rand.Rand) {
	if d.norm == arbench.Linf {
		d.stripes(x, x0, float32(eps), r)
	} else {
		d.grid(x, x0, eps, r)
	}
}

// move changes one square of x, at most eps from x0.
func (d *sampler) move(x, x0 []float32, eps float64, r *rand.Rand) {
	at := d.place(r)
	if d.norm == arbench.Linf {
		d.recolour(x, x0, float32(eps), at, r)
	} else {
		d.shift(x, x0, eps, at, d.place(r), r)
	}
}

// place draws the first pixel of a square, anywhere in the image.
func (d *sampler) place(r *rand.Rand) pixel {
	return pixel{r.IntN(max(d.h-d.rows+1-d.edge, 1)), r.IntN(max(d.w-d.cols+1-d.edge, 1))}
}

// A pixel is a place in each channel of an image.
type pixel struct{ i, j int }

// index returns where the pixel of a row and column of the square at p is in an image's channel c.
func (d *sampler) index(c int, p pixel, row, col int) int { return (c*d.h+p.i+row)*d.w + p.j + col }

func sign(r *rand.Rand) float64 { return 1 - 2*float64(r.Uint64()&1) }

// stripes is the start in Linf: each column of each channel is moved by eps, up or down.
func (d *sampler) stripes(x, x0 []float32, eps float32, r *rand.Rand) {
	for c := range d.c {
		for j := range d.w {
			step := eps * float32(sign(r))
			for i := range d.h {
				k := d.index(c, pixel{}, i, j)
				x[k] = min(max(x0[k]+step, 0), 1)
			}
		}
	}
}

// recolour is algorithm 2: it adds 2 eps, up or down, to each channel of a square and projects, which
// leads to the end of ball and box from wherever x is.
func (d *sampler) recolour(x, x0 []float32, eps float32, at pixel, r *rand.Rand) {
	for c := range d.c {
		step := eps * float32(sign(r))
		for i := range d.rows {
			k := d.index(c, at, i, 0)
			for j := k; j < k+d.cols; j++ {
				x[j] = min(max(x0[j]+step, 0), 1)
			}
		}
	}
}

// grid is the start in L2 and L1: dipoles on tiles of a fifth of the shorter side, in the middle of the
// image. In L1 the projection takes away from all, until the peaks are left.
func (d *sampler) grid(x, x0 []float32, eps float64, r *rand.Rand) {
	s := d.tile
	clear(x)
	for i := d.first.i; i+s <= d.h; i += s {
		for j := d.first.j; j+s <= d.w; j += s {
			eta := d.tiles[r.IntN(2)]
			for c := range d.c {
				rho := sign(r)
				for k, v := range eta {
					x[d.index(c, pixel{i, j}, k/s, k%s)] = float32(rho * v)
				}
			}
		}
	}
	scale := under * eps / (d.norm.Of(x) + 1e-12)
	if d.norm == arbench.L1 {
		scale = max(scale, 1)
	}
	for j, c := range x0 {
		x[j] = c + float32(scale)*x[j]
	}
	arbench.Threat{Norm: d.norm}.ProjectRow(x, x0, under*eps)
}

// shift is algorithm 3: it moves the change of the square at w2, and what of eps is not spent yet, to that
// at w1, where a dipole is added to it. The sum is then eps, and the box can only take from it.
func (d *sampler) shift(x, x0 []float32, eps float64, w1, w2 pixel, r *rand.Rand) {
	spent := 0.0
	for j, c := range x0 {
		spent += d.power(x[j] - c)
	}
	unused := (d.raise(under*eps) - spent) / float64(d.c)
	eta := d.dipoles[r.IntN(2)]
	for c := range d.c {
		rho := sign(r)
		within, both := d.take(x, x0, c, w1, w2)
		old := 1 / (d.root(within) + 1e-12)
		size := 0.0
		for k, v := range eta {
			j := d.index(c, w1, k/d.cols, k%d.cols)
			nu := float32(rho*v + old*float64(x[j]-x0[j]))
			size += d.power(nu)
			x[j] = nu
		}
		scale := d.root(max(both+unused, 0)) / (d.root(size) + 1e-12)
		for k := range eta {
			j := d.index(c, w1, k/d.cols, k%d.cols)
			x[j] = min(max(x0[j]+float32(scale*float64(x[j])), 0), 1)
		}
	}
}

// take sets the square at w2, but for what is also in that at w1, back to x0. It returns the powers of
// the norms that the change of x had in the square at w1 and in both together.
func (d *sampler) take(x, x0 []float32, c int, w1, w2 pixel) (within, both float64) {
	for i := range d.rows {
		k := d.index(c, w1, i, 0)
		for j := k; j < k+d.cols; j++ {
			within += d.power(x[j] - x0[j])
		}
	}
	both = within
	for i := range d.rows {
		k := d.index(c, w2, i, 0)
		first, last := w1.j-w2.j, w1.j-w2.j+d.cols // columns of w2 that are in w1, in its rows
		in := w2.i+i >= w1.i && w2.i+i < w1.i+d.rows
		for j := range d.cols {
			if in && j >= first && j < last {
				continue
			}
			both += d.power(x[k+j] - x0[k+j])
			x[k+j] = x0[k+j]
		}
	}
	return within, both
}

// power returns what v adds to a sum whose root is the norm; raise and root lead there and back.
func (d *sampler) power(v float32) float64 { return d.raise(math.Abs(float64(v))) }

func (d *sampler) raise(v float64) float64 {
	if d.norm == arbench.L2 {
		return v * v
	}
	return v
}

func (d *sampler) root(s float64) float64 {
	if d.norm == arbench.L2 {
		return math.Sqrt(s)
	}
	return s
}
