package trades

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/internal/golden"
	"github.com/arbench/arbench/regularizers/regularizertest"
	"github.com/google/go-cmp/cmp"
)

func training(norm arbench.Norm, eps float64) *Regularizer {
	r := New()
	r.Norm, r.Eps = norm, eps
	return r
}

func TestKeepsRules(t *testing.T) {
	for norm, eps := range map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 0.5, arbench.L1: 1} {
		t.Run(string(norm), func(t *testing.T) {
			regularizertest.Run(t,
				func() arbench.Regularizer { return training(norm, eps) },
				func() arbench.Regularizer {
					r := training(norm, eps)
					r.Beta = 0
					return r
				})
		})
	}
}

func TestEpsZeroIsPlainTraining(t *testing.T) {
	regularizertest.Run(t,
		func() arbench.Regularizer { return training(arbench.Linf, 0.1) },
		func() arbench.Regularizer { return training(arbench.Linf, 0) })
}

// TestLossAgreesWithReference compares values and derivatives with PyTorch's (testdata/golden,
// section 3, kl): with β = 2 and class 0, of the logits a, then b. Rows 8 and 10 are good to 1e-3.
func TestLossAgreesWithReference(t *testing.T) {
	file, err := golden.Open("losses")
	if err != nil {
		t.Fatal(err)
	}
	a, b := file.Floats("kl.a"), file.Floats("kl.b")
	kl, ga, gb := file.Floats("kl.kl"), file.Floats("kl.grad_a"), file.Floats("kl.grad_b")
	n, classes := a.Len(), a.Shape[1]
	y := make([]int, n)
	ce, dce := make([]float64, n), arbench.NewTensor(n, classes)
	arbench.CrossEntropy{Y: y}.Eval(a, dce, ce)

	values, dz := make([]float64, 2*n), arbench.NewTensor(2*n, classes)
	loss{Y: y, Beta: 2}.Eval(arbench.JoinRows(a, b), dz, values)
	near := func(name string, i int, got, want float64) {
		t.Helper()
		tolerance := 2e-6 * (1 + math.Abs(want))
		if i == 8 || i == 10 {
			tolerance = 1e-3 * (1 + math.Abs(want))
		}
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s of row %d is %v, want %v", name, i, got, want)
		}
	}
	for i := range n {
		near("cross-entropy", i, values[i], ce[i])
		near("divergence", i, values[n+i], 2*float64(kl.Data[i]))
		for k := range classes {
			near("derivative in a", i, float64(dz.Row(i)[k]), float64(dce.Row(i)[k]+2*ga.Row(i)[k]))
			near("derivative in b", i, float64(dz.Row(n + i)[k]), 2*float64(gb.Row(i)[k]))
		}
	}
	only := make([]float64, 2*n)
	loss{Y: y, Beta: 2}.Eval(arbench.JoinRows(a, b), arbench.Tensor{}, only)
	if diff := cmp.Diff(values, only); diff != "" {
		t.Errorf("values without a derivative: -want +got:\n%s", diff)
	}
}

// TestSearchAgreesWithReference climbs from the reference's start (testdata/golden, section 6): only
// the divergence at the end can be compared, since the first gradients are nearly zero.
func TestSearchAgreesWithReference(t *testing.T) {
	for net, data := range map[string]string{"mlp_digits": "digits", "cnn_fashion": "fashion"} {
		t.Run(net, func(t *testing.T) { searchAgrees(t, net, data) })
	}
}

func searchAgrees(t *testing.T, net, data string) {
	t.Helper()
	model, err := golden.OpenNet(net)
	if err != nil {
		t.Fatal(err)
	}
	file, err := golden.Open("attacks_" + net)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := golden.Examples(data, 16)
	if err != nil {
		t.Fatal(err)
	}
	start := batch.X.Clone()
	for i, v := range file.Floats("trades_noise").Data {
		start.Data[i] += 0.001 * v
	}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	oracle := arbench.NewOracle(model, arbench.Gradients, arbench.Frozen, batch, threat)
	trial := arbench.Trial{Model: oracle, Batch: batch, Threat: threat}
	x, err := (&search{steps: 10, relStep: 0.25}).from(t.Context(), trial, start)
	if err != nil {
		t.Fatal(err)
	}
	z, err := oracle.Logits(t.Context(), batch.X)
	if err != nil {
		t.Fatal(err)
	}
	end, err := oracle.Logits(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	want, stable := file.Floats("trades_kl"), file.Ints("trades.stable")
	for i := range batch.Len() {
		got := arbench.Divergence(z.Row(i), end.Row(i), nil, nil)
		if w := float64(want.Data[i]); stable[i] == 1 && math.Abs(got-w) > 1e-3*(1+w) {
			t.Errorf("row %d ends at divergence %v, want %v", i, got, w)
		}
	}
}

// recorder keeps the calls of a model.
type recorder struct {
	arbench.Trainable
	calls []arbench.Call
}

func (r *recorder) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	p, err := r.Trainable.Run(ctx, c)
	c.X = c.X.Clone() // the search goes on in the same memory
	r.calls = append(r.calls, c)
	return p, err
}

