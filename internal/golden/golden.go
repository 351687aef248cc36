// Package golden reads the golden vectors of testdata/golden, for tests and "arbench conformance --golden",
// and holds float64 nets to check attacks and regularizers against them without a backend.
package golden

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"github.com/arbench/arbench"
	"github.com/nlpodyssey/safetensors"
)

// A File is one file of golden vectors.
type File struct {
	name   string
	arrays safetensors.SafeTensors
}

// Open reads testdata/golden/NAME.safetensors of the sources that the program was built from.
func Open(name string) (*File, error) {
	_, here, _, _ := runtime.Caller(0)
	return OpenIn(filepath.Join(filepath.Dir(here), "../../testdata/golden"), name)
}

// OpenIn reads NAME.safetensors in dir.
func OpenIn(dir, name string) (*File, error) {
	path := filepath.Join(dir, name+".safetensors")
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	arrays, err := safetensors.Deserialize(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &File{name, arrays}, nil
}

// Floats returns an F32 or F64 array. It panics if there is none of that name.
func (f *File) Floats(key string) arbench.Tensor {
	v, b := f.view(key)
	out := arbench.Tensor{Data: make([]float32, len(b)/int(v.DType().Size()))}
	for _, d := range v.Shape() {
		out.Shape = append(out.Shape, int(d))
	}
	for i := range out.Data {
		switch v.DType() {
		case safetensors.F32:
			out.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		case safetensors.F64:
			out.Data[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		default:
			panic(fmt.Sprintf("golden: %s: %q does not hold floats", f.name, key))
		}
	}
	return out
}

// Ints returns an I64 array. It panics if there is none of that name.
func (f *File) Ints(key string) []int {
	v, b := f.view(key)
	if v.DType() != safetensors.I64 {
		panic(fmt.Sprintf("golden: %s: %q does not hold integers", f.name, key))
	}
	out := make([]int, len(b)/8)
	for i := range out {
		out[i] = int(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return out
}

// Has reports whether there is an array of that name.
func (f *File) Has(key string) bool {
	_, ok := f.arrays.Tensor(key)
	return ok
}

func (f *File) view(key string) (safetensors.TensorView, []byte) {
	v, ok := f.arrays.Tensor(key)
	if !ok {
		panic(fmt.Sprintf("golden: %s has no %q", f.name, key))
	}
	return v, v.Data()
}

// Examples returns the first n examples of data_NAME as a batch with ids from 0.
func Examples(name string, n int) (arbench.Batch, error) {
	f, err := Open("data_" + name)
	if err != nil {
		return arbench.Batch{}, err
	}
	b := arbench.Batch{X: f.Floats("x").Rows(0, n), Y: f.Ints("y")[:n], ID: make([]int, n)}
	for i := range b.ID {
		b.ID[i] = i
	}
	return b, nil
}
