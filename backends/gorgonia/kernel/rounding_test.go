package kernel

import (
	"fmt"
	"testing"
)

// In portable kernels every product is rounded before it is added: compilers for machines that have an
// instruction for both (arm64, or amd64 with GOAMD64=v3) would give other bits under the same name.
func TestPortableKernelsRoundProducts(t *testing.T) {
	const k = 48
	r := source(9)
	x, b := randoms(r, k), randoms(r, 16*k)
	var column, along [16]float32 // x times the columns of b; and each 16th product of x and b
	for i, v := range x {
		for j := range column {
			column[j] = addRounded(column[j], v, b[16*i+j])
		}
		along[i%16] = addRounded(along[i%16], v, b[i])
	}
	var dot float32
	for _, v := range along {
		dot += v
	}
	y := make([]float32, 6*16)
	for _, tt := range []struct {
		name string
		f    func()
		want []float32
	}{
		{"tile", func() {
			portableTile(&tileArgs{tiles: []int32{0, 0}, x: x, b: b, y: y, nt: 1, k: k, rows: 1, aStep: 1, bStep: 16}, 1)
		}, column[:]},
		{"dot", func() {
			portableDot(&tileArgs{tiles: make([]int32, 12), x: x, b: b, y: y, nt: 1, k: k, rows: 1})
		}, []float32{dot}},
		{"sparse", func() {
			portableSparse(&sparseArgs{ends: []int32{0, k}, values: x, index: multiplesOf(1, k), b: b, y: y, rows: 1}, 1)
		}, column[:]},
		{"product", func() { portableProduct(append(x, make([]float32, 5*k)...), b, y, k, 1, 16) }, column[:]},
		{"outer", func() { clear(y); portableOuter(x, b, y, k, 1, 16) }, column[:]},
	} {
		tt.f()
		sameBits(t, tt.name, y[:len(tt.want)], tt.want)
	}
	for i, f := range []*winogradTransform{&inputs6, &inputs8, &grads6, &grads8, &results6, &results8} {
		got, want := [8]float32(x), [8]float32{}
		for i, row := range f {
			for j, c := range row {
				want[i] = addRounded(want[i], c, x[j])
			}
		}
		f.apply(&got, 8, 8)
		sameBits(t, fmt.Sprint("transform ", i), got[:], want[:])
	}
}

// addRounded returns sum + x*y, the product rounded first: in float64 it is exact, and the sum has so
// many more digits that rounding it twice changes nothing.
func addRounded(sum, x, y float32) float32 {
	product := float32(float64(x) * float64(y))
	return float32(float64(sum) + float64(product))
}
