package record

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"

	"github.com/arbench/arbench"
)

// A view is an array of any kind and shape; those of the library cannot be scalars, as PyTorch's
// counters are.
type view struct {
	kind  safetensors.DType
	data  []byte
	shape []uint64
}

func (v view) DType() safetensors.DType { return v.kind }
func (v view) Shape() []uint64          { return v.shape }
func (v view) Data() []byte             { return v.data }
func (v view) DataLen() uint64          { return uint64(len(v.data)) }

func array(kind safetensors.DType, data []byte, shape ...uint64) view {
	return view{kind, data, append([]uint64{}, shape...)}
}

func encoded(t *testing.T, arrays map[string]view) []byte {
	t.Helper()
	b, err := safetensors.Serialize(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The 16-bit patterns are those of IEEE 754-2008, table 3.5, and of the upper half of a float32.
func TestDecodeArraysConvertsToFloat32(t *testing.T) {
	le := binary.LittleEndian
	var half, brain, single, double []byte
	for _, v := range []uint16{0x3c00, 0xc000, 0x3555, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x0000, 0x7c00, 0xfc00, 0x7e00} {
		half = le.AppendUint16(half, v)
	}
	for _, v := range []uint16{0x3f80, 0xc040, 0x7f80} {
		brain = le.AppendUint16(brain, v)
	}
	for _, v := range []float64{0.1, -3, 1e300} {
		double = le.AppendUint64(double, math.Float64bits(v))
		single = le.AppendUint32(single, math.Float32bits(float32(v)))
	}
	b := encoded(t, map[string]view{
		"half": array(safetensors.F16, half, 11), "brain": array(safetensors.BF16, brain, 3, 1),
		"single": array(safetensors.F32, single, 1, 3), "double": array(safetensors.F64, double, 3),
		"scalar":                  array(safetensors.F32, single[:4]),
		"bn1.num_batches_tracked": array(safetensors.I64, make([]byte, 8)),
		"num_batches_tracked":     array(safetensors.I64, make([]byte, 8)),
	})
	got, err := DecodeArrays(b)
	if err != nil {
		t.Fatal(err)
	}
	inf := float32(math.Inf(1))
	if d := cmp.Diff(map[string]arbench.Tensor{
		"half": {Shape: []int{11}, Data: []float32{
			1, -2, 0x1.554p-2, 65504, 0x1p-14, 0x1p-24, -0x1.ff8p-15, 0, inf, -inf, float32(math.NaN()),
		}},
		"brain":  {Shape: []int{3, 1}, Data: []float32{1, -3, inf}},
		"single": {Shape: []int{1, 3}, Data: []float32{0.1, -3, inf}},
		"double": {Shape: []int{3}, Data: []float32{0.1, -3, inf}},
		"scalar": {Shape: []int{}, Data: []float32{0.1}},
	}, got, exact); d != "" {
		t.Errorf("arrays (-want +got):\n%s", d)
	}
}

func TestDecodeArraysRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"integers", encoded(t, map[string]view{"x": array(safetensors.I64, make([]byte, 8), 1)}),
			`array "x": it holds I64, want F32, F64, F16 or BF16`},
		{"a pickle", []byte("PK\x03\x04 and so on, as torch.save writes it"), "not a safetensors file"},
		{"nothing", nil, "not a safetensors file"},
	} {
		if _, err := DecodeArrays(tt.file); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestDigestIsThatOfTheArraysAlone: neither the order of a file nor what else it says matters, since
// given weights are encoded again.
func TestDigestIsThatOfTheArraysAlone(t *testing.T) {
	b, err := EncodeParams(params(t, net()))
	if err != nil {
		t.Fatal(err)
	}
	ps := params(t, net())
	ps[0], ps[1] = ps[1], ps[0]
	again, err := EncodeParams(ps)
	if err != nil {
		t.Fatal(err)
	}
	if Digest(b) != Digest(again) {
		t.Error("the order of parameters changes the digest")
	}
	ps[0].Value.Data[0]++
	if again, err = EncodeParams(ps); err != nil || Digest(b) == Digest(again) {
		t.Errorf("another value has the same digest (%v)", err)
	}
}
