package arbench_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/arbench/arbench"
)

// golden holds the arrays of one file of testdata/golden, as float64 whatever their type: every
// number in them is exact in it.
type golden struct {
	t *testing.T
	f safetensors.SafeTensors
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "golden", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatal(err)
	}
	return golden{t, f}
}

func (g golden) has(name string) bool {
	_, ok := g.f.Tensor(name)
	return ok
}

// floats returns an array's elements and shape.
func (g golden) floats(name string) (x []float64, shape []int) {
	g.t.Helper()
	v, ok := g.f.Tensor(name)
	if !ok {
		g.t.Fatalf("no golden array %q", name)
	}
	for _, d := range v.Shape() {
		shape = append(shape, int(d))
	}
	b := v.Data()
	for len(b) > 0 {
		switch v.DType() {
		case safetensors.F32:
			x = append(x, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
			b = b[4:]
		case safetensors.F64:
			x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(b)))
			b = b[8:]
		case safetensors.I64:
			x = append(x, float64(int64(binary.LittleEndian.Uint64(b))))
			b = b[8:]
		default:
			g.t.Fatalf("golden array %q is of type %v", name, v.DType())
		}
	}
	return x, shape
}

func (g golden) tensor(name string) arbench.Tensor {
	g.t.Helper()
	x, shape := g.floats(name)
	out := arbench.NewTensor(shape...)
	for i, v := range x {
		out.Data[i] = float32(v)
	}
	return out
}

func (g golden) ints(name string) []int {
	g.t.Helper()
	x, _ := g.floats(name)
	out := make([]int, len(x))
	for i, v := range x {
		out[i] = int(v)
	}
	return out
}

// near reports the first element of got that differs from want by more than abs + rel·|want|.
func near[T float32 | float64](t *testing.T, what string, got []T, want []float64, abs, rel float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - w); !(d <= abs+rel*math.Abs(w)) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}
