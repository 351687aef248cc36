package attacktest

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

// Distances puts an attack that looks for the smallest change to the first 16 golden examples of data,
// "digits" or "fashion", on the trained net of that name, "mlp_digits" or "cnn_fashion". It returns the
// distances of the candidates that the net gets wrong, +Inf of the others, and the books.
func Distances(t *testing.T, a arbench.Attack, norm arbench.Norm, net, data string) ([]float64, *arbench.Books) {
	t.Helper()
	batch, m := opened(t, net, data)
	x, books := smallest(t, a, norm, m, batch)
	p, err := m.Run(t.Context(), arbench.Call{X: x})
	if err != nil {
		t.Fatal(err)
	}
	d := make([]float64, x.Len())
	for i := range d {
		d[i] = math.Inf(1)
		if arbench.Argmax(p.Logits.Row(i)) != batch.Y[i] {
			d[i] = arbench.Threat{Norm: norm}.Distance(x.Row(i), batch.X.Row(i))
		}
	}
	return d, books
}

// RowsAlone holds an attack in L2 that looks for the smallest change to this: the candidate of an image is that
// of the image alone, in a batch that is large enough for several goroutines too.
func RowsAlone(t *testing.T, a arbench.Attack) {
	t.Helper()
	batch, m := opened(t, "mlp_digits", "digits")
	var rows []int
	for i := range 600 { // of 64 pixels
		rows = append(rows, (i*i+i/2)%16)
	}
	x, _ := smallest(t, a, arbench.L2, m, batch.Gather(rows))
	moved := 0
	for i := range 16 {
		alone, _ := smallest(t, a, arbench.L2, m, batch.Gather([]int{i}))
		if !slices.Equal(alone.Data, batch.X.Row(i)) {
			moved++
		}
		for k, r := range rows {
			if r == i && !slices.Equal(alone.Data, x.Row(k)) {
				t.Fatalf("row %d of the batch, which is image %d, has another candidate alone", k, i)
			}
		}
	}
	if moved < 8 {
		t.Errorf("%d of 16 images have a candidate: the test needs more", moved)
	}
}

// NotFarFrom holds the distances that an attack of 100 steps finds on the golden digits, 15 of which are
// classified correctly, to those of FAB-T: none is more than most times that, and at least so many are within
// 2 %. The misclassified image, row 7, stays and costs one step of a pass each way, any other all of them.
func NotFarFrom(t *testing.T, fab, a arbench.Attack, norm arbench.Norm, most float64, within int) {
	t.Helper()
	got, books := Distances(t, a, norm, "mlp_digits", "digits")
	want, _ := Distances(t, fab, norm, "mlp_digits", "digits")
	near := 0
	for i := range got {
		if !(got[i] <= most*want[i]) {
			t.Errorf("%s row %d: distance %v, FAB-T's is %v", norm, i, got[i], want[i])
		}
		passes := 100
		if i == 7 {
			passes = 1
		} else if got[i] <= 1.02*want[i] {
			near++
		}
		if books.Forward[i] != passes || books.Backward[i] != passes {
			t.Errorf("%s row %d: %d passes forward and %d backward, want %d",
				norm, i, books.Forward[i], books.Backward[i], passes)
		}
	}
	if near < within {
		t.Errorf("%s: %d of 15 distances are within 2 %% of FAB-T's, want %d", norm, near, within)
	}
}

func opened(t *testing.T, net, data string) (arbench.Batch, arbench.Model) {
	t.Helper()
	batch, err := golden.Examples(data, 16)
	if err != nil {
		t.Fatal(err)
	}
	m, err := golden.OpenNet(net)
	if err != nil {
		t.Fatal(err)
	}
	return batch, m
}

// smallest returns the candidates of an attack that no eps holds, and the books.
func smallest(
	t *testing.T, a arbench.Attack, norm arbench.Norm, m arbench.Model, b arbench.Batch,
) (arbench.Tensor, *arbench.Books) {
	t.Helper()
	threat := arbench.Threat{Norm: norm, Eps: math.Inf(1)}
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: threat})
	if err != nil {
		t.Fatal(err)
	}
	return x, o.Books()
}
