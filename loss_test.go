package arbench_test

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// The losses of testdata/golden/losses.safetensors, whose values and derivatives PyTorch made in
// float64. Derivatives of the ratios at ties depend on the order of sorting, so they are compared
// only in the cases without ties; elsewhere they must be numbers.
func TestLossesEqualGolden(t *testing.T) {
	g := openGolden(t, "losses")
	smooth := map[string]bool{
		"c10.ce": true, "c10.margin": true, "c10.dlr": true, "c10.dlrt": true,
		"c4.ce": true, "c4.margin": true, "c4.dlr": true, "c4.dlrt": true,
		"c3.ce": true, "c3.margin": true, "c3.dlr": true,
		"sat.ce": true, "sat.margin": true, "tie.ce": true, "tie.margin": true,
	}
	compared := 0
	for _, c := range []string{"c10", "c4", "c3", "tie", "sat"} {
		z, y, yt := g.Floats(c+".z"), g.Ints(c+".y"), g.Ints(c+".yt")
		for name, loss := range map[string]arbench.Loss{
			"ce": arbench.CrossEntropy{Y: y}, "margin": arbench.Margin{Y: y},
			"dlr": arbench.DLR{Y: y}, "dlrt": arbench.TargetedDLR{Y: y, T: yt},
		} {
			key := c + "." + name
			if key == "c3.dlrt" { // three classes are too few
				continue
			}
			values, dz := make([]float64, z.Len()), arbench.NewTensor(z.Shape...)
			loss.Eval(z, dz, values)
			want := g.Floats(key).Data
			near(t, key, values, want, 1e-6, 1e-6)
			if smooth[key] {
				grad := g.Floats(key + ".grad").Data
				near(t, key+".grad", dz.Data, grad, 1e-6, 1e-6)
				compared++
			}
			for i, v := range dz.Data {
				if v != v {
					t.Errorf("%s: derivative %d is NaN", key, i)
				}
			}
		}
	}
	if compared != len(smooth) {
		t.Errorf("compared %d derivatives, want %d", compared, len(smooth))
	}
}

func TestDivergenceEqualsGolden(t *testing.T) {
	g := openGolden(t, "losses")
	a, b := g.Floats("kl.a"), g.Floats("kl.b")
	values, db := make([]float64, a.Len()), arbench.NewTensor(b.Shape...)
	arbench.KL{A: a}.Eval(b, db, values)
	want := g.Floats("kl.kl").Data
	wantA := g.Floats("kl.grad_a").Data
	wantB := g.Floats("kl.grad_b").Data
	for i := range a.Len() {
		tol := 1e-6
		if i == 8 || i == 10 { // saturated: PyTorch's float32 logits of 1000
			tol = 1e-3
		}
		near(t, "kl", values[i:i+1], want[i:i+1], tol, tol)
	}
	near(t, "grad_b", db.Data, wantB, 1e-6, 1e-6)
	for i := range a.Len() {
		da := make([]float32, a.Shape[1])
		v := arbench.Divergence(a.Row(i), b.Row(i), da, nil)
		if v != values[i] {
			t.Errorf("row %d: Divergence %v, KL %v", i, v, values[i])
		}
		near(t, "grad_a", da, wantA[i*len(da):(i+1)*len(da)], 1e-6, 1e-6)
	}
}

