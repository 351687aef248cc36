package fab

import (
	"fmt"
	"math"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
)

// digits returns the first n golden digits, the net for them in float64, and their golden runs.
func digits(t *testing.T, n int) (arbench.Batch, *golden.Net, *golden.File) {
	t.Helper()
	batch, err := golden.Examples("digits", n)
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	file, err := golden.Open("fab_mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	return batch, mlp, file
}

// perturb puts a to the examples of b and returns the candidates, their distances and the books.
func perturb(
	t *testing.T, a *Attack, m arbench.Model, b arbench.Batch, threat arbench.Threat,
) (arbench.Tensor, []float64, *arbench.Books) {
	t.Helper()
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: threat, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	d := make([]float64, x.Len())
	for i := range d {
		d[i] = threat.Distance(x.Row(i), b.X.Row(i))
	}
	return x, d, o.Books()
}

// single makes one targeted run, at the class whose clean logit has the given rank among the others
// (0 is the second of all), or, if rank is negative, the untargeted one.
func single(t *testing.T, norm arbench.Norm, steps, rank int) (arbench.Tensor, []float64) {
	t.Helper()
	batch, mlp, _ := digits(t, 16)
	a := New(0)
	a.Steps = steps
	if rank < 0 {
		x, d, _ := perturb(t, a, mlp, batch, arbench.Threat{Norm: norm})
		return x, d
	}
	threat := arbench.Threat{Norm: norm}
	o := arbench.NewOracle(mlp, arbench.Gradients, arbench.Frozen, batch, threat)
	z, err := o.Logits(t.Context(), batch.X)
	if err != nil {
		t.Fatal(err)
	}
	trial := arbench.Trial{Model: o, Batch: batch, Threat: threat}
	s := &search{Attack: a, Trial: trial, best: batch.X.Clone(), distance: make([]float64, 16)}
	var rows []int
	for i, y := range batch.Y {
		if arbench.Argmax(z.Row(i)) == y {
			s.distance[i] = math.Inf(1)
			rows = append(rows, i)
		}
	}
	if err := s.run(t.Context(), rows, target(z, batch.Y, rows, rank), 0); err != nil {
		t.Fatal(err)
	}
	return s.best, s.distance
}

// TestRunsAgreeWithReference compares each single run with testdata/golden, section 7: its candidates
// where the reference is stable, its distances everywhere.
func TestRunsAgreeWithReference(t *testing.T) {
	_, _, file := digits(t, 16)
	ranks := map[string]int{"untargeted": -1, "t2": 0, "t3": 1, "t4": 2}
	for norm, runs := range map[arbench.Norm][]string{
		arbench.Linf: {"untargeted", "t2", "t3", "t4"},
		arbench.L2:   {"untargeted", "t2", "t3", "t4"},
		arbench.L1:   {"t2"},
	} {
		for _, run := range runs {
			for _, steps := range []int{20, 100} {
				key := fmt.Sprintf("%s.%d.%s", upper[norm], steps, run)
				t.Run(key, func(t *testing.T) {
					x, distance := single(t, norm, steps, ranks[run])
					agree(t, file, key, norm, x, distance)
				})
			}
		}
	}
}

// upper are the norms as the golden vectors call them.
var upper = map[arbench.Norm]string{arbench.Linf: "Linf", arbench.L2: "L2", arbench.L1: "L1"}

func agree(t *testing.T, file *golden.File, key string, norm arbench.Norm, x arbench.Tensor, distance []float64) {
	t.Helper()
	tolerance := map[arbench.Norm]float64{arbench.Linf: 1e-5, arbench.L2: 1e-5, arbench.L1: 1e-3}[norm]
	want, stable := file.Floats(key+".x_adv"), file.Ints(key+".stable")
	norms, exact := file.Floats(key+".norm"), file.Floats(key+".norm_f64")
	for i := range x.Len() {
		if d := farthest(x.Row(i), want.Row(i)); stable[i] == 1 && d > 1e-4 {
			t.Errorf("row %d: a pixel is off by %v", i, d)
		}
		least := min(norms.Data[i], exact.Data[i])
		most := max(norms.Data[i], exact.Data[i])
		if distance[i] < float64(least)-tolerance || distance[i] > float64(most)+tolerance {
			t.Errorf("row %d: distance %v, want from %v to %v", i, distance[i], least, most)
		}
	}
}

// TestTargetsAgreeWithReference: the classes aimed at are those of the greatest clean logits.
func TestTargetsAgreeWithReference(t *testing.T) {
	batch, mlp, file := digits(t, 16)
	p, err := mlp.Run(t.Context(), arbench.Call{X: batch.X})
	if err != nil {
		t.Fatal(err)
	}
	pred := file.Ints("pred")
	var got []int
	for i, class := range pred {
		for rank := range 3 {
			l := target(p.Logits, pred, []int{i}, rank)[0].(arbench.LogitDifference)
			if l.B[0] != class {
				t.Errorf("row %d: the difference is from class %d, want %d", i, l.B[0], class)
			}
			got = append(got, l.A[0])
		}
	}
	if diff := cmp.Diff(file.Ints("target_order"), got); diff != "" {
		t.Errorf("targets -want +got:\n%s", diff)
	}
}

// TestEarlyExitAgreesWithReference: with three targets and early exit, examples within eps get the
// reference's candidate. Others it leaves clean; here they keep the nearest misclassified point.
func TestEarlyExitAgreesWithReference(t *testing.T) {
	batch, mlp, file := digits(t, 16)
	for norm, eps := range map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 0.5} {
		for _, steps := range []int{20, 100} {
			a := New(3)
			a.Steps, a.EarlyExit = steps, true
			x, distance, _ := perturb(t, a, mlp, batch, arbench.Threat{Norm: norm, Eps: eps})
			key := fmt.Sprintf("%s.%d.perturb", upper[norm], steps)
			want, norms, robust := file.Floats(key+".x_adv"), file.Floats(key+".norm"), file.Ints(key+".robust")
			for i := range x.Len() {
				within := distance[i] <= eps
				switch {
				case within != (robust[i] == 0):
					t.Errorf("%s row %d: distance %v, but robust is %d", key, i, distance[i], robust[i])
				case within && farthest(x.Row(i), want.Row(i)) > 1e-4:
					t.Errorf("%s row %d: a pixel is off by %v", key, i, farthest(x.Row(i), want.Row(i)))
				case within && math.Abs(distance[i]-float64(norms.Data[i])) > 1e-5:
					t.Errorf("%s row %d: distance %v, want %v", key, i, distance[i], norms.Data[i])
				}
			}
		}
	}
}
