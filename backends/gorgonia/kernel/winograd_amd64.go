package kernel

import "unsafe"

// vectorsOf sets the number of vectors and returns whether they are those of AVX-512.
func (a *winogradArgs) vectorsOf() (p *int64, wide bool) {
	wide = current == avx512
	a.vectors = a.channels / 8
	if wide {
		a.vectors = a.channels / 16
	}
	return (*int64)(unsafe.Pointer(a)), wide
}

// winogradIn transforms a row of tiles of inputs to side by side frequencies.
func winogradIn(a *winogradArgs, side int) {
	switch p, wide := a.vectorsOf(); {
	case current == portable:
		portableWinogradIn(a, side)
	case wide && side == 6:
		winogradIn6Wide(p)
	case wide:
		winogradIn8Wide(p)
	case side == 6:
		winogradIn6Narrow(p)
	default:
		winogradIn8Narrow(p)
	}
}

// winogradGrad transforms a row of tiles of derivatives to side by side frequencies.
func winogradGrad(a *winogradArgs, side int) {
	switch p, wide := a.vectorsOf(); {
	case current == portable:
		portableWinogradGrad(a, side)
	case wide && side == 6:
		winogradGrad6Wide(p)
	case wide:
		winogradGrad8Wide(p)
	case side == 6:
		winogradGrad6Narrow(p)
	default:
		winogradGrad8Narrow(p)
	}
}

// winogradOut writes a row of tiles of results from side by side frequencies.
func winogradOut(a *winogradArgs, side int) {
	switch p, wide := a.vectorsOf(); {
	case current == portable:
		portableWinogradOut(a, side)
	case wide && side == 6:
		winogradOut6Wide(p)
	case wide:
		winogradOut8Wide(p)
	case side == 6:
		winogradOut6Narrow(p)
	default:
		winogradOut8Narrow(p)
	}
}

// product writes c = a b for 6*tiles rows of a, rows of k values, and one or two
// neighbouring panels b; rows of c are ldc floats apart.
func product(a, b, c []float32, blocks, k, tiles, ldc int) {
	switch {
	case current == portable:
		portableProduct(a, b, c, k, tiles, ldc)
	case blocks == 2:
		product6x32(&a[0], &b[0], &c[0], k, tiles, k, 16*k, ldc)
	default:
		product6x16(&a[0], &b[0], &c[0], k, tiles, k, 0, ldc)
	}
}

// outer adds v transposed times m to one or two neighbouring panels u: terms rows of
// ldv columns of v, and of 16 or 32 columns of m, which are ldm floats apart.
func outer(v, m, u []float32, blocks, terms, ldv, ldm int) {
	switch {
	case current == portable:
		portableOuter(v, m, u, terms, ldv, ldm)
	case blocks == 2:
		outer16x32(&v[0], &m[0], &u[0], terms, ldv/16, ldv, ldm, 16*ldv)
	default:
		outer16x16(&v[0], &m[0], &u[0], terms, ldv/16, ldv, ldm, 0)
	}
}
