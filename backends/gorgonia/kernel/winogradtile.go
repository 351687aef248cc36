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

// tileAt returns the offsets of tile t of m by m results in the image and in a frequency.
func (a *winogradArgs) tileAt(t int) (image, freq int) {
	return t * (a.step + a.channels), t * a.channels
}

// portableWinogradRead transforms tiles of n by n values to frequencies, first along
// the columns, then along the rows: inputs if n is 6, derivatives if it is 4 or 2.
func portableWinogradRead(a *winogradArgs, n int) {
	for t := range a.tiles {
		image, freq := a.tileAt(t)
		for c := range a.channels {
			var half [6][6]float32 // [column][row]
			for j := range n {
				for i := range n {
					half[j][i] = a.image[image+i*a.pitch+j*a.pixel+c]
				}
				winogradRead(&half[j], n)
			}
			for i := range winogradSize {
				var x [6]float32
				for j := range n {
					x[j] = half[j][i]
				}
				winogradRead(&x, n)
				for j, v := range x {
					a.freq[(i*winogradSize+j)*a.stride+freq+c] = v
				}
			}
		}
	}
}

// winogradRead transforms n values to 6 frequencies.
func winogradRead(x *[6]float32, n int) {
	switch n {
	case winogradSize:
		winogradB(x)
	case 4:
		winogradA4(x)
	default:
		winogradA2(x)
	}
}

// winogradB is the transform of the inputs, B^T x.
func winogradB(x *[6]float32) {
	a, b := x[4]-4*x[2], x[3]-4*x[1]
	c, d := x[4]-x[2], 2*(x[3]-x[1])
	*x = [6]float32{x[4] + 4*x[0] - 5*x[2], a + b, a - b, c + d, c - d, x[5] + 4*x[1] - 5*x[3]}
}

// winogradA4 and winogradA2 are the transforms of 4 and of 2 derivatives, A x.
func winogradA4(x *[6]float32) {
	a, b := x[0]+x[2], x[1]+x[3]
	c, d := x[0]+4*x[2], 2*(x[1]+4*x[3])
	*x = [6]float32{x[0], a + b, a - b, c + d, c - d, x[3]}
}

func winogradA2(x *[6]float32) {
	a, b := x[0], x[1]
	*x = [6]float32{a, a + b, a - b, a + 2*b, a - 2*b, b}
}

// winogradAT is the transform to the results, A^T x: 4 of them, or 2 in front.
func winogradAT(x *[6]float32, m int) {
	s, d := x[1]+x[2], x[1]-x[2]
	r, e := x[3]+x[4], 2*(x[3]-x[4])
	y := [6]float32{s + r + x[0], d + e, s + 4*r, d + x[5] + 4*e}
	if m == 2 {
		y[1] += x[5]
	}
	*x = y
}

// portableWinogradOut transforms frequencies to tiles of m by m results.
func portableWinogradOut(a *winogradArgs, m int) {
	for t := range a.tiles {
		image, freq := a.tileAt(t)
		for c := range a.channels {
			var half [4][6]float32 // [row][column]
			for j := range winogradSize {
				var x [6]float32
				for i := range x {
					x[i] = a.freq[(i*winogradSize+j)*a.stride+freq+c]
				}
				winogradAT(&x, m)
				for i := range m {
					half[i][j] = x[i]
				}
			}
			for i := range m {
				winogradAT(&half[i], m)
				for j := range m {
					a.finish(half[i][j], image+i*a.pitch+j*a.pixel+c, c)
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
				acc[j] += v * w[j]
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
				acc[j] += x * w[j]
			}
		}
		to := (*[16]float32)(u[16*i:])
		for j := range acc {
			to[j] += acc[j]
		}
	}
}
