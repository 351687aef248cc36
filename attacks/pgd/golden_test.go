package pgd_test

import (
	"context"
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/fgsm"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/internal/golden"
)

// recorder keeps the values of the loss of every pass.
type recorder struct {
	arbench.Model
	values [][]float64
}

func (r *recorder) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	p, err := r.Model.Run(ctx, c)
	if err == nil && len(p.Values) > 0 {
		r.values = append(r.values, p.Values[0])
	}
	return p, err
}

// TestAgreesWithReference compares with torchattacks' FGSM, PGD and PGD-L2 (testdata/golden,
// section 6): candidates where the reference is stable, losses of every row before each step and at the end.
func TestAgreesWithReference(t *testing.T) {
	// Losses of pgd_l2 are good to 1e-4, since the reference divides by the norm of the gradient of
	// the batch's mean loss plus 1e-10, 1/16 of what is divided by here.
	linf := &pgd.Attack{Steps: 10, RelStep: 0.25, Restarts: 1, Loss: "ce"}
	for _, net := range nets(t) {
		for _, tt := range []struct {
			name   string
			attack arbench.Attack
			threat arbench.Threat
			loss   float64
		}{
			{"fgsm", &fgsm.Attack{RelStep: 1, Loss: "ce"}, arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, 1e-5},
			{"pgd_linf", linf, arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, 1e-5},
			{"pgd_l2", linf, arbench.Threat{Norm: arbench.L2, Eps: net.l2}, 1e-4},
		} {
			t.Run(net.name+"/"+tt.name, func(t *testing.T) {
				agree(t, net, tt.name, tt.attack, tt.threat, tt.loss)
			})
		}
	}
}

type net struct {
	name  string
	data  string
	model arbench.Model
	l2    float64 // eps of pgd_l2
}

func nets(t *testing.T) []net {
	t.Helper()
	all := []net{{name: "mlp_digits", data: "digits", l2: 0.5}, {name: "cnn_fashion", data: "fashion", l2: 1.5}}
	for i := range all {
		m, err := golden.OpenNet(all[i].name)
		if err != nil {
			t.Fatal(err)
		}
		all[i].model = m
	}
	return all
}

func agree(t *testing.T, n net, name string, a arbench.Attack, threat arbench.Threat, tolerance float64) {
	t.Helper()
	file, err := golden.Open("attacks_" + n.name)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := golden.Examples(n.data, 16)
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{Model: n.model}
	oracle := arbench.NewOracle(rec, arbench.Gradients, arbench.Frozen, batch, threat)
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: batch, Threat: threat})
	if err != nil {
		t.Fatal(err)
	}
	want, stable := file.Floats(name), file.Ints(name+".stable")
	for i := range x.Len() {
		if stable[i] == 0 {
			continue
		}
		if d := distance(x.Row(i), want.Row(i)); d > 1e-5 {
			t.Errorf("row %d: a pixel is off by %v", i, d)
		}
	}
	if name == "fgsm" {
		return // no losses are stored
	}
	end, err := oracle.Gradient(t.Context(), x, arbench.CrossEntropy{Y: batch.Y})
	if err != nil {
		t.Fatal(err)
	}
	losses := file.Floats(name + "_loss")
	if len(rec.values) != losses.Len() || len(end.Values) != 1 {
		t.Fatalf("%d passes, want %d", len(rec.values), losses.Len())
	}
	for k, values := range rec.values {
		for i, v := range values {
			want := float64(losses.Row(k)[i])
			if math.Abs(v-want) > tolerance*(1+want) {
				t.Errorf("row %d: loss %v before step %d, want %v", i, v, k, want)
			}
		}
	}
}

func distance(x, y []float32) float64 {
	return arbench.Threat{Norm: arbench.Linf}.Distance(x, y)
}
