package svhn

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

// part returns a data element, padded to eight bytes.
func part(kind uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	return append(b, make([]byte, (8-len(data)%8)%8)...)
}

// small returns an element of at most four bytes in the small format.
func small(kind uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind|uint32(len(data))<<16)
	return append(append(b, data...), make([]byte, 4-len(data))...)
}

// matrixOf returns the element of an array of bytes, whose class is 9 (mxUINT8_CLASS).
func matrixOf(name string, data []byte, dims ...int32) []byte {
	var ds []byte
	for _, d := range dims {
		ds = binary.LittleEndian.AppendUint32(ds, uint32(d))
	}
	body := part(miUint32, []byte{9, 0, 0, 0, 0, 0, 0, 0})
	body = append(body, part(miInt32, ds)...)
	body = append(body, small(miInt8, []byte(name))...)
	return part(miMatrix, append(body, part(miUint8, data)...))
}

func compressed(t testing.TB, element []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(element); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := binary.LittleEndian.AppendUint32(nil, miCompressed)
	b = binary.LittleEndian.AppendUint32(b, uint32(z.Len()))
	return append(b, z.Bytes()...)
}

func fileOf(elements ...[]byte) []byte {
	head := []byte("MATLAB 5.0 MAT-file" + strings.Repeat(" ", 105) + "\x00\x01IM")
	return append(head, bytes.Join(elements, nil)...)
}

// images returns n images whose red pixel of row 2 and column 5 is 200, whose blue one of row 31 and
// column 0 is 100, and whose others are 0; image i has label 1 + i mod 10.
func images(n int) (x, y []byte) {
	for i := range n {
		image := make([]byte, side*side*colours)
		image[2+5*side] = 200
		image[31+2*side*side] = 100
		x, y = append(x, image...), append(y, byte(1+i%10))
	}
	return x, y
}

// synthetic returns a dataset of 20 and 10 images in files of the same layout.
func synthetic(t *testing.T) *Dataset {
	t.Helper()
	set := *published
	set.Files = append([]files.File(nil), set.Files...)
	d := &Dataset{Dir: t.TempDir(), set: &set}
	for i, n := range []int{20, 10} {
		x, y := images(n)
		b := fileOf(compressed(t, matrixOf("X", x, side, side, colours, int32(n))),
			compressed(t, matrixOf("y", y, int32(n), 1)))
		set.Files[i].Size = int64(len(b))
		if err := os.WriteFile(filepath.Join(d.Dir, set.Files[i].Name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestImagesAreTurned(t *testing.T) {
	data, err := synthetic(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, side*side*colours)
	for i, want := range map[int]int{0: 1, 8: 9, 9: 0, 10: 1} {
		if y := data.Train.Read(i, x); y != want {
			t.Errorf("image %d has class %d, want %d", i, y, want)
		}
	}
	for j, v := range x {
		want := map[int]float32{2*side + 5: 200, 2*side*side + 31*side: 100}[j] / 255
		if v != want {
			t.Errorf("pixel %d is %v, want %v", j, v, want)
		}
	}
}

// The published set, where it is there, has 73,257 and 26,032 images (Netzer et al. 2011); the
// synthetic one 20 and 10.
func TestSplitsHaveTheirSizes(t *testing.T) {
	d, train, test := synthetic(t), 20, 10
	if _, err := published.Find(""); err == nil {
		d, train, test = &Dataset{set: published}, 73257, 26032
	}
	data, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if data.Split(arbench.Train).Len() != train || data.Split(arbench.Test).Len() != test {
		t.Errorf("%d and %d images, want %d and %d", data.Train.Len(), data.Test.Len(), train, test)
	}
}

func TestParseReadsPlainElements(t *testing.T) {
	x, y := images(1) // MATLAB drops a last dimension of one
	m, err := parse(fileOf(matrixOf("X", x, side, side, colours), matrixOf("y", y, 1, 1)))
	if err != nil || m.Len() != 1 {
		t.Errorf("%v, error %v, want one image", m, err)
	}
}

func TestParseRefuses(t *testing.T) {
	x, y := images(2)
	good := matrixOf("X", x, side, side, colours, 2)
	for _, tt := range []struct {
		name string
		b    []byte
		want string
	}{
		{"another format", []byte("hello"), "not a MATLAB 5.0 file"},
		{"big-endian", bytes.Replace(fileOf(good), []byte("\x00\x01IM"), []byte("\x01\x00MI"), 1), "little-endian"},
		{"no labels", fileOf(good), "want [32 32 3 0]"},
		{"no images", fileOf(matrixOf("y", y, 2, 1)), "X has dimensions []"},
		{"other dimensions", fileOf(matrixOf("X", x, side, colours, side, 2), matrixOf("y", y, 2, 1)), "want [32 32 3 2]"},
		{"a label of 11", fileOf(good, matrixOf("y", []byte{1, 11}, 2, 1)), "y of image 1 is 11, want 1 to 10"},
		{"numbers too few", fileOf(matrixOf("X", x[1:], side, side, colours, 2)), "has 6143 numbers, want 6144"},
		{"a negative dimension", fileOf(matrixOf("X", x, -1)), "dimension 0 is -1"},
		{"dimensions beyond all bounds", fileOf(matrixOf("X", x, 1<<20, 1<<20, 1<<20)), "out of range"},
		{"nine dimensions", fileOf(matrixOf("X", nil, 0, 1, 1, 1, 1, 1, 1, 1, 1)), "has 9 dimensions"},
		{"a file cut short", fileOf(good)[:1000], "where"},
		{"no array", fileOf(part(miUint8, x)), "where an array should be"},
		{"no bytes", fileOf(part(miMatrix, part(miUint32, make([]byte, 8)))), "unexpected EOF"},
		{"doubles", fileOf(part(miMatrix, append(part(9, make([]byte, 8)), 0))), "part 0 of an array has type 9"},
		{"a damaged compression", fileOf(part(miCompressed, []byte("hello!!!"))), "zlib"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parse(tt.b); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	x, y := images(1)
	f.Add(fileOf(matrixOf("X", x, side, side, colours, 1), matrixOf("y", y, 1, 1)))
	f.Add(fileOf(compressed(f, matrixOf("y", y, 1, 1))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parse(b); err == nil && m.Len() > 0 {
			m.Read(m.Len()-1, make([]float32, side*side*colours))
		}
	})
}