// Each loss without a golden vector against central differences in float64.
func TestLossDerivativesEqualFiniteDifferences(t *testing.T) {
	z := randomTensor(1, 6, 5)
	p := randomTensor(2, 6, 5)
	a, b := []int{0, 1, 2, 3, 4, 2}, []int{4, 3, 2, 1, 0, 0}
	for name, loss := range map[string]arbench.Loss{
		"soft cross-entropy": arbench.SoftCrossEntropy{P: p},
		"logit difference":   arbench.LogitDifference{A: a, B: b},
		"cross-entropy":      arbench.CrossEntropy{Y: a},
		"kl":                 arbench.KL{A: p},
		"function": arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {
			for i := range values {
				values[i] = float64(z.Row(i)[0]) * float64(z.Row(i)[1])
				if dz.Data != nil {
					dz.Row(i)[0], dz.Row(i)[1] = z.Row(i)[1], z.Row(i)[0]
				}
			}
		}),
	} {
		values, dz := make([]float64, z.Len()), arbench.NewTensor(z.Shape...)
		loss.Eval(z, dz, values)
		const h = 1.0 / 256 // exact in float32
		for i, v := range z.Data {
			up, down := make([]float64, z.Len()), make([]float64, z.Len())
			z.Data[i] = v + h
			loss.Eval(z, arbench.Tensor{}, up)
			z.Data[i] = v - h
			loss.Eval(z, arbench.Tensor{}, down)
			z.Data[i] = v
			row := i / z.Shape[1]
			want := (up[row] - down[row]) / (2 * h)
			if math.Abs(want-float64(dz.Data[i])) > 1e-4 {
				t.Errorf("%s: derivative %d is %v, finite difference %v", name, i, dz.Data[i], want)
			}
			for r := range up {
				if r != row && up[r] != values[r] {
					t.Errorf("%s: row %d moves the value of row %d", name, row, r)
				}
			}
		}
	}
}

func TestSoftCrossEntropyOfOneHotIsCrossEntropy(t *testing.T) {
	z, y := randomTensor(3, 4, 3), []int{0, 2, 1, 2}
	p := arbench.NewTensor(4, 3)
	for i, k := range y {
		p.Row(i)[k] = 1
	}
	hard, soft := make([]float64, 4), make([]float64, 4)
	arbench.CrossEntropy{Y: y}.Eval(z, arbench.Tensor{}, hard)
	arbench.SoftCrossEntropy{P: p}.Eval(z, arbench.Tensor{}, soft)
	near(t, "soft cross-entropy", soft, hard, 1e-12, 1e-12)
}

// The numbers of a loss at exact values: ln 2 for two equal logits, ln 3 for three.
func TestCrossEntropyOfEqualLogitsIsLogOfClasses(t *testing.T) {
	for _, k := range []int{2, 3} {
		values := make([]float64, 1)
		arbench.CrossEntropy{Y: []int{0}}.Eval(arbench.NewTensor(1, k), arbench.Tensor{}, values)
		near(t, "cross-entropy", values, []float64{math.Log(float64(k))}, 1e-15, 0)
	}
}

func TestArgmaxTakesNaNForGreatest(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		z    []float32
		want int
	}{{[]float32{1, 3, 2}, 1}, {[]float32{2, 2, 1}, 0}, {[]float32{5, nan, 9}, 1}} {
		if got := arbench.Argmax(c.z); got != c.want {
			t.Errorf("argmax of %v is %d, want %d", c.z, got, c.want)
		}
	}
}

// TestDLRIsFlatWhereTheClassIsThird: with z[y] = z₍₃₎ the loss is 1 whatever the logits, so that its
// derivative is exactly 0, for attacks step by its sign.
func TestDLRIsFlatWhereTheClassIsThird(t *testing.T) {
	for _, row := range [][]float32{{3.1, 0.7, 2.3, -4}, {0.3, 0.1, 0.2, -1e3}, {7e-5, -1.3, 6e-5, -2}} {
		z, dz := arbench.Tensor{Shape: []int{1, 4}, Data: row}, arbench.NewTensor(1, 4)
		values := make([]float64, 1)
		arbench.DLR{Y: []int{1}}.Eval(z, dz, values)
		if diff := cmp.Diff([]float32{0, 0, 0, 0}, dz.Data); diff != "" || math.Abs(values[0]-1) > 1e-7 {
			t.Errorf("logits %v: loss %v, derivative (-want +got):\n%s", row, values[0], diff)
		}
	}
}
