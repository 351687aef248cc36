package arbench_test

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// The projections of testdata/golden/projections.safetensors: PyTorch's for Linf and L2; for L1
// the exact Euclidean projection by bisection in float64, and that of the reference AutoAttack.
func TestProjectEqualsGolden(t *testing.T) {
	g := openGolden(t, "projections")
	x0, y := g.Floats("l1ball.x"), g.Floats("l1ball.y")
	project := func(threat arbench.Threat) arbench.Tensor {
		x := x0.Clone()
		for i := range x.Data {
			x.Data[i] += y.Data[i]
		}
		threat.Project(x, x0)
		return x
	}
	want := g.Floats("linf.proj").Data
	near(t, "linf", project(arbench.Threat{Norm: arbench.Linf, Eps: 0.1}).Data, want, 1e-6, 0)
	want = g.Floats("l2.proj").Data
	near(t, "l2", project(arbench.Threat{Norm: arbench.L2, Eps: 0.7}).Data, want, 1e-6, 0)
	for i, e := range g.Floats("l1ball.eps").Data {
		eps := float64(e)
		got := project(arbench.Threat{Norm: arbench.L1, Eps: eps}).Data
		exact := g.Floats(fmt.Sprintf("l1ball.exact%d", i)).Data
		delta := g.Floats(fmt.Sprintf("l1ball.delta%d", i)).Data
		for j := range exact {
			exact[j] += x0.Data[j]
			delta[j] += x0.Data[j] + y.Data[j]
		}
		near(t, fmt.Sprintf("l1 exact, eps %v", eps), got, exact, 1e-6, 0)
		near(t, fmt.Sprintf("l1 reference, eps %v", eps), got, delta, 2e-6, 0)
	}
}

// projectionCase is a random image and a candidate near it, some pixels of both on the box.
func projectionCase(norm arbench.Norm, k int) (threat arbench.Threat, x, x0 arbench.Tensor) {
	r := arbench.KeyedRand(uint64(k), "projection", string(norm))
	threat = arbench.Threat{Norm: norm, Eps: math.Pow(10, -3+4*r.Float64())}
	x, x0 = arbench.NewTensor(1, 1, 4, 5), arbench.NewTensor(1, 1, 4, 5)
	spread := math.Pow(10, -2+3*r.Float64())
	for j := range x.Data {
		x0.Data[j] = min(max(float32(1.4*r.Float64()-0.2), 0), 1)
		x.Data[j] = x0.Data[j] + float32(spread*r.NormFloat64())
	}
	return threat, x, x0
}

func TestProjectIsInsideBallAndBox(t *testing.T) {
	for _, norm := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1, arbench.L0} {
		for k := range 300 {
			threat, x, x0 := projectionCase(norm, k)
			threat.Project(x, x0)
			d := threat.Distance(x.Data, x0.Data)
			if limit := threat.Eps*(1+arbench.Tolerance) + 1e-6; d > limit || !arbench.InBox(x.Data) {
				t.Errorf("%v case %d: distance %v, in box %v", threat, k, d, arbench.InBox(x.Data))
			}
		}
	}
}

func TestProjectIsIdempotent(t *testing.T) {
	for _, norm := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1, arbench.L0} {
		for k := range 300 {
			threat, x, x0 := projectionCase(norm, k)
			threat.Project(x, x0)
			again := x.Clone()
			threat.Project(again, x0)
			for j, v := range x.Data {
				tol := 1e-6
				if norm == arbench.Linf {
					tol = 0
				}
				if math.Abs(float64(v-again.Data[j])) > tol {
					t.Fatalf("%v case %d: pixel %d moves from %v to %v", threat, k, j, v, again.Data[j])
				}
			}
		}
	}
}

func TestProjectKeepsWhatIsInside(t *testing.T) {
	for _, norm := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1, arbench.L0} {
		for k := range 300 {
			threat, x, x0 := projectionCase(norm, k)
			for j := range x.Data {
				x.Data[j] = min(max(x.Data[j], 0), 1)
			}
			threat.Eps = threat.Distance(x.Data, x0.Data) * 1.001
			want := x.Clone()
			threat.Project(x, x0)
			if diff := cmp.Diff(want, x); diff != "" {
				t.Fatalf("%v case %d (-want +got):\n%s", threat, k, diff)
			}
		}
	}
}

// TestProjectL0IsTheNearest compares with every choice of as many of eight values as may change, each moved
// to the end of the box where it is beyond.
func TestProjectL0IsTheNearest(t *testing.T) {
	for k := range 100 {
		_, x, x0 := projectionCase(arbench.L0, k)
		y, c := x.Data[:8], x0.Data[:8]
		least := math.Inf(1)
		for chosen := range 1 << 8 {
			if bits.OnesCount(uint(chosen)) > k%5 {
				continue
			}
			sum := 0.0
			for j := range y {
				at := c[j]
				if chosen>>j&1 == 1 {
					at = min(max(y[j], 0), 1)
				}
				sum += math.Pow(float64(y[j])-float64(at), 2)
			}
			least = min(least, sum)
		}
		p := slices.Clone(y)
		arbench.Threat{Norm: arbench.L0}.ProjectRow(p, c, float64(k%5))
		got := math.Pow(arbench.Threat{Norm: arbench.L2}.Distance(p, y), 2)
		if math.Abs(got-least) > 1e-6*(1+least) {
			t.Errorf("case %d: squared distance %v to %v, the nearest has %v", k, got, p, least)
		}
	}
}

