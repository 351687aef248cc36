package kernel

import (
	"fmt"
	"testing"
)

// vectorBits runs f on the paths with vectors and compares the bits of what it returns:
// they sum up in the same order with the same instructions.
func vectorBits(t *testing.T, f func(t *testing.T) []float32) {
	t.Helper()
	var first []float32
	onEveryPath(t, func(t *testing.T) {
		got := f(t)
		if current == portable {
			return
		}
		if first == nil {
			first = got
		}
		sameBits(t, "this path against avx2", got, first)
	})
}

func TestWideTilesGiveTheSameBits(t *testing.T) {
	for i, g := range []Geometry{{7, 9, 33, 50, 3, 3, 1, 1, 1, 1, 1, 1}, {6, 6, 64, 80, 3, 3, 2, 2, 1, 1, 1, 1},
		{5, 8, 3, 32, 5, 5, 1, 1, 2, 2, 1, 1}, {4, 5, 500, 40, 1, 1, 1, 1, 0, 0, 1, 1}, {9, 9, 20, 40, 3, 3, 1, 1, 2, 2, 2, 3}} {
		t.Run(fmt.Sprintf("%v", g), func(t *testing.T) {
			vectorBits(t, func(t *testing.T) []float32 {
				lx, ly := g.Layouts()
				c, err := NewConv(g, lx, ly)
				if err != nil {
					t.Fatal(err)
				}
				r := source(uint64(i))
				x, dy := randoms(r, lx.Size()), randoms(r, ly.Size())
				y, dx := make([]float32, ly.Size()), make([]float32, lx.Size())
				panel, grad := randoms(r, c.PanelLen()), make([]float32, c.GradPanelLen())
				sum := make([]float32, c.PanelLen())
				c.PackGrad(panel, grad)
				c.Forward(x, panel, y, &Epilogue{Residual: dy, ReLU: true})
				c.InputGrad(dy, grad, dx, &Epilogue{Mask: x})
				c.WeightGrad(x, dy, sum)
				return append(append(y, dx...), sum...)
			})
		})
	}
}

func TestWideDenseTilesGiveTheSameBits(t *testing.T) {
	const n = 40
	for _, d := range []denseCase{{784, 80, 784, n}, {50, 33, 50, n}} {
		t.Run(fmt.Sprintf("%v", d), func(t *testing.T) {
			vectorBits(t, func(t *testing.T) []float32 {
				l, err := NewDense(d.in, d.out, d.pitch)
				if err != nil {
					t.Fatal(err)
				}
				r := source(1)
				x, dy := randoms(r, n*d.pitch), randoms(r, n*l.YPitch())
				panel, grad := randoms(r, l.PanelLen()), make([]float32, l.GradPanelLen())
				y, dx, sum := make([]float32, n*l.YPitch()), make([]float32, n*l.DXPitch()), make([]float32, l.PanelLen())
				l.PackGrad(panel, grad)
				l.Forward(n, x, panel, y, &Epilogue{ReLU: true})
				l.InputGrad(n, dy, grad, dx, nil)
				l.WeightGrad(n, x, dy, sum)
				return append(append(y, dx...), sum...)
			})
		})
	}
}
