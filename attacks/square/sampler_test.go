package square

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

func randomImage(n int, lo, hi float64) []float32 {
	x := make([]float32, n)
	r := arbench.KeyedRand(1, "image")
	for j := range x {
		x[j] = float32(lo + (hi-lo)*r.Float64())
	}
	return x
}

// TestSidesOfAnyImage: the square has the share p of the pixels, but for rounding; where it would stick
// out it is longer along the other side. In L2 and L1 sides are odd and at least 3 where they can be.
func TestSidesOfAnyImage(t *testing.T) {
	for _, tt := range []struct {
		norm       arbench.Norm
		p          float64
		h, w       int
		rows, cols int
	}{
		{arbench.Linf, 0.8, 28, 28, 25, 25}, // √627.2 = 25.04
		{arbench.Linf, 1, 28, 28, 28, 28},
		{arbench.Linf, 0.8, 8, 50, 8, 40}, // √320 is beyond 8: 0.8 of 50 columns
		{arbench.Linf, 0.8, 50, 8, 40, 8},
		{arbench.Linf, 0.1, 8, 50, 6, 6}, // √40 = 6.3
		{arbench.Linf, 0.5, 1, 40, 1, 20},
		{arbench.Linf, 0.001, 8, 8, 1, 1},
		{arbench.L2, 0.8, 28, 28, 25, 25},
		{arbench.L2, 0.4, 28, 28, 19, 19}, // √313.6 = 17.7, to odd
		{arbench.L2, 0.001, 28, 28, 3, 3},
		{arbench.L2, 1, 8, 8, 8, 8}, // 9 does not fit
		{arbench.L1, 0.001, 1, 40, 1, 3},
		{arbench.L1, 0.5, 2, 2, 2, 2},
		{arbench.L1, 0.5, 1, 1, 1, 1},
	} {
		if rows, cols := sides(tt.norm, tt.p, tt.h, tt.w); rows != tt.rows || cols != tt.cols {
			t.Errorf("%s, p %v of %d by %d: %d by %d, want %d by %d",
				tt.norm, tt.p, tt.h, tt.w, rows, cols, tt.rows, tt.cols)
		}
	}
}

// TestSquaresLieAnywhere: each place of a square in the image is drawn equally often. Of 20,000 draws of
// 3 by 5 = 15 places five standard deviations are 176.
func TestSquaresLieAnywhere(t *testing.T) {
	d := newSampler(arbench.Linf, []int{1, 4, 6})
	d.rows, d.cols = 2, 2
	seen, r := map[pixel]int{}, arbench.KeyedRand(1, "places")
	for range 20000 {
		seen[d.place(r)]++
	}
	for i := range 3 {
		for j := range 5 {
			if n := seen[pixel{i, j}]; math.Abs(float64(n)-20000.0/15) > 176 {
				t.Errorf("place %d, %d was drawn %d times, want about 1333", i, j, n)
			}
		}
	}
	if len(seen) != 15 {
		t.Errorf("%d places were drawn, want 15", len(seen))
	}
}

// TestStartInLinf: each column of each channel is at one end of ball and box.
func TestStartInLinf(t *testing.T) {
	d := newSampler(arbench.Linf, []int{3, 5, 7})
	x0 := randomImage(3*5*7, 0, 1)
	x := make([]float32, len(x0))
	ways := map[bool]int{}
	d.start(x, x0, 0.25, arbench.KeyedRand(1, "start"))
	for c := range 3 {
		for j := range 7 {
			up := x[d.index(c, pixel{}, 0, j)] > x0[d.index(c, pixel{}, 0, j)]
			ways[up]++
			for i := range 5 {
				k := d.index(c, pixel{}, i, j)
				want := max(x0[k]-0.25, 0)
				if up {
					want = min(x0[k]+0.25, 1)
				}
				if x[k] != want {
					t.Errorf("channel %d, row %d, column %d: %v, want %v", c, i, j, x[k], want)
				}
			}
		}
	}
	if ways[true] < 5 || ways[false] < 5 {
		t.Errorf("columns that go up and down: %v", ways)
	}
}

