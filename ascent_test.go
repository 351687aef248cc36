package arbench_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// By hand: up by 0.1, down by 0.1, stay; then into 0.5 ± 0.05 and into the box.
func TestSignStepMovesAndProjects(t *testing.T) {
	x := []float32{0.5, 0.5, 0.5, 0.52, 0.98, 0.01, 0.5}
	x0 := []float32{0.5, 0.5, 0.5, 0.5, 0.98, 0.01, 0.5}
	g := []float32{3, -1e-30, 0, 1, 2, -2, float32(math.NaN())}
	want := []float32{0.55, 0.45, 0.5, 0.55, 1, 0, 0.5}
	arbench.SignStep(x, x0, g, 0.1, 0.05)
	for j := range want {
		if math.Abs(float64(x[j]-want[j])) > 1e-7 {
			t.Errorf("value %d is %v, want %v", j, x[j], want[j])
		}
	}
	again := append([]float32(nil), x...)
	arbench.Threat{Norm: arbench.Linf, Eps: 0.05}.ProjectRow(again, x0, 0.05)
	if d := cmp.Diff(x, again); d != "" {
		t.Errorf("a projection moves what a step left: -step +projected\n%s", d)
	}
}

// climber makes ascents that move nothing, and finds every row misclassified at once.
type climber struct{ arbench.Model }

func (climber) Ascend(_ context.Context, a arbench.Ascent) ([]int, bool, error) {
	first := make([]int, a.X.Len())
	for i := range first {
		first[i] = 1
	}
	return first, true, nil
}

func TestOracleBooksAscents(t *testing.T) {
	m := openLinear(t, 3, 1)
	b := labelled(t, m, 1, 4)
	a := arbench.Ascent{X0: b.X, X: b.X.Rows(0, 2), Y: b.Y[:2], Steps: 5}
	o := arbench.NewOracle(climber{m}, arbench.Gradients, arbench.Frozen, b, linf)
	if _, err := o.Logits(context.Background(), b.X); err != nil {
		t.Fatal(err)
	}
	if ok, err := o.Ascend(context.Background(), a, 1, 3); !ok || err != nil {
		t.Fatalf("got %v, %v", ok, err)
	}
	want := &arbench.Books{
		Forward: []int{1, 6, 1, 6}, Backward: []int{0, 5, 0, 5}, First: []int{0, 2, 0, 2},
	}
	if d := cmp.Diff(want, o.Books()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for name, o := range map[string]*arbench.Oracle{
		"a model that cannot":       arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, linf),
		"an attack without access":  arbench.NewOracle(climber{m}, arbench.Scores, arbench.Frozen, b, linf),
		"an average of many passes": o.Averaged(2),
	} {
		if ok, err := o.Ascend(context.Background(), a, 1, 3); ok || err != nil {
			t.Errorf("%s: got %v, %v; want false and no error", name, ok, err)
		}
	}
}
