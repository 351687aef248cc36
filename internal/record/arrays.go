package record

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/arbench/arbench"
)

// Digest returns the digest of weights as EncodeParams wrote them, in hexadecimal: that of models.
func Digest(params []byte) string {
	sum := sha256.Sum256(params)
	return hex.EncodeToString(sum[:])
}

// DecodeArrays reads the weights in a safetensors file of whatever program, by name. Numbers of 64
// bits are rounded to float32, those of 16 bits (F16 and BF16) are exact in it. PyTorch's
// num_batches_tracked, which no net of arbench has, are left out; other arrays that hold no
// floating-point numbers are an error that names them.
func DecodeArrays(b []byte) (map[string]arbench.Tensor, error) {
	f, err := read(b)
	if err != nil {
		return nil, err
	}
	out := map[string]arbench.Tensor{}
	for _, name := range slices.Sorted(maps.Keys(f.arrays)) {
		if name == counter || strings.HasSuffix(name, "."+counter) {
			continue
		}
		if out[name], err = floats(f.arrays[name]); err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
	}
	return out, nil
}

// Info returns what a safetensors file says of itself beside its arrays; nil if it says nothing.
func Info(b []byte) (map[string]string, error) {
	f, err := read(b)
	if err != nil {
		return nil, err
	}
	return f.info, nil
}

// counter is the name of PyTorch's count of the steps that moved running statistics.
const counter = "num_batches_tracked"

// widths are the sizes in bytes, and the values, of the kinds of floating-point numbers.
var widths = map[safetensors.DType]struct {
	size  int
	value func([]byte) float32
}{
	safetensors.F64: {8, func(b []byte) float32 {
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}},
	safetensors.F32: {4, func(b []byte) float32 {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}},
	safetensors.BF16: {2, func(b []byte) float32 {
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	}},
	safetensors.F16: {2, func(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }},
}

// floats returns an array of floating-point numbers as float32.
func floats(v safetensors.TensorView) (arbench.Tensor, error) {
	kind, ok := widths[v.DType()]
	if !ok {
		return arbench.Tensor{}, fmt.Errorf("it holds %v, want F32, F64, F16 or BF16", v.DType())
	}
	data := v.Data()
	t := arbench.Tensor{Shape: []int{}, Data: make([]float32, len(data)/kind.size)}
	for _, d := range v.Shape() {
		t.Shape = append(t.Shape, int(d))
	}
	for i := range t.Data {
		t.Data[i] = kind.value(data[i*kind.size:])
	}
	return t, nil
}

// half returns the value of a number of IEEE 754's binary16.
func half(bits uint16) float32 {
	sign, exponent, fraction := bits>>15, int(bits>>10&31), float64(bits&1023)
	v := math.Ldexp(1024+fraction, exponent-25)
	switch {
	case exponent == 0:
		v = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	return float32(math.Copysign(v, 1-2*float64(sign)))
}