// TestStartSpendsEps: in L2 and L1 the start is eps away. Its tiles are the 25 of 5 by 5 pixels in the
// middle of an image of 28 by 28, and all pixels of one of 8 by 8. In L1, where tiles have a norm of 1
// each and eps is less than their sum, the projection leaves the peaks.
func TestStartSpendsEps(t *testing.T) {
	for _, tt := range []struct {
		norm         arbench.Norm
		eps          float64
		side         int
		first, last  int // row and column that are not left out
		fewest, most int // changed pixels
	}{
		{arbench.L2, 0.5, 28, 1, 25, 625, 625},
		{arbench.L2, 0.5, 8, 0, 7, 64, 64},
		{arbench.L1, 5, 28, 1, 25, 25, 100},
		{arbench.L1, 40, 28, 1, 25, 600, 625},
		{arbench.L1, 20, 8, 0, 7, 64, 64},
	} {
		d := newSampler(tt.norm, []int{1, tt.side, tt.side})
		x0 := randomImage(tt.side*tt.side, 0.5, 0.50001)
		x := make([]float32, len(x0))
		d.start(x, x0, tt.eps, arbench.KeyedRand(1, "start"))
		threat := arbench.Threat{Norm: tt.norm, Eps: tt.eps}
		// Of eps 40 the box cuts off the peaks.
		if got := threat.Distance(x, x0); math.Abs(got/tt.eps-1) > 2e-5 && tt.eps != 40 {
			t.Errorf("%v: the start is %v away", threat, got)
		}
		changed, first, last := 0, tt.side, 0
		for k := range x {
			if x[k] != x0[k] {
				changed++
				first, last = min(first, k/tt.side, k%tt.side), max(last, k/tt.side, k%tt.side)
			}
		}
		if changed < tt.fewest || changed > tt.most {
			t.Errorf("%v: %d pixels changed, want %d to %d", threat, changed, tt.fewest, tt.most)
		}
		if tt.fewest != 25 && (first != tt.first || last != tt.last) {
			t.Errorf("%v: changes from row %d to %d, want %d to %d", threat, first, last, tt.first, tt.last)
		}
	}
}

// change returns what x differs from x0 by at each pixel of a channel: in the squares at w1 and w2, and
// elsewhere.
func change(d *sampler, x, x0 []float32, c int, w1, w2 pixel) (in1, in2, other []float32) {
	in := func(i, j int, w pixel) bool {
		return i >= w.i && i < w.i+d.rows && j >= w.j && j < w.j+d.cols
	}
	for i := range d.h {
		for j := range d.w {
			k := d.index(c, pixel{}, i, j)
			switch v := x[k] - x0[k]; {
			case in(i, j, w1):
				in1 = append(in1, v)
			case in(i, j, w2):
				in2 = append(in2, v)
			default:
				other = append(other, v)
			}
		}
	}
	return in1, in2, other
}