func TestProjectUsesEachRowsBudget(t *testing.T) {
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 9, Each: []float64{0, 0.25, 0.5}}
	x0 := arbench.NewTensor(3, 1, 1, 1)
	x := arbench.Tensor{Shape: x0.Shape, Data: []float32{1, 1, 1}}
	threat.Project(x, x0)
	if diff := cmp.Diff([]float32{0, 0.25, 0.5}, x.Data); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]float64{0.5, 0}, threat.Gather([]int{2, 0}).Each); diff != "" {
		t.Errorf("Gather -want +got:\n%s", diff)
	}
}

// TestDual: Hölder's inequality is an equality for the change along which a plane is nearest.
func TestDual(t *testing.T) {
	w := []float32{3, -1, 2}
	for n, d := range map[arbench.Norm][]float32{
		arbench.Linf: {1, -1, 1}, arbench.L2: w, arbench.L1: {1, 0, 0},
	} {
		inner := 0.0
		for j := range w {
			inner += float64(w[j]) * float64(d[j])
		}
		if got := n.Of(d) * n.Dual().Of(w); math.Abs(got-inner) > 1e-9 {
			t.Errorf("%s: the product of the norms is %v, want %v", n, got, inner)
		}
	}
}

func TestValidateSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		threat arbench.Threat
		want   string // empty: valid
	}{
		{arbench.Threat{Norm: arbench.Linf, Eps: 8.0 / 255}, ""},
		{arbench.Threat{Norm: arbench.L2, Eps: 3}, ""},
		{arbench.Threat{Norm: arbench.L1}, ""},
		{arbench.Threat{Eps: 0.1}, "eps without norm"},
		{arbench.Threat{Norm: arbench.L0, Eps: 10}, ""},
		{arbench.Threat{Norm: arbench.L0, Eps: 0.5}, "eps 0.5 is a number of values in l0: use a whole number"},
		{arbench.Threat{Norm: "l3", Eps: 0.1}, `unknown norm "l3"`},
		{arbench.Threat{Norm: arbench.L2, Eps: -1}, "must be a number of at least 0"},
		{arbench.Threat{Norm: arbench.L2, Eps: math.NaN()}, "at least 0"},
		{arbench.Threat{Norm: arbench.Linf, Eps: math.Inf(1)}, "at least 0"},
		{arbench.Threat{Norm: arbench.Linf, Eps: 8}, `did you mean "8/255"?`},
		{arbench.Threat{Norm: arbench.Linf, Eps: 300. / 255}, "exceeds the range of a pixel, which is 1"},
		{arbench.Threat{Norm: arbench.Linf, Eps: 300}, "exceeds the range of a pixel, which is 1"},
	} {
		err := c.threat.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasSuffix(err.Error(), c.want) &&
			!strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.threat, err, c.want)
		}
	}
}

func TestFormatEpsWritesShortDecimalsAndGreyLevels(t *testing.T) {
	for eps, want := range map[float64]string{
		8.0 / 255: "8/255", 1.0 / 255: "1/255", 0.1: "0.1", 0.3: "0.3", 0: "0", 1: "1", 12: "12",
		0.2: "0.2", 1.0 / 3: "85/255", 0.123456789: "0.123457", 254.0 / 255: "254/255",
		256.0 / 255: "256/255", 2 * 192.0 / 255: "384/255", 6 * 0.2: "1.2", 3 * 0.2: "0.6", 0.123456: "0.123456",
		1.23456789e300: "1.23457e+300",
	} {
		if got := arbench.FormatEps(eps); got != want {
			t.Errorf("eps %v is written %q, want %q", eps, got, want)
		}
	}
	if got := (arbench.Threat{Norm: arbench.Linf, Eps: 8.0 / 255}).String(); got != "linf 8/255" {
		t.Errorf("threat is written %q", got)
	}
}

// The norms of (0.3, -0.4, 0): 0.4, 0.5 and 0.7.
func TestNormOfKnownVector(t *testing.T) {
	d := []float32{0.3, -0.4, 0}
	for norm, want := range map[arbench.Norm]float64{arbench.Linf: 0.4, arbench.L2: 0.5, arbench.L1: 0.7} {
		if got := norm.Of(d); math.Abs(got-want) > 1e-7 {
			t.Errorf("%s norm is %v, want %v", norm, got, want)
		}
	}
}
