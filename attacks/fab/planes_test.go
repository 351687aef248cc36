package fab

import (
	"context"
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// planes is the model z = W x + b for images of any shape.
type planes struct {
	w [][]float32
	b []float32

	spoil func(x arbench.Tensor, p arbench.Pass) // changes the answer, if not nil
}

func (m *planes) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Classes: len(m.w), Access: arbench.Gradients}
}

func (m *planes) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	n := c.X.Len()
	p := arbench.Pass{Logits: arbench.NewTensor(n, len(m.w))}
	for i := range n {
		for k, w := range m.w {
			p.Logits.Row(i)[k] = float32(inner(w, c.X.Row(i)) + float64(m.b[k]))
		}
	}
	if m.spoil != nil {
		m.spoil(c.X, p)
	}
	for _, l := range c.Losses {
		dz, dx, values := arbench.NewTensor(p.Logits.Shape...), arbench.NewTensor(c.X.Shape...), make([]float64, n)
		l.Eval(p.Logits, dz, values)
		for i := range n {
			for k, g := range dz.Row(i) {
				for j, w := range m.w[k] {
					dx.Row(i)[j] += g * w
				}
			}
		}
		p.Values, p.DX = append(p.Values, values), append(p.DX, dx)
	}
	if m.spoil != nil {
		m.spoil(c.X, p)
	}
	return p, nil
}

// random returns a model of so many classes and n images of 2×3 pixels, some at the ends of the box,
// with the classes that it gives them.
func random(classes, n int) (*planes, arbench.Batch) {
	r := arbench.KeyedRand(7, "planes")
	m := &planes{b: make([]float32, classes)}
	for k := range classes {
		m.w = append(m.w, make([]float32, 6))
		for j := range m.w[k] {
			m.w[k][j] = float32(r.NormFloat64())
		}
	}
	b := arbench.Batch{X: arbench.NewTensor(n, 1, 2, 3), Y: make([]int, n), ID: make([]int, n)}
	for i := range n {
		b.ID[i] = i
		for j := range b.X.Row(i) {
			b.X.Row(i)[j] = float32(min(max(1.4*r.Float64()-0.2, 0), 1))
		}
	}
	p, _ := m.Run(context.Background(), arbench.Call{X: b.X})
	for i := range n {
		b.Y[i] = arbench.Argmax(p.Logits.Row(i))
	}
	return m, b
}

// TestFindsTheClosedForm: on a linear model the least change to another class, in the box, is the
// least of the projections onto the boundaries with each class; an image that no change in the box
// breaks stays as it is. A step overshoots by 5 % and the image draws it back: 1 % of the distance is
// more than is left. FAB without targets goes by distances without the box, and is beaten by it where
// there are several classes.
func TestFindsTheClosedForm(t *testing.T) {
	for _, classes := range []int{2, 3, 6} {
		m, b := random(classes, 40)
		for _, norm := range norms {
			_, free, _ := perturb(t, New(0), m, b, arbench.Threat{Norm: norm})
			_, aimed, _ := perturb(t, New(9), m, b, arbench.Threat{Norm: norm})
			held := 0
			for i := range b.Len() {
				want := m.least(norm, b.X.Row(i), b.Y[i])
				if math.IsInf(want, 1) {
					if held++; free[i] != 0 || aimed[i] != 0 {
						t.Errorf("%d classes, %s, row %d cannot be broken: distances %v and %v, want 0",
							classes, norm, i, free[i], aimed[i])
					}
					continue
				}
				if aimed[i] < want*(1-1e-5) || aimed[i] > want*1.01 {
					t.Errorf("%d classes, %s, row %d: distance %v, want %v", classes, norm, i, aimed[i], want)
				}
				if free[i] < want*(1-1e-5) || classes == 2 && free[i] > want*1.01 {
					t.Errorf("%d classes, %s, row %d: distance %v without targets, want %v",
						classes, norm, i, free[i], want)
				}
			}
			if held > 20 {
				t.Errorf("%d classes, %s: %d of 40 images cannot be broken", classes, norm, held)
			}
		}
	}
}

// least returns the norm of the least change of x, in the box, to a boundary between y and another
// class; +Inf if there is none in the box. (Where a third class is greatest there, its own boundary is
// nearer.)
func (m *planes) least(n arbench.Norm, x []float32, y int) float64 {
	best := math.Inf(1)
	for k := range m.w {
		if k == y {
			continue
		}
		w, gap := make([]float32, len(x)), float64(m.b[y])-float64(m.b[k])
		for j := range w {
			w[j] = m.w[k][j] - m.w[y][j]
			gap -= float64(w[j]) * float64(x[j])
		}
		if gap < reach(w, x) {
			best = min(best, leastNorm(n, x, w, gap))
		}
	}
	return best
}
