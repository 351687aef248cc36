package arrays

import (
	"fmt"

	"github.com/nlpodyssey/safetensors"
)

// dtypes are safetensors' names of the kinds.
var dtypes = map[safetensors.DType]kind{
	safetensors.U8: uint8s, safetensors.I8: int8s, safetensors.U16: uint16s, safetensors.I16: int16s,
	safetensors.U32: uint32s, safetensors.I32: int32s, safetensors.U64: uint64s, safetensors.I64: int64s,
	safetensors.F32: float32s,
}

// readSafetensors returns an array of a safetensors file.
func readSafetensors(b []byte, name string) (array, error) {
	file, err := safetensors.Deserialize(b)
	if err != nil {
		return array{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	t, ok := file.Tensor(name)
	if !ok {
		return array{}, fmt.Errorf("no array %s, only %q", name, file.Names())
	}
	k, ok := dtypes[t.DType()]
	if !ok {
		k = kind(t.DType().String())
	}
	dims := make([]int, len(t.Shape()))
	for i, d := range t.Shape() {
		dims[i] = int(d)
	}
	return newArray(name, k, dims, t.Data())
}
