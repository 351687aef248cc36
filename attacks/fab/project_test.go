package fab

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

var norms = []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1}

// TestProjectionAgreesWithReference compares with testdata/golden, section 4: the reference's float64
// projections, and the norms of optima that were found independently.
func TestProjectionAgreesWithReference(t *testing.T) {
	f, err := golden.Open("projections")
	if err != nil {
		t.Fatal(err)
	}
	x, w, b := f.Floats("fab.t"), f.Floats("fab.w"), f.Floats("fab.b")
	p := new(projector)
	for _, n := range norms {
		want, optimum := f.Floats("fab."+string(n)+"_f64"), f.Floats("fab."+string(n)+"_opt_norm")
		feasible := 0
		for i := range x.Len() {
			d := make([]float32, len(x.Row(i)))
			p.project(n, d, x.Row(i), w.Row(i), float64(b.Data[i])-inner(w.Row(i), x.Row(i)))
			ties := n == arbench.L1 && (i == 21 || i == 22) // its solutions have the norm in common only
			if diff := farthest(d, want.Row(i)); !ties && diff > 1e-6 {
				t.Errorf("%s row %d: a pixel is off by %v", n, i, diff)
			}
			if opt := float64(optimum.Data[i]); !math.IsNaN(opt) {
				feasible++
				if math.Abs(n.Of(d)-opt) > 1e-6 {
					t.Errorf("%s row %d: norm %v, want %v", n, i, n.Of(d), opt)
				}
			}
		}
		if feasible != 21 {
			t.Errorf("%s: %d rows have an optimum, want 21", n, feasible)
		}
	}
}

// TestProjectionIsTheLeastChange holds projections of random images onto random planes, with pixels
// at the ends of the box and without weight, against bisections that share no code with them, and
// those that fall on no plane against the corner.
func TestProjectionIsTheLeastChange(t *testing.T) {
	p := new(projector)
	for _, n := range norms {
		reached := 0
		for k := range 300 {
			r := arbench.KeyedRand(1, "test", k)
			x, w := make([]float32, 1+r.IntN(40)), []float32(nil)
			for j := range x {
				x[j] = float32(min(max(1.6*r.Float64()-0.3, 0), 1))
				w = append(w, float32(r.NormFloat64())*float32(r.IntN(4)))
			}
			most := reach(w, x)
			residual := 1.2 * most * r.Float64()
			if k%2 == 0 {
				for j := range w {
					w[j] = -w[j]
				}
				residual = -residual
			}
			d := make([]float32, len(x))
			p.project(n, d, x, w, residual)
			for j, v := range d {
				if y := x[j] + v; y < -1e-6 || y > 1+1e-6 || w[j] == 0 && v != 0 {
					t.Fatalf("%s, plane %d: pixel %d of weight %v goes from %v to %v", n, k, j, w[j], x[j], y)
				}
			}
			got := inner(w, d)
			want := math.Copysign(min(math.Abs(residual), most), residual)
			if math.Abs(got-want) > 1e-5*(1+most) {
				t.Errorf("%s, plane %d: <w, d> = %v, want %v of %v", n, k, got, want, most)
			}
			if math.Abs(residual) < most {
				reached++
				if least := leastNorm(n, x, w, residual); n.Of(d) > least*(1+1e-5)+1e-6 {
					t.Errorf("%s, plane %d: norm %v, want %v", n, k, n.Of(d), least)
				}
			}
		}
		if reached < 200 || reached == 300 {
			t.Errorf("%s: %d of 300 planes can be reached: the test needs some of both", n, reached)
		}
	}
}

// reach returns the most that <w, d> can be for x+d in the box.
func reach(w, x []float32) float64 {
	s := 0.0
	for j, v := range w {
		s += max(float64(v)*(1-float64(x[j])), -float64(v)*float64(x[j]))
	}
	return s
}

// leastNorm returns the norm of the least d with <w, d> = r for x+d in the box, by bisection on the
// multiplier of the plane: of the Lagrangian of Linf and L2 the change is known for each pixel; in L1
// pixels of a weight above the threshold go to the end, and those at it, of one weight, give the rest.
func leastNorm(n arbench.Norm, x, w []float32, r float64) float64 {
	change := func(lambda float64) (d []float32) {
		for j, v := range w {
			v := math.Copysign(1, r) * float64(v)
			move := math.Copysign(lambda, v)
			switch {
			case n == arbench.L2:
				move = lambda * v
			case n == arbench.L1 && math.Abs(v) > 1/lambda:
				move = math.Copysign(1, v)
			case n == arbench.L1 || v == 0:
				move = 0
			}
			y := min(max(float64(x[j])+move, 0), 1)
			d = append(d, float32(y-float64(x[j])))
		}
		return d
	}
	lo, hi := 1e-9, 1e9
	for range 200 {
		if mid := math.Sqrt(lo * hi); math.Abs(inner(w, change(mid))) < math.Abs(r) {
			lo = mid
		} else {
			hi = mid
		}
	}
	if n == arbench.L1 {
		missing := math.Abs(r) - math.Abs(inner(w, change(lo)))
		return n.Of(change(lo)) + missing*lo // a weight of 1/lo gives that much for each unit
	}
	return n.Of(change(hi))
}

// TestProjectionWithoutAPlane: no panic and no endless search, whatever the numbers.
func TestProjectionWithoutAPlane(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	p := new(projector)
	for _, n := range norms {
		for _, w := range [][]float32{{0, 0, 0}, {nan, 1, 0}, {inf, -inf, 1}, {1e-45, 3e38, 0}, {}} {
			x := []float32{0, 0.5, 1}[:len(w)]
			for _, r := range []float64{0, 1, -1, math.NaN(), math.Inf(1), 1e-300} {
				d := slices.Repeat([]float32{9}, len(w))
				p.project(n, d, x, w, r)
				some := slices.ContainsFunc(w, func(v float32) bool { return v != 0 })
				if (!some || r == 0) && n.Of(d) != 0 {
					t.Errorf("%s: change %v for weights %v and a distance of %v, want none", n, d, w, r)
				}
			}
		}
	}
}

func inner(a, b []float32) float64 {
	s := 0.0
	for j := range a {
		s += float64(a[j]) * float64(b[j])
	}
	return s
}

func farthest(x, y []float32) float64 {
	return arbench.Threat{Norm: arbench.Linf}.Distance(x, y)
}
