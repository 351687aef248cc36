// Package record turns what the runner keeps into bytes and back: parameters, trainings and
// outcomes, as safetensors files, so that any other program can read them too.
package record

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"

	"github.com/arbench/arbench"
)

// A file is the content of a safetensors file: named arrays and a table of strings.
type file struct {
	arrays map[string]safetensors.TensorView
	info   map[string]string
	err    error // the first that occurred
}

func newFile() *file {
	return &file{arrays: map[string]safetensors.TensorView{}, info: map[string]string{}}
}

// read decodes b. It fails on anything that is not a whole safetensors file.
func read(b []byte) (f *file, err error) {
	defer func() { // the library trusts sizes in the header more than it should
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("not a safetensors file: %v", r)
		}
	}()
	_, meta, err := safetensors.ReadMetadata(b)
	if err != nil {
		return nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	st, err := safetensors.Deserialize(b)
	if err != nil {
		return nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	f = newFile()
	f.info = meta.Metadata()
	for _, t := range st.Tensors() {
		f.arrays[t.Name] = t.TensorView
	}
	return f, nil
}

func (f *file) bytes() ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	return safetensors.Serialize(f.arrays, f.info)
}

func (f *file) put(name string, kind safetensors.DType, shape []int, data []byte) {
	dims := make([]uint64, len(shape))
	for i, d := range shape {
		dims[i] = uint64(d)
	}
	v, err := safetensors.NewTensorView(kind, dims, data)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("array %q: %w", name, err)
	}
	f.arrays[name] = v
}

// tensor stores t under name.
func (f *file) tensor(name string, t arbench.Tensor) {
	b := make([]byte, 0, 4*len(t.Data))
	for _, v := range t.Data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	f.put(name, safetensors.F32, t.Shape, b)
}

func (f *file) ints(name string, x []int) {
	b := make([]byte, 0, 8*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	f.put(name, safetensors.I64, []int{len(x)}, b)
}

func (f *file) floats(name string, x []float64) {
	b := make([]byte, 0, 8*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	f.put(name, safetensors.F64, []int{len(x)}, b)
}

// array returns the bytes of an array of the given kind, nil if there is none.
func (f *file) array(name string, kind safetensors.DType) (shape []int, data []byte) {
	v, ok := f.arrays[name]
	if !ok {
		return nil, nil
	}
	if v.DType() != kind {
		if f.err == nil {
			f.err = fmt.Errorf("array %q holds %v, want %v", name, v.DType(), kind)
		}
		return nil, nil
	}
	for _, d := range v.Shape() {
		shape = append(shape, int(d))
	}
	return shape, v.Data()
}

func (f *file) getTensor(name string) arbench.Tensor {
	shape, b := f.array(name, safetensors.F32)
	if shape == nil {
		return arbench.Tensor{}
	}
	t := arbench.Tensor{Shape: shape, Data: make([]float32, len(b)/4)}
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return t
}

func (f *file) getInts(name string) []int {
	shape, b := f.array(name, safetensors.I64)
	if shape == nil {
		return nil
	}
	x := make([]int, len(b)/8)
	for i := range x {
		x[i] = int(int64(binary.LittleEndian.Uint64(b[8*i:])))
	}
	return x
}

func (f *file) getFloats(name string) []float64 {
	shape, b := f.array(name, safetensors.F64)
	if shape == nil {
		return nil
	}
	x := make([]float64, len(b)/8)
	for i := range x {
		x[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return x
}

// EncodeModel returns the values of ps as EncodeParams does, in a file that also says what info does.
func EncodeModel(ps []arbench.Param, info map[string]string) ([]byte, error) {
	f := newFile()
	f.params("", ps)
	f.info = info
	return f.bytes()
}

// EncodeParams returns the values of ps as a safetensors file, with the names, shapes and layouts of
// PyTorch's state_dict.
func EncodeParams(ps []arbench.Param) ([]byte, error) {
	f := newFile()
	f.params("", ps)
	return f.bytes()
}

// DecodeParams reads what EncodeParams wrote, or any safetensors file of float32 arrays, as the
// parameters of n. A missing, unexpected or ill-shaped one is an error that names it.
func DecodeParams(b []byte, n *arbench.Network) ([]arbench.Param, error) {
	f, err := read(b)
	if err != nil {
		return nil, err
	}
	ps, err := f.getParams("", n)
	if err != nil {
		return nil, err
	}
	if len(f.arrays) != len(ps) {
		var names []string
		for _, p := range ps {
			names = append(names, p.Name)
		}
		for name := range f.arrays {
			if !slices.Contains(names, name) {
				return nil, fmt.Errorf("array %q is not a parameter of this net", name)
			}
		}
	}
	return ps, f.err
}

func (f *file) params(prefix string, ps []arbench.Param) {
	for _, p := range ps {
		f.tensor(prefix+p.Name, p.Value)
	}
}

func (f *file) getParams(prefix string, n *arbench.Network) ([]arbench.Param, error) {
	ps, err := n.Params()
	if err != nil {
		return nil, err
	}
	for i, p := range ps {
		ps[i].Value = f.getTensor(prefix + p.Name)
		if f.err != nil {
			return nil, f.err
		}
		if !slices.Equal(ps[i].Value.Shape, p.Value.Shape) {
			return nil, fmt.Errorf("parameter %q has shape %v, want %v",
				p.Name, ps[i].Value.Shape, p.Value.Shape)
		}
	}
	return ps, nil
}
