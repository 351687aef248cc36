package probe

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

func openGolden(t *testing.T, name string) *golden.File {
	t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A reference computes the layers of a net in float64, by the plainest loops.
type reference struct {
	net    *arbench.Network
	shapes [][]int
	values map[string]arbench.Tensor
}

var _ arbench.Observable = (*reference)(nil)

func newReference(t *testing.T, n *arbench.Network, ps []arbench.Param) *reference {
	t.Helper()
	shapes, err := n.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{n, shapes, map[string]arbench.Tensor{}}
	for _, p := range ps {
		r.values[p.Name] = p.Value
	}
	return r
}

func (r *reference) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: r.net.Input, Classes: r.net.Classes(), Network: r.net}
}

func (r *reference) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	z := arbench.NewTensor(c.X.Len(), r.net.Classes())
	for i := range c.X.Len() {
		narrow(z.Row(i), r.outputs(c.X.Row(i))[len(r.shapes)-1])
	}
	return arbench.Pass{Logits: z}, nil
}

func (r *reference) Visit(
	_ context.Context, x arbench.Tensor, layers []string, f func(string, arbench.Tensor) error,
) error {
	rows := make([][][]float64, x.Len())
	for i := range rows {
		rows[i] = r.outputs(x.Row(i))
	}
	for k, l := range r.net.Layers {
		if !slices.Contains(layers, l.Name) {
			continue
		}
		a := arbench.NewTensor(append([]int{x.Len()}, r.shapes[k]...)...)
		for i := range rows {
			narrow(a.Row(i), rows[i][k])
		}
		if err := f(l.Name, a); err != nil {
			return err
		}
	}
	return nil
}

func narrow(out []float32, x []float64) {
	for j, v := range x {
		out[j] = float32(v)
	}
}

// outputs returns what each layer gives for one image.
func (r *reference) outputs(image []float32) [][]float64 {
	x := make([]float64, len(image))
	for j, v := range image {
		x[j] = float64(v)
		if z := r.net.Normalize; z != nil {
			c := j / (len(image) / len(z.Std))
			x[j] = (x[j] - z.Mean[c]) / z.Std[c]
		}
	}
	var out [][]float64
	for k, l := range r.net.Layers {
		from, _ := r.net.Inputs(k)
		in, shape := x, r.net.Input
		if from[0] >= 0 {
			in, shape = out[from[0]], r.shapes[from[0]]
		}
		w, b := r.values[l.Name+".weight"], r.values[l.Name+".bias"]
		switch op := l.Op.(type) {
		case arbench.Flatten:
			out = append(out, in)
		case arbench.Dense:
			out = append(out, dense(in, w, b))
		case arbench.Conv:
			out = append(out, conv(in, shape, op, w, b))
		case arbench.Activation:
			out = append(out, relu(in))
		case arbench.MaxPool:
			out = append(out, pool(in, shape))
		case arbench.Add:
			out = append(out, add(in, out[from[1]]))
		default:
			panic(fmt.Sprintf("no reference of %T", op))
		}
	}
	return out
}

func dense(x []float64, w, b arbench.Tensor) []float64 {
	y := make([]float64, w.Shape[0])
	for o := range y {
		if b.Data != nil {
			y[o] = float64(b.Data[o])
		}
		for j, v := range w.Row(o) {
			y[o] += float64(v) * x[j]
		}
	}
	return y
}

// conv is a convolution of stride 1 that keeps the size of the image.
func conv(x []float64, shape []int, op arbench.Conv, w, b arbench.Tensor) []float64 {
	h, wd, k := shape[1], shape[2], op.Kernel[0]
	y := make([]float64, op.Out*h*wd)
	for at := range y {
		o, r, c := at/(h*wd), at/wd%h, at%wd
		if b.Data != nil {
			y[at] = float64(b.Data[o])
		}
		for i, v := range w.Row(o) {
			p, q := r+i/k%k-k/2, c+i%k-k/2
			if p >= 0 && p < h && q >= 0 && q < wd {
				y[at] += float64(v) * x[(i/(k*k)*h+p)*wd+q]
			}
		}
	}
	return y
}

func relu(x []float64) []float64 {
	y := make([]float64, len(x))
	for j, v := range x {
		y[j] = max(v, 0)
	}
	return y
}

// pool takes the greatest of each 2×2 window.
func pool(x []float64, shape []int) []float64 {
	h, w := shape[1], shape[2]
	var y []float64
	for r := 0; r < shape[0]*h; r += 2 {
		for c := 0; c < w; c += 2 {
			y = append(y, max(x[r*w+c], x[r*w+c+1], x[(r+1)*w+c], x[(r+1)*w+c+1]))
		}
	}
	return y
}

func add(a, b []float64) []float64 {
	y := make([]float64, len(a))
	for j := range y {
		y[j] = a[j] + b[j]
	}
	return y
}