// TestStep: the search makes one pass forward for the clean answers and ten forward and backward,
// all with running statistics; it leaves both halves for one pass of 2n rows in two groups.
func TestStep(t *testing.T) {
	net := &arbench.Network{Input: []int{1, 2, 2}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	model, err := (&linear.Backend{}).Open(t.Context(), arbench.ModelSpec{Network: net, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{Trainable: model.(arbench.Trainable)}
	b := arbench.Batch{X: arbench.NewTensor(2, 1, 2, 2), Y: []int{2, 1}, ID: []int{8, 9}}
	for i := range b.X.Data {
		b.X.Data[i] = 0.5
	}
	s := &arbench.Step{Model: rec, Batch: b}
	if err := training(arbench.Linf, 0.1).Prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if want := (arbench.Passes{Forward: 22, Backward: 20}); s.Passes != want {
		t.Errorf("the search made %+v, want %+v", s.Passes, want)
	}
	for i, c := range rec.calls {
		if c.Mode != arbench.Frozen {
			t.Errorf("pass %d of the search has mode %v, want Frozen", i, c.Mode)
		}
	}
	start := rec.calls[1].X // 8 pixels, moved by 0.001·N(0, 1)
	if d := (arbench.Threat{Norm: arbench.L2}).Distance(start.Data, b.X.Data); d < 0.001 || d > 0.006 {
		t.Errorf("the search starts at distance %v, want about 0.001·√8", d)
	}
	want := arbench.Step{
		Batch:  arbench.Batch{Y: []int{2, 1, 2, 1}, ID: []int{8, 9, 8, 9}},
		Loss:   loss{Y: []int{2, 1}, Beta: 6},
		Weight: []float32{.5, .5, .5, .5},
		Groups: []int{2, 2},
	}
	got := arbench.Step{Batch: s.Batch, Loss: s.Loss, Weight: s.Weight, Groups: s.Groups}
	got.X = arbench.Tensor{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("step -want +got:\n%s", diff)
	}
	_, err = s.Run(t.Context(), arbench.Call{
		X: s.X, Losses: []arbench.Loss{s.Loss}, Weight: s.Weight, Groups: s.Groups, Want: arbench.DParams,
	})
	if want := (arbench.Passes{Forward: 22 + 4, Backward: 20 + 4}); err != nil || s.Passes != want {
		t.Errorf("with the outer pass %+v, want %+v (error %v)", s.Passes, want, err)
	}
	if !slices.Equal(s.X.Rows(0, 2).Data, b.X.Data) {
		t.Error("the first half is not the images")
	}
	for i := range 2 {
		if d := (arbench.Threat{Norm: arbench.Linf}).Distance(s.X.Row(2+i), b.X.Row(i)); math.Abs(d-0.1) > 1e-6 {
			t.Errorf("neighbour %d has distance %v, want 0.1", i, d)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Regularizer){
		`norm "": want "linf", "l2" or "l1"`:   func(r *Regularizer) { r.Norm = "" },
		`norm "l0": want "linf", "l2" or "l1"`: func(r *Regularizer) { r.Norm, r.Eps = arbench.L0, 4 },
		"eps 0 leaves the":                     func(r *Regularizer) { r.Eps = 0 },
		"beta -1 must not":                     func(r *Regularizer) { r.Beta = -1 },
		"steps 0 must be":                      func(r *Regularizer) { r.Steps = 0 },
		"rel_step 0 must be":                   func(r *Regularizer) { r.RelStep = 0 },
		"eps -0.1 must be a n":                 func(r *Regularizer) { r.Eps = -0.1 },
	} {
		r := training(arbench.Linf, 0.1)
		change(r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want %q", err, want)
		}
	}
}
