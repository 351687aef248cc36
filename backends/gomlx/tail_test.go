//go:build gomlx

package gomlx

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// lossesOf returns every loss of the vocabulary for the cases of testdata/golden, section 3.
func lossesOf(z arbench.Tensor, y, target []int) map[string]arbench.Loss {
	p, other := arbench.NewTensor(z.Shape...), arbench.NewTensor(z.Shape...)
	for i := range z.Len() {
		p.Row(i)[y[i]], p.Row(i)[target[i]] = 0.75, 0.5
		for k := range other.Row(i) {
			other.Row(i)[k] = z.Row(i)[(k+1)%z.Shape[1]] / 2
		}
	}
	ls := map[string]arbench.Loss{
		"ce": arbench.CrossEntropy{Y: y}, "soft ce": arbench.SoftCrossEntropy{P: p}, "kl": arbench.KL{A: other},
		"margin": arbench.Margin{Y: y}, "dlr": arbench.DLR{Y: y}, "difference": arbench.LogitDifference{A: y, B: target},
	}
	if z.Shape[1] >= 4 {
		ls["dlrt"] = arbench.TargetedDLR{Y: y, T: target}
	}
	return ls
}

// The derivative by the logits that a graph computes is the one that Eval gives, at ties and in saturation
// too. Section 3 of testdata/golden has the logits; the root package holds Eval to its values.
func TestGradientByLogitsIsThatOfEval(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		f := file(t, "losses")
		for _, name := range []string{"c10", "c4", "c3", "tie", "sat"} {
			z, y := f.Floats(name+".z"), f.Ints(name+".y")
			target := make([]int, len(y))
			for i := range y {
				target[i] = (y[i] + 1) % z.Shape[1]
			}
			for loss, l := range lossesOf(z, y, target) {
				a := aimOf(l, z.Shape[1])
				if a.fill == nil {
					t.Fatalf("%s has no tail", loss)
				}
				t.Run(name+" "+loss, func(t *testing.T) { compareTail(t, b, a, z) })
			}
		}
	})
}

// Where two answers are sure of one class, what is left of both decides the signs of the derivative.
func TestGradientBetweenConfidentAnswers(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		for _, gap := range []float32{2, 8, 12, 18, 25} {
			z := arbench.Tensor{Shape: []int{1, 3}, Data: []float32{gap, 0.3, 0}}
			other := arbench.Tensor{Shape: []int{1, 3}, Data: []float32{gap + 1, 0, 0}}
			p := arbench.NewTensor(1, 3)
			q := make([]float64, 3)
			arbench.Softmax(other.Data, q)
			for k, v := range q {
				p.Data[k] = float32(v)
			}
			for name, l := range map[string]arbench.Loss{"kl": arbench.KL{A: other}, "soft ce": arbench.SoftCrossEntropy{P: p}} {
				a := aimOf(l, 3)
				want := arbench.NewTensor(1, 3)
				a.loss.Eval(z, want, make([]float64, 1))
				got := tailOf(t, b, a, z)
				for k, v := range want.Data {
					if d := math.Abs(float64(got.Data[k] - v)); d > 1e-5*math.Abs(float64(v)) {
						t.Errorf("%s, logits %v: derivative %v, want %v", name, z.Data, got.Data, want.Data)
						break
					}
				}
			}
		}
	})
}

func compareTail(t *testing.T, b *Backend, a aim, z arbench.Tensor) {
	want, values := arbench.NewTensor(z.Shape...), make([]float64, z.Len())
	a.loss.Eval(z, want, values)
	got := tailOf(t, b, a, z)
	for i := range z.Len() {
		near(t, "row", want.Row(i), got.Row(i), 2e-6)
	}
}

// tailOf returns the derivative by the logits z that a graph computes.
func tailOf(t *testing.T, b *Backend, a aim, z arbench.Tensor) arbench.Tensor {
	e, err := engineOf(b.platform(), b.mode())
	if err != nil {
		t.Fatal(err)
	}
	p, err := compile(e, "tail", func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{a.gradient(graph.Parameter(g, "z", float(z.Shape...)), graph.Parameter(g, "t", float(z.Shape...)))}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.drop()
	target := make([]float32, len(z.Data))
	a.fill(target, 0, z.Len())
	var in []compute.Buffer
	for _, data := range [][]float32{z.Data, target} {
		u, err := upload(e, data, z.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, u)
	}
	out, err := p.run(borrowed(in...))
	if err != nil {
		t.Fatal(err)
	}
	got := arbench.NewTensor(z.Shape...)
	if err := download(e, out[0], got.Data); err != nil {
		t.Fatal(err)
	}
	free(append(in, out...)...)
	return got
}

// A row is misclassified on the device where its greatest logit, the first of several, is of another class.
func TestWrongIsThatOfArgmax(t *testing.T) {
	logits := []float32{3, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2, 2, -1, 0, -2, -5, -5, -4}
	rows := len(logits) / 3
	z, y, want := arbench.NewTensor(3*rows, 3), make([]int32, 3*rows), make([]int32, 3*rows)
	for i := range y { // each row with each class
		copy(z.Row(i), logits[i/3*3:])
		y[i] = int32(i % 3)
		if arbench.Argmax(z.Row(i)) != i%3 {
			want[i] = 1
		}
	}
	onEachEngine(t, func(t *testing.T, b *Backend) {
		e, err := engineOf(b.platform(), b.mode())
		if err != nil {
			t.Fatal(err)
		}
		p, err := compile(e, "wrong", func(g *graph.Graph) []*graph.Node {
			logits := graph.Parameter(g, "z", float(z.Shape...))
			return []*graph.Node{wrong(logits, graph.Parameter(g, "y", shapes.Make(dtypes.Int32, len(y), 1)))}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer p.drop()
		zs, errZ := upload(e, z.Data, z.Shape...)
		ys, errY := upload(e, y, len(y), 1)
		if errZ != nil || errY != nil {
			t.Fatal(errZ, errY)
		}
		out, err := p.run(borrowed(zs, ys))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int32, len(want))
		if err := download(e, out[0], got); err != nil {
			t.Fatal(err)
		}
		free(append(out, zs, ys)...)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("misclassified (-want +got):\n%s", d)
		}
	})
}
