package trust

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// A formula is a model of two classes whose margin for class 0 is f of the 8 pixels, with the derivative
// that df says.
type formula struct {
	f     func(x []float32, pass int, row, rows int) float64
	df    func(x []float32) []float32
	calls int
}

func (m *formula) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: []int{1, 2, 4}, Classes: 2, Access: arbench.Gradients}
}

func (m *formula) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	m.calls++
	n := c.X.Len()
	p := arbench.Pass{Logits: arbench.NewTensor(n, 2), Values: make([][]float64, len(c.Losses))}
	for i := range n {
		p.Logits.Row(i)[0] = float32(m.f(c.X.Row(i), m.calls, i, n))
	}
	for k, loss := range c.Losses {
		d := arbench.NewTensor(n, 2)
		p.Values[k] = make([]float64, n)
		loss.Eval(p.Logits, d, p.Values[k])
		if c.Want&arbench.DX != 0 {
			dx := arbench.NewTensor(c.X.Shape...)
			for i := range n {
				for j, g := range m.df(c.X.Row(i)) {
					dx.Row(i)[j] = d.Row(i)[0] * g
				}
			}
			p.DX = append(p.DX, dx)
		}
	}
	return p, nil
}

// images are 40 of class 0, each of one grey value between 0.2 and 0.8.
type images struct{}

func (images) Len() int { return 40 }
func (images) Read(i int, x []float32) int {
	for j := range x {
		x[j] = 0.2 + 0.6*float32(i)/39
	}
	return 0
}

func sum(x []float32) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v)
	}
	return s
}

// rounded returns x with factors of so many bits, ties to even.
func rounded(x []float32, bits int) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		fraction, exponent := math.Frexp(float64(v))
		out[i] = float32(math.Ldexp(math.RoundToEven(math.Ldexp(fraction, bits)), exponent-bits))
	}
	return out
}

func constant(v float32) func([]float32) []float32 {
	return func(x []float32) []float32 {
		g := make([]float32, len(x))
		for i := range g {
			g[i] = v
		}
		return g
	}
}

