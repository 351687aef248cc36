package kernel

// MaxForward writes the largest value of every window of x to y, NaN if one is
// among them; padding never wins. The images have equal pitch, each its own halo. It
// panics on sizes that do not match.
func (p Pooling) MaxForward(y, x Image) {
	p.check("max pooling", &x, &y)
	if p.halves() {
		to, from := y.Data[y.Off(0, 0):], x.Data[x.Off(0, 0):]
		for i := range y.H {
			r0, r1 := from[2*i*x.Pitch():], from[(2*i+1)*x.Pitch():]
			pool2Row(to[i*y.Pitch():][:y.W*y.C], r0[:x.W*x.C], r1[:x.W*x.C], x.C)
		}
		return
	}
	for i := range y.H {
		for j := range y.W {
			p.maxPixel(&x, y.pixel(i, j), i, j)
		}
	}
}

// halves reports the common pooling of 2x2 pixels to one.
func (p Pooling) halves() bool { return p == Pooling{2, 2, 2, 2, 0, 0} }

func (p Pooling) maxPixel(x *Image, d []float32, i, j int) {
	y0, y1, x0, x1 := p.window(x, i, j)
	copy(d, x.pixel(y0, x0))
	for r := y0; r < y1; r++ {
		for c := x0; c < x1; c++ {
			for k, v := range x.pixel(r, c) {
				if v > d[k] || v != v {
					d[k] = v
				}
			}
		}
	}
}

// MaxBackward writes the derivative by x, from that by y, to dx: each window's goes
// to its first position, row by row, that holds the largest value (to the first of
// all if that is NaN). y is what MaxForward returned for x. With relu, x is the
// output of a ReLU and the derivative is that by its input: 0 where y is not greater
// than 0. Sizes are as for MaxForward, dx is like x and dy like y.
func (p Pooling) MaxBackward(dx, dy, x, y Image, relu bool) {
	p.check("max pooling gradient", &x, &y)
	p.check("max pooling gradient", &dx, &dy)
	dx.check("max pooling gradient", "dx", x.Layout)
	if p.halves() {
		p.halvesBackward(dx, dy, x, y, relu)
		return
	}
	dx.clearPixels()
	for i := range y.H {
		for j := range y.W {
			p.maxGradPixel(&dx, &dy, &x, &y, i, j, relu)
		}
	}
}

func (p Pooling) maxGradPixel(dx, dy, x, y *Image, i, j int, relu bool) {
	y0, y1, x0, x1 := p.window(x, i, j)
	top, grad := y.pixel(i, j), dy.pixel(i, j)
	for k, t := range top {
		if relu && !(t > 0) {
			continue
		}
		r, c := firstMax(x, k, t, y0, y1, x0, x1)
		dx.Data[dx.Off(r, c)+k] += grad[k]
	}
}

// firstMax finds the first position of a window that holds top in channel k.
func firstMax(x *Image, k int, top float32, y0, y1, x0, x1 int) (r, c int) {
	for r := y0; r < y1; r++ {
		for c := x0; c < x1; c++ {
			if v := x.Data[x.Off(r, c)+k]; !(v < top || v > top) {
				return r, c
			}
		}
	}
	return y0, x0
}

func (p Pooling) halvesBackward(dx, dy, x, y Image, relu bool) {
	for i := range y.H {
		pool2GradRow(dx.row(2*i), dx.row(2*i+1), dy.row(i), x.row(2*i), x.row(2*i+1), y.row(i), x.C, relu)
		clear(dx.row(2 * i)[2*y.W*x.C:])
		clear(dx.row(2*i + 1)[2*y.W*x.C:])
	}
	if dx.H%2 == 1 {
		clear(dx.row(dx.H - 1))
	}
}

// portablePool2Row pools two rows of pixels of c channels to one.
func portablePool2Row(y, r0, r1 []float32, c int) {
	for o := 0; o < len(y); o += c {
		for k := o; k < o+c; k++ {
			y[k] = larger(larger(r0[o+k], r0[o+k+c]), larger(r1[o+k], r1[o+k+c]))
		}
	}
}

// larger returns the larger value, NaN if one is NaN, and b of two zeros as the
// assembly does.
func larger(a, b float32) float32 {
	if a > b || a != a {
		return a
	}
	return b
}

// portablePool2GradRow is the derivative of portablePool2Row.
func portablePool2GradRow(d0, d1, dy, r0, r1, y []float32, c int, relu bool) {
	for o := 0; o < len(y); o += c {
		for k := o; k < o+c; k++ {
			left, top := dy[k], y[k]
			if relu && !(top > 0) {
				left = 0
			}
			d0[o+k], left = takeMax(r0[o+k], top, left)
			d0[o+k+c], left = takeMax(r0[o+k+c], top, left)
			d1[o+k], left = takeMax(r1[o+k], top, left)
			d1[o+k+c], _ = takeMax(r1[o+k+c], top, left)
		}
	}
}

// takeMax gives a position what is left of a window's derivative if it holds the maximum.
func takeMax(v, top, left float32) (taken, rest float32) {
	if v < top || v > top {
		return 0, left
	}
	return left, 0
}
