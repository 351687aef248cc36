package kernel

// winogradArgs is the argument of the Winograd transforms: a row of tiles of an image,
// and the first of their frequencies, [frequency][tile][channel]. The assembly reads it
// by offset (gen/winograd.go), so its order is fixed. Distances are in floats.
type winogradArgs struct {
	image, freq          []float32
	bias, residual, mask []float32 // as in Epilogue, from the row's first pixel on
	tiles                int       // left behind as 0
	vectors              int       // of channels; the assembly's wrappers set it
	pitch, pixel         int       // from a row to the next, from a pixel to the next
	step                 int       // from the last channel of a tile to the next tile
	stride               int       // from a frequency to the next
	flags                int
	channels             int
}

// tileAt returns the offsets of tile t in the image and in a frequency.
func (a *winogradArgs) tileAt(t int) (image, freq int) {
	return t * (a.step + a.channels), t * a.channels
}

// winogradTransform is the transform of a vector, one matrix of its own kind for each
// side: the rows of the matrix, padded to 8.
type winogradTransform [8][8]float32

// apply multiplies the first n values of x by the first m rows of the matrix.
func (t *winogradTransform) apply(x *[8]float32, m, n int) {
	var y [8]float32
	for i := range m {
		for j := range n {
			if c := t[i][j]; c != 0 {
				y[i] += float32(c * x[j])
			}
		}
	}
	*x = y
}

// inputs6 and inputs8 are B^T of Lavin & Gray for tiles of 6 and 8.
var (
	inputs6 = winogradTransform{{4, 0, -5, 0, 1}, {0, -4, -4, 1, 1}, {0, 4, -4, -1, 1},
		{0, -2, -1, 2, 1}, {0, 2, -1, -2, 1}, {0, 4, 0, -5, 0, 1}}
	inputs8 = winogradTransform{{1, 0, -5.25, 0, 5.25, 0, -1}, {0, 1, 1, -4.25, -4.25, 1, 1},
		{0, -1, 1, 4.25, -4.25, -1, 1}, {0, .5, .25, -2.5, -1.25, 2, 1}, {0, -.5, .25, 2.5, -1.25, -2, 1},
		{0, 2, 4, -2.5, -5, .5, 1}, {0, -2, 4, 2.5, -5, -.5, 1}, {0, -1, 0, 5.25, 0, -5.25, 0, 1}}
)

// winogradPoints are the points of 6 and, all of them, 8 frequencies but for infinity.
var winogradPoints = []float64{0, 1, -1, 2, -2, .5, -.5}

// grads6 and grads8 evaluate the polynomial of four derivatives at the points: A.
// results6 and results8 are their transposes.
var (
	grads6, results6 = gradsOf(6)
	grads8, results8 = gradsOf(8)
)

func gradsOf(side int) (grads, results winogradTransform) {
	for i, p := range winogradPoints[:side-1] {
		v := 1.
		for j := range winogradResults {
			grads[i][j] = float32(v)
			v *= p
		}
	}
	grads[side-1][winogradResults-1] = 1
	for i := range grads {
		for j := range grads {
			results[j][i] = grads[i][j]
		}
	}
	return grads, results
}

func portableWinogradIn(a *winogradArgs, side int) {
	t := &inputs6
	if side == 8 {
		t = &inputs8
	}
	a.read(t, side, side)
}

func portableWinogradGrad(a *winogradArgs, side int) {
	t := &grads6
	if side == 8 {
		t = &grads8
	}
	a.read(t, side, winogradResults)
}

// read transforms tiles of n by n values, first along the columns, then along the rows.
func (a *winogradArgs) read(f *winogradTransform, side, n int) {
	for t := range a.tiles {
		image, freq := a.tileAt(t)
		for c := range a.channels {
			var half [8][8]float32 // [column][row]
			for j := range n {
				for i := range n {
					half[j][i] = a.image[image+i*a.pitch+j*a.pixel+c]
				}
				f.apply(&half[j], side, n)
			}
			for i := range side {
				var x [8]float32
				for j := range n {
					x[j] = half[j][i]
				}
				f.apply(&x, side, n)
				for j, v := range x[:side] {
					a.freq[(i*side+j)*a.stride+freq+c] = v
				}
			}
		}
	}
}

// portableWinogradOut transforms frequencies to tiles of results.
func portableWinogradOut(a *winogradArgs, side int) {
	f := &results6
	if side == 8 {
		f = &results8
	}
	for t := range a.tiles {
		image, freq := a.tileAt(t)
		for c := range a.channels {
			var half [winogradResults][8]float32 // [row][column]
			for j := range side {
				var x [8]float32
				for i := range side {
					x[i] = a.freq[(i*side+j)*a.stride+freq+c]
				}
				f.apply(&x, winogradResults, side)
				for i := range half {
					half[i][j] = x[i]
				}
			}
			for i := range half {
				f.apply(&half[i], winogradResults, side)
				for j, v := range half[i][:winogradResults] {
					a.finish(v, image+i*a.pitch+j*a.pixel+c, c)
				}
			}
		}
	}
}

// finish does the epilogue of one result of channel c and stores it.
func (a *winogradArgs) finish(v float32, o, c int) {
	if a.flags&flagBias != 0 {
		v += a.bias[c]
	}
	if a.flags&flagResidual != 0 {
		v += a.residual[o]
	}
	if a.flags&flagReLU != 0 {
		v = relu(v)
	}
	if a.flags&flagMask != 0 && !(a.mask[o] > 0) {
		v = 0
	}
	a.image[o] = v
}

// portableProduct writes c = a b for 6*tiles rows of k values and one panel; rows of
// a are k floats apart, rows of c ldc.
func portableProduct(a, b, c []float32, k, tiles, ldc int) {
	for r := range 6 * tiles {
		var acc [16]float32
		for i, v := range a[r*k:][:k] {
			w := (*[16]float32)(b[16*i:])
			for j := range acc {
				acc[j] += float32(v * w[j])
			}
		}
		copy(c[r*ldc:], acc[:])
	}
}

// portableOuter adds v transposed times m to the panel u: terms rows of ldv columns of v and
// of 16 columns of m, which are ldm floats apart.
func portableOuter(v, m, u []float32, terms, ldv, ldm int) {
	for i := range ldv {
		var acc [16]float32
		for t := range terms {
			x, w := v[t*ldv+i], (*[16]float32)(m[t*ldm:])
			for j := range acc {
				acc[j] += float32(x * w[j])
			}
		}
		to := (*[16]float32)(u[16*i:])
		for j := range acc {
			to[j] += acc[j]
		}
	}
}
