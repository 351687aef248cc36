//go:build gomlx

package gomlx

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// openNet opens a model or fails the test.
func openNet(t testing.TB, b *Backend, spec arbench.ModelSpec) *Model {
	t.Helper()
	m, err := b.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*Model)
}

// withRows returns the backend with so many rows in an execution; the Go engine has one by one all the same.
func withRows(b *Backend, rows int) *Backend {
	other := *b
	if b.platform() != goPlatform {
		other.Rows = rows
	}
	return &other
}

// run makes a pass or fails the test.
func run(t testing.TB, m *Model, c arbench.Call) arbench.Pass {
	t.Helper()
	p, err := m.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// images returns n images, uniform in [0, 1], and classes for them.
func images(net *arbench.Network, n int) (arbench.Tensor, []int) {
	x, y := arbench.NewTensor(append([]int{n}, net.Input...)...), make([]int, n)
	r := arbench.KeyedRand(3, "images")
	for i := range x.Data {
		x.Data[i] = r.Float32()
	}
	for i := range y {
		y[i] = r.IntN(net.Classes())
	}
	return x, y
}

// distance returns the greatest difference between two slices over the greatest value of want.
func distance[A, B float32 | float64](want []A, got []B) float64 {
	if len(want) != len(got) {
		return math.Inf(1)
	}
	diff, top := 0.0, 0.0
	for i := range want {
		diff = math.Max(diff, math.Abs(float64(want[i])-float64(got[i])))
		top = math.Max(top, math.Abs(float64(want[i])))
	}
	if top == 0 {
		return diff
	}
	return diff / top
}

// near fails the test where got is farther from want than tolerance, see distance.
func near[A, B float32 | float64](t *testing.T, what string, want []A, got []B, tolerance float64) {
	t.Helper()
	if d := distance(want, got); !(d <= tolerance) {
		t.Errorf("%s: greatest difference %.3g of the greatest value, want at most %.3g", what, d, tolerance)
	}
}

// paramsOf returns the parameters by name.
func paramsOf(t testing.TB, m arbench.Trainable) map[string]arbench.Param {
	t.Helper()
	ps, err := m.Params(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]arbench.Param{}
	for _, p := range ps {
		by[p.Name] = p
	}
	return by
}
