package arbench_test

import (
	"context"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
)

// randomTensor returns standard normal numbers keyed by seed.
func randomTensor(seed uint64, shape ...int) arbench.Tensor {
	x, r := arbench.NewTensor(shape...), arbench.KeyedRand(seed, "tensor")
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64())
	}
	return x
}

// randomImages returns n images of the given shape, uniform in [low, high].
func randomImages(seed uint64, n int, shape []int, low, high float32) arbench.Tensor {
	x := arbench.NewTensor(append([]int{n}, shape...)...)
	for i := range n {
		r := arbench.KeyedRand(seed, "image", i)
		for j := range x.Row(i) {
			x.Row(i)[j] = low + (high-low)*r.Float32()
		}
	}
	return x
}

// softmaxNet returns softmax regression on images of the given shape.
func softmaxNet(classes int, shape ...int) *arbench.Network {
	n := &arbench.Network{Input: shape}
	n.Add("flat", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: classes, Bias: true})
	return n
}

// openLinear returns softmax regression on 2×3 images with the weights of seed.
func openLinear(t testing.TB, classes int, seed uint64) *linear.Model {
	t.Helper()
	m, err := (&linear.Backend{}).Open(context.Background(),
		arbench.ModelSpec{Network: softmaxNet(classes, 1, 2, 3), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*linear.Model)
}

// labelled returns n images of 2×3 pixels with the classes that m gives them, so that an attack
// starts from a model that is always right.
func labelled(t testing.TB, m arbench.Model, seed uint64, n int) arbench.Batch {
	t.Helper()
	b := arbench.Batch{X: randomImages(seed, n, m.Info().Shape, 0.2, 0.8)}
	p, err := m.Run(context.Background(), arbench.Call{X: b.X})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		b.Y = append(b.Y, arbench.Argmax(p.Logits.Row(i)))
		b.ID = append(b.ID, 100+i)
	}
	return b
}

// weightsOf returns W [classes, inputs] and b of softmax regression.
func weightsOf(t testing.TB, m arbench.Trainable) (w arbench.Tensor, b []float32) {
	t.Helper()
	ps, err := m.Params(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return ps[0].Value, ps[1].Value.Data
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