// TestShiftIsAlgorithm3: far from the box, each channel of the square at w1 gets the direction
// ρη + ν/‖ν‖ and the norm (‖ν of both squares‖^q + unused/c)^(1/q); the square at w2 is set back, and
// the rest stays.
func TestShiftIsAlgorithm3(t *testing.T) {
	for norm, q := range map[arbench.Norm]float64{arbench.L2: 2, arbench.L1: 1} {
		for k, at := range [][2]pixel{{{0, 0}, {4, 3}}, {{2, 2}, {3, 1}}, {{1, 1}, {1, 1}}, {{4, 0}, {0, 4}}} {
			d := newSampler(norm, []int{2, 7, 8})
			d.rows, d.cols, d.dipoles = 3, 4, dipoles(norm, 3, 4)
			const eps, eps0 = 0.5, 0.3
			x0, x := randomImage(112, 0.4, 0.6), randomImage(112, 0.5, 0.50001)
			arbench.Threat{Norm: norm}.ProjectRow(x, x0, eps0)
			before := append([]float32(nil), x...)
			d.shift(x, x0, eps, at[0], at[1], arbench.KeyedRand(uint64(k), "shift"))
			for c := range 2 {
				old1, old2, oldOther := change(&d, before, x0, c, at[0], at[1])
				new1, new2, newOther := change(&d, x, x0, c, at[0], at[1])
				if norm.Of(new2) != 0 {
					t.Errorf("%s %v: the second square is not set back", norm, at)
				}
				for i := range oldOther {
					if oldOther[i] != newOther[i] {
						t.Errorf("%s %v: a pixel beside the squares moved", norm, at)
					}
				}
				unused := math.Pow(eps, q) - math.Pow(eps0, q)
				want := math.Pow(math.Pow(norm.Of(append(old2, old1...)), q)+unused/2, 1/q)
				if got := norm.Of(new1); math.Abs(got/want-1) > 1e-4 {
					t.Errorf("%s %v: the square has norm %v, want %v", norm, at, got, want)
				}
				if !someDipole(&d, old1, new1) {
					t.Errorf("%s %v: the new change is not a dipole beside the old one", norm, at)
				}
			}
		}
	}
}

// someDipole reports whether b is along ρη + a/‖a‖ for one of the signs and dipoles.
func someDipole(d *sampler, a, b []float32) bool {
	for _, eta := range d.dipoles {
		for _, rho := range []float64{-1, 1} {
			sum := make([]float32, len(a))
			for k, v := range eta {
				sum[k] = float32(rho*v + float64(a[k])/d.norm.Of(a))
			}
			scale, off := d.norm.Of(b)/d.norm.Of(sum), 0.0
			for k, v := range sum {
				off = max(off, math.Abs(scale*float64(v)-float64(b[k])))
			}
			if off < 1e-4*d.norm.Of(b) {
				return true
			}
		}
	}
	return false
}

// TestDipoles: the two pyramids have opposite signs and norms of 1/√2 in L2 and 1/2 in L1; the second
// dipole is the first one of the turned square.
func TestDipoles(t *testing.T) {
	for norm, half := range map[arbench.Norm]float64{arbench.L2: math.Sqrt2 / 2, arbench.L1: 0.5} {
		for _, side := range [][2]int{{3, 3}, {5, 3}, {4, 9}, {2, 1}} {
			rows, cols := side[0], side[1]
			eta := dipoles(norm, rows, cols)
			var upper, lower []float32
			for k, v := range eta[0] {
				if k/cols < rows/2 {
					upper = append(upper, float32(v))
				} else {
					lower = append(lower, float32(-v))
				}
			}
			for _, p := range [][]float32{upper, lower} {
				if n := norm.Of(p); math.Abs(n-half) > 1e-6 || min(p[0], p[len(p)-1]) <= 0 {
					t.Errorf("%s %v: a pyramid %v of norm %v, want %v", norm, side, p, n, half)
				}
			}
			turned := dipoles(norm, cols, rows)
			for k, v := range eta[1] {
				if w := turned[0][k%cols*rows+k/cols]; w != v {
					t.Errorf("%s %v: value %d is %v, turned %v", norm, side, k, v, w)
				}
			}
		}
	}
}

// TestPyramidInL1: 1 + 1/2⁴ in the middle and 1/2⁴ around it, by their sum 25/16.
func TestPyramidInL1(t *testing.T) {
	for k, v := range pyramid(arbench.L1, 3, 3) {
		want := 1.0 / 25
		if k == 4 {
			want = 17.0 / 25
		}
		if math.Abs(v-want) > 1e-12 {
			t.Errorf("value %d is %v, want %v", k, v, want)
		}
	}
}
