package svhn

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Types of data elements of a MATLAB 5.0 MAT-file (The MathWorks, MAT-File Format, table 1-1).
const (
	miInt8       = 1
	miUint8      = 2
	miInt32      = 5
	miUint32     = 6
	miMatrix     = 14
	miCompressed = 15
)

const (
	matHead  = 128     // bytes of text, version and byte order
	mostDims = 8       // more than an array of images has
	mostData = 1 << 30 // bytes of one array; SVHN's largest has 225 million
)

// An array is a numeric array of bytes, its first index running fastest.
type array struct {
	dims []int
	data []uint8
}

// readMat returns the arrays of bytes in a MATLAB 5.0 MAT-file of little-endian machines by name.
// Other arrays are an error.
func readMat(b []byte) (map[string]array, error) {
	if len(b) < matHead || string(b[124:128]) != "\x00\x01IM" {
		return nil, errors.New("it is not a MATLAB 5.0 file of a little-endian machine")
	}
	out := map[string]array{}
	for b = b[matHead:]; len(b) > 0; {
		kind, data, rest, err := element(b)
		if err != nil {
			return nil, err
		}
		b = rest
		if kind == miCompressed {
			if kind, data, err = inflate(data); err != nil {
				return nil, err
			}
		}
		if kind != miMatrix {
			return nil, fmt.Errorf("an element of type %d where an array should be", kind)
		}
		name, a, err := matrix(data)
		if err != nil {
			return nil, err
		}
		out[name] = a
	}
	return out, nil
}

// element returns the first data element of b and what follows it. Compressed elements are not
// padded, others are to a multiple of eight bytes.
func element(b []byte) (kind uint32, data, rest []byte, err error) {
	if len(b) < 8 {
		return 0, nil, nil, io.ErrUnexpectedEOF
	}
	kind = binary.LittleEndian.Uint32(b)
	if size := kind >> 16; size != 0 { // the small format: the size is in the upper half
		if size > 4 {
			return 0, nil, nil, fmt.Errorf("a small element of %d bytes, want at most 4", size)
		}
		return kind & 0xffff, b[4 : 4+size], b[8:], nil
	}
	size := uint64(binary.LittleEndian.Uint32(b[4:]))
	if b = b[8:]; size > uint64(len(b)) {
		return 0, nil, nil, fmt.Errorf("an element of %d bytes where %d are left", size, len(b))
	}
	padded := size
	if kind != miCompressed {
		padded = min((size+7)/8*8, uint64(len(b)))
	}
	return kind, b[:size], b[padded:], nil
}

// inflate returns the one element that a compressed one holds.
func inflate(b []byte) (kind uint32, data []byte, err error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return 0, nil, err
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(z, mostData+1))
	if err != nil {
		return 0, nil, err
	}
	if n > mostData {
		return 0, nil, fmt.Errorf("an array of more than %d bytes", mostData)
	}
	kind, data, _, err = element(out.Bytes())
	return kind, data, err
}

// matrix reads what is in an array's element: flags, dimensions, name and numbers.
func matrix(b []byte) (name string, a array, err error) {
	var parts [4][]byte
	for i, want := range []uint32{miUint32, miInt32, miInt8, miUint8} {
		kind, data, rest, err := element(b)
		if err != nil {
			return "", a, err
		}
		if kind != want {
			return "", a, fmt.Errorf("part %d of an array has type %d, want %d: an array of bytes", i, kind, want)
		}
		parts[i], b = data, rest
	}
	name, a.data = string(parts[2]), parts[3]
	n := len(parts[1]) / 4
	if n > mostDims {
		return "", a, fmt.Errorf("array %q has %d dimensions, want at most %d", name, n, mostDims)
	}
	volume := int64(1)
	for i := range n {
		d := int32(binary.LittleEndian.Uint32(parts[1][4*i:]))
		if d < 0 || volume*int64(d) > mostData {
			return "", a, fmt.Errorf("array %q: dimension %d is %d, out of range", name, i, d)
		}
		volume *= int64(d)
		a.dims = append(a.dims, int(d))
	}
	if volume != int64(len(a.data)) {
		return "", a, fmt.Errorf("array %q has %d numbers, want %d for dimensions %v",
			name, len(a.data), volume, a.dims)
	}
	return name, a, nil
}
