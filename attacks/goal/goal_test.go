package goal_test

import (
	"context"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// identity has the pixels of an image as its logits.
type identity struct{ classes int }

func (m identity) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Classes: m.classes, Access: arbench.Gradients}
}

func (m identity) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	z := c.X.Clone()
	z.Shape = []int{c.X.Len(), m.classes}
	return arbench.Pass{Logits: z}, nil
}

func trial(classes int, x []float32, y ...int) arbench.Trial {
	b := arbench.Batch{X: arbench.Tensor{Shape: []int{len(y), 1, 1, classes}, Data: x}, Y: y, ID: y}
	t := arbench.Threat{Norm: arbench.Linf, Eps: 1}
	oracle := arbench.NewOracle(identity{classes}, arbench.Gradients, arbench.Frozen, b, t)
	return arbench.Trial{Model: oracle, Batch: b, Threat: t}
}

// TestAimsAt: row 0 is classified as its class 3, row 1 is of class 0 but classified as 1.
func TestAimsAt(t *testing.T) {
	tr := trial(4, []float32{.1, .7, .2, .9, .3, .9, .2, .4}, 3, 0)
	for target, want := range map[string][]int{"second": {1, 1}, "least-likely": {0, 2}} {
		f, err := goal.New(t.Context(), tr, "margin", target, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := f([]int{0, 1})
		if diff := cmp.Diff(arbench.LogitDifference{A: want, B: []int{3, 0}}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", target, diff)
		}
	}
}

// TestAllAimsAtEveryClass: row 0 is classified as its class 3, row 1 is of class 0 but classified as 1.
func TestAllAimsAtEveryClass(t *testing.T) {
	tr := trial(4, []float32{.1, .7, .2, .9, .3, .9, .2, .4}, 3, 0)
	goals, err := goal.All(t.Context(), tr, "margin")
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int
	for _, f := range goals {
		got = append(got, f([]int{0, 1}).(arbench.LogitDifference).A)
	}
	if diff := cmp.Diff([][]int{{1, 1}, {2, 3}, {0, 2}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if passes := tr.Model.Books().Forward[0]; passes != 1 {
		t.Errorf("%d passes, want 1", passes)
	}
	if _, err := goal.All(t.Context(), trial(3, make([]float32, 3), 0), "dlr-targeted"); err == nil {
		t.Error("the targeted DLR of three classes is not refused")
	}
}

// TestRandomTargetIsEveryOtherClass draws 300 targets for class 1 of 3: each other class comes up in
// about half of them, the class itself in none.
func TestRandomTargetIsEveryOtherClass(t *testing.T) {
	tr := trial(3, []float32{.1, .7, .2}, 1)
	count := make([]int, 3)
	for restart := range 300 {
		f, err := goal.New(t.Context(), tr, "margin", "random", restart)
		if err != nil {
			t.Fatal(err)
		}
		count[f([]int{0}).(arbench.LogitDifference).A[0]]++
	}
	if count[1] != 0 || count[0] < 100 || count[2] < 100 {
		t.Errorf("targets drawn %v times, want about 150, 0, 150", count)
	}
	if tr.Model.Books().Forward[0] != 0 {
		t.Error("a random target cost a pass")
	}
}

// TestLossOfRows: the loss of rows 1 and 0 has their classes in that order, and values and
// derivatives of the targeted cross-entropy are minus those of the cross-entropy of the target.
func TestLossOfRows(t *testing.T) {
	tr := trial(4, []float32{.1, .7, .2, .9, .3, .9, .2, .4}, 3, 0)
	f, err := goal.New(t.Context(), tr, "ce", "second", 0)
	if err != nil {
		t.Fatal(err)
	}
	z := arbench.Tensor{Shape: []int{2, 4}, Data: []float32{1, 2, 3, 4, 0, 3, 1, 1}}
	got, want := arbench.NewTensor(2, 4), arbench.NewTensor(2, 4)
	values, minus := make([]float64, 2), make([]float64, 2)
	f([]int{1, 0}).Eval(z, got, values)
	arbench.CrossEntropy{Y: []int{1, 1}}.Eval(z, want, minus)
	for i := range want.Data {
		want.Data[i] = -want.Data[i]
	}
	for i := range minus {
		minus[i] = -minus[i]
	}
	if diff := cmp.Diff(minus, values); diff != "" {
		t.Errorf("values: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want.Data, got.Data, cmpopts.EquateApprox(0, 0)); diff != "" {
		t.Errorf("derivatives: -want +got:\n%s", diff)
	}
	f, err = goal.New(t.Context(), tr, "dlr-targeted", "second", 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(arbench.TargetedDLR{Y: []int{0, 3}, T: []int{1, 1}}, f([]int{1, 0})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRefusesTooFewClasses(t *testing.T) {
	for loss, classes := range map[string]int{"dlr": 2, "dlr-targeted": 3} {
		_, err := goal.New(t.Context(), trial(classes, make([]float32, classes), 0), loss, "", 0)
		if err == nil || !strings.Contains(err.Error(), "classes, the model has") {
			t.Errorf("%s with %d classes: error %v", loss, classes, err)
		}
	}
}
