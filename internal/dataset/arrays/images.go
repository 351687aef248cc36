package arrays

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// A kind is the type of the numbers of an array.
type kind string

// The kinds of numbers that are read, little-endian.
const (
	uint8s   kind = "uint8"
	int8s    kind = "int8"
	uint16s  kind = "uint16"
	int16s   kind = "int16"
	uint32s  kind = "uint32"
	int32s   kind = "int32"
	uint64s  kind = "uint64"
	int64s   kind = "int64"
	float32s kind = "float32"
)

// size holds how many bytes a number has.
var size = map[kind]int{
	uint8s: 1, int8s: 1, uint16s: 2, int16s: 2, uint32s: 4, int32s: 4, uint64s: 8, int64s: 8, float32s: 4,
}

// An array is an array of numbers, its last index running fastest.
type array struct {
	kind  kind
	shape []int
	data  []byte
}

// newArray returns an array after a check that data are as many bytes as it should have.
func newArray(name string, k kind, shape []int, data []byte) (array, error) {
	bytes, err := volume(k, shape)
	if err != nil {
		return array{}, fmt.Errorf("%s %w", name, err)
	}
	if int64(len(data)) != bytes {
		return array{}, fmt.Errorf("%s has %d bytes, want %d for shape %v of %s", name, len(data), bytes, shape, k)
	}
	return array{k, shape, data}, nil
}

// mostBytes bounds an array.
const mostBytes = 16 << 30

// volume returns how many bytes an array has.
func volume(k kind, shape []int) (int64, error) {
	bytes := int64(size[k])
	if bytes == 0 {
		return 0, fmt.Errorf("is of %s, want uint8 or float32 for x and whole numbers for y", k)
	}
	for _, d := range shape {
		if d < 0 || bytes > mostBytes/int64(max(d, 1)) {
			return 0, fmt.Errorf("has shape %v, out of range", shape)
		}
		bytes *= int64(d)
	}
	return bytes, nil
}

// float returns number i of an array of float32.
func (a array) float(i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(a.data[4*i:]))
}

// integer returns number i, if it is whole and an int64 can hold it.
func (a array) integer(i int) (int64, bool) {
	b := a.data[i*size[a.kind]:]
	switch a.kind {
	case uint8s:
		return int64(b[0]), true
	case int8s:
		return int64(int8(b[0])), true
	case uint16s:
		return int64(binary.LittleEndian.Uint16(b)), true
	case int16s:
		return int64(int16(binary.LittleEndian.Uint16(b))), true
	case uint32s:
		return int64(binary.LittleEndian.Uint32(b)), true
	case int32s:
		return int64(int32(binary.LittleEndian.Uint32(b))), true
	case uint64s, int64s: // beyond int64 it is negative, and refused as such
		return int64(binary.LittleEndian.Uint64(b)), true
	}
	return 0, false
}

// images are the examples of arrays that were checked.
type images struct {
	x      array
	labels []int
	size   int // of an image
}

var _ arbench.Examples = (*images)(nil)

// Len implements [arbench.Examples].
func (m *images) Len() int { return len(m.labels) }

// Read implements [arbench.Examples]: bytes are divided by 255.
func (m *images) Read(i int, x []float32) int {
	from := i * m.size
	for j := range x {
		if m.x.kind == uint8s {
			x[j] = float32(m.x.data[from+j]) / 255
		} else {
			x[j] = m.x.float(from + j)
		}
	}
	return m.labels[i]
}

// digest returns the SHA-256 of all that the examples are, whatever file they came from.
func (m *images) digest() string {
	h := sha256.New()
	fmt.Fprintln(h, m.x.kind, m.x.shape, m.labels)
	h.Write(m.x.data)
	return hex.EncodeToString(h.Sum(nil))
}
