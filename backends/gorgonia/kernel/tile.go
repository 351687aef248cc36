package kernel

// tileArgs is the argument of the tile kernels. The assembly reads it by offset
// (gen/main.go), so its order is fixed. Offsets and steps are in floats.
//
// A tile is mr rows of a block of 16 outputs, or of two blocks if pair is not 0. Output row i is
//
//	y[out_i : +16] = epilogue( sum over r, k of x[in_i + ...] * b[... : +16] )
//
// where the reduction is rows runs of k terms; a term moves x by aStep and b by
// bStep, a run's end moves them by aRow and bRow more. tiles holds, for each of nt
// tiles, mr offsets in_i and mr offsets out_i. residual and mask share out_i. The
// kernels need nt > 0 and rows > 0 and may leave another nt behind. pair is how many
// floats the second block's panel lies behind the first's: b of tile, y of weightTile.
type tileArgs struct {
	tiles                    []int32
	x, b, y                  []float32
	bias, residual, mask     []float32
	nt, k, rows              int
	aRow, aStep, bRow, bStep int
	flags                    int
	pair                     int
}

// pairs returns how many of the blocks that are left a wide tile takes at a time.
func pairs(left int) int {
	if current == avx512 && left > 1 {
		return 2
	}
	return 1
}

// width sets the tile to one block, or to two whose panels are step floats apart
// (0 where there is nothing to sum up).
func (a *tileArgs) width(blocks, step int) {
	a.pair = 0
	if blocks == 2 {
		a.pair = max(step, 1)
	}
}

// portableTile is the tile kernel in Go. As in all portable kernels every product is rounded before it is
// added, so that no compiler fuses the two and "portable" is one set of bits on every machine.
func portableTile(a *tileArgs, mr int) {
	for t := range a.nt {
		tile := a.tiles[2*mr*t:][:2*mr]
		for i := range mr {
			var acc [16]float32
			if a.flags&flagBias != 0 {
				copy(acc[:], a.bias[:16])
			}
			a.reduce(&acc, int(tile[i]))
			a.finish(&acc, int(tile[mr+i]))
		}
	}
}

// reduce adds the products of one output row to acc, term by term.
func (a *tileArgs) reduce(acc *[16]float32, x int) {
	b := 0
	for range a.rows {
		for range a.k {
			v := a.x[x]
			w := (*[16]float32)(a.b[b:])
			for j := range acc {
				acc[j] += float32(v * w[j])
			}
			x += a.aStep
			b += a.bStep
		}
		x += a.aRow
		b += a.bRow
	}
}

// finish does the epilogue of one output row and stores it.
func (a *tileArgs) finish(acc *[16]float32, o int) {
	y := (*[16]float32)(a.y[o:])
	if a.flags&flagAdd != 0 {
		for j, v := range y {
			acc[j] += v
		}
	}
	if a.flags&flagResidual != 0 {
		for j, v := range (*[16]float32)(a.residual[o:]) {
			acc[j] += v
		}
	}
	if a.flags&flagReLU != 0 {
		for j, v := range acc {
			acc[j] = relu(v)
		}
	}
	if a.flags&flagMask != 0 {
		for j, m := range (*[16]float32)(a.mask[o:]) {
			if !(m > 0) {
				acc[j] = 0
			}
		}
	}
	*y = *acc
}

// portableDot is the dot kernel in Go: for each row of a tile of 6 one output,
// y[out_i] = sum over rows runs of k terms of x and b, both contiguous within a run,
// plus residual[out_i] if flagged. k is a multiple of 16. Rows may repeat.
func portableDot(a *tileArgs) {
	for t := range a.nt {
		tile := a.tiles[12*t:][:12]
		var s [6]float32
		for i := range s {
			s[i] = a.dotRow(int(tile[i]))
			if a.flags&flagResidual != 0 {
				s[i] += a.residual[tile[6+i]]
			}
		}
		for i, v := range s {
			a.y[tile[6+i]] = v
		}
	}
}

// dotRow sums one output of the dot kernel.
func (a *tileArgs) dotRow(x int) float32 {
	var acc [16]float32
	b := 0
	for range a.rows {
		for k := 0; k < a.k; k += 16 {
			v, w := (*[16]float32)(a.x[x:]), (*[16]float32)(a.b[b:])
			for j := range acc {
				acc[j] += float32(v[j] * w[j])
			}
			x, b = x+16, b+16
		}
		x += a.aRow
	}
	var s float32
	for _, v := range acc {
		s += v
	}
	return s
}