// TestProbeTellsHonestModelsFromMaskedOnes gives formulas whose derivatives, steps and randomness are
// known: the margin is the logit of class 0.
func TestProbeTellsHonestModelsFromMaskedOnes(t *testing.T) {
	honest := func(x []float32, _, _, _ int) float64 { return 1 + sum(x) }
	for _, tt := range []struct {
		name string
		m    *formula
		want map[string]float64
	}{
		{"honest", &formula{f: honest, df: constant(1)}, map[string]float64{
			zeroCE: 0, zeroMargin: 0, wrongSlope: 0, passesDiffer: 0, batchesDiffer: 0}},
		{"three quarters of the derivative are missing", &formula{f: honest, df: constant(0.25)}, map[string]float64{
			zeroCE: 0, zeroMargin: 0, wrongSlope: 100, passesDiffer: 0, batchesDiffer: 0}},
		{"a derivative of 0", &formula{f: honest, df: constant(0)}, map[string]float64{
			zeroCE: 100, zeroMargin: 100, wrongSlope: 100, passesDiffer: 0, batchesDiffer: 0}},
		{"a derivative of NaN", &formula{f: honest, df: constant(float32(math.NaN()))}, map[string]float64{
			zeroCE: 100, zeroMargin: 100, wrongSlope: 100, passesDiffer: 0, batchesDiffer: 0}},
		{"an infinite derivative", &formula{f: honest, df: constant(float32(math.Inf(1)))}, map[string]float64{
			zeroCE: 100, zeroMargin: 100, wrongSlope: 100, passesDiffer: 0, batchesDiffer: 0}},
		{"logits × 1000: the exponential of ce underflows", &formula{
			f: func(x []float32, _, _, _ int) float64 { return 1000 + 1000*sum(x) }, df: constant(1000),
		}, map[string]float64{zeroCE: 100, zeroMargin: 0, wrongSlope: 0, passesDiffer: 0, batchesDiffer: 0}},
		{"another answer in each pass", &formula{
			f:  func(x []float32, pass, _, _ int) float64 { return 1 + sum(x) + 0.01*float64(pass) },
			df: constant(1),
		}, map[string]float64{zeroCE: 0, zeroMargin: 0, wrongSlope: 100, passesDiffer: 100, batchesDiffer: 100}},
		{"another answer for other rows", &formula{
			f: func(x []float32, _, _, rows int) float64 { return 1 + sum(x) + 0.01*float64(rows) }, df: constant(1),
		}, map[string]float64{zeroCE: 0, zeroMargin: 0, wrongSlope: 0, passesDiffer: 0, batchesDiffer: 100}},
		// above 0.5 numbers of 8 bits are 2⁻⁸ apart, so that half of the differences over 1/500 are 0
		{"factors of 8 bits", &formula{
			f: func(x []float32, _, _, _ int) float64 { return 1 + sum(rounded(x, 8)) }, df: constant(1),
		}, map[string]float64{zeroCE: 0, zeroMargin: 0, wrongSlope: 30, passesDiffer: 0, batchesDiffer: 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]float64{}
			for _, q := range probeOf(t, tt.m) {
				if q.Name != marginMoves {
					got[q.Name] = q.Value
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func probeOf(t *testing.T, m arbench.Model) []arbench.Quantity {
	t.Helper()
	ids := make([]int, 40)
	for i := range ids {
		ids[i] = i
	}
	p := &Probe{Norm: arbench.Linf, Eps: 0.1, Directions: 8}
	qs, err := p.Probe(context.Background(), arbench.Subject{
		Model: m, Split: arbench.Test, Shape: []int{1, 2, 4}, Data: images{}, IDs: ids, Batch: 32,
	})
	if err != nil {
		t.Fatal(err)
	}
	return qs
}

// moves returns the relative change of the margin.
func moves(t *testing.T, f func(x []float32, _, _, _ int) float64) arbench.Quantity {
	t.Helper()
	for _, q := range probeOf(t, &formula{f: f, df: constant(1)}) {
		if q.Name == marginMoves {
			return q
		}
	}
	t.Fatal("no change of the margin")
	return arbench.Quantity{}
}

// Where the margin is a constant it does not move. A margin of the sign of the first pixel's third
// decimal is 1 or -1 at random, so that half of the random changes move it by 2, which counts as 1.
func TestSurfaceOfConstantsAndOfSteps(t *testing.T) {
	unless := func(x []float32, _, _, _ int) float64 {
		if x[0] != x[1] { // the images themselves are grey
			return math.NaN()
		}
		return 1
	}
	if q := moves(t, unless); q.Value != 1 {
		t.Errorf("of NaN: %+v", q)
	}
	if q := moves(t, func([]float32, int, int, int) float64 { return 1 }); q.Value != 0 || q.N != 40 {
		t.Errorf("of a constant: %+v", q)
	}
	q := moves(t, func(x []float32, _, _, _ int) float64 { return float64(2*(int(x[0]*1000)%2) - 1) })
	if q.Lo > 0.5 || q.Hi < 0.5 || q.Hi-q.Lo > 0.2 {
		t.Errorf("of steps: %+v, want 0.5", q)
	}
}

// TestChangeInL0IsOfHalfTheValues: within 4 of 8 values, 2 are moved to any place in the box, others in
// other directions.
func TestChangeInL0IsOfHalfTheValues(t *testing.T) {
	v := &view{Probe: &Probe{Norm: arbench.L0, Eps: 4}, Subject: arbench.Subject{Split: arbench.Test}}
	b := arbench.ReadBatch(images{}, []int{1, 2, 4}, []int{0, 39})
	moved, far := map[int]bool{}, 0.0
	for k := range 50 {
		for i := range b.Len() {
			d := make([]float32, 8)
			v.change(b, i, k, d)
			if arbench.L0.Of(d) != 2 {
				t.Fatalf("%v, want 2 values moved", d)
			}
			for j, c := range d {
				if x := b.X.Row(i)[j] + c; x < 0 || x > 1 {
					t.Fatalf("%v leaves the box", d)
				}
				if c != 0 {
					moved[j] = true
				}
				far = max(far, float64(c))
			}
		}
	}
	if len(moved) != 8 || far < 0.7 || far > 0.8 {
		t.Errorf("values %v moved, by %v at most; want all, by at most 0.8", moved, far)
	}
}
