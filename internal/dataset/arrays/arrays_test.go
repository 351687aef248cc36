package arrays

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"

	"github.com/arbench/arbench"
)

// npy returns an .npy file of format 1.
func npy(descr, shape string, data []byte) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape)
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	return append(append(b, head...), data...)
}

// npz returns an .npz file as numpy.savez_compressed writes it.
func npz(t testing.TB, arrays map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range arrays {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tensors(t testing.TB, arrays map[string]safetensors.TensorView) []byte {
	t.Helper()
	b, err := safetensors.Serialize(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func view(t testing.TB, d safetensors.DType, data []byte, shape ...uint64) safetensors.TensorView {
	t.Helper()
	v, err := safetensors.NewTensorView(d, shape, data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func numbers(vs any) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, vs)
	return b.Bytes()
}

// save writes a file and returns a dataset of it, of images of 1×2×2 in 3 classes.
func save(t *testing.T, name string, b []byte) *Dataset {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return &Dataset{Files: Files{Test: arbench.Path(file)}, Shape: []int{1, 2, 2}, Classes: 3}
}

var (
	eightBits = []byte{0, 51, 102, 153, 204, 255, 0, 51}
	floats    = []float32{0, .2, .4, .6, .8, 1, 0, .2}
)

// Every file holds the same two images, of classes 2 and 0; 51/255 is 0.2 to float32's last bit.
func TestFilesOfEveryKindGiveTheSame(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
	}{
		{"bytes.npz", npz(t, map[string][]byte{"x": npy("|u1", "2, 1, 2, 2", eightBits), "y": npy("<i8", "2,", numbers([]int64{2, 0}))})},
		{"floats.npz", npz(t, map[string][]byte{"x": npy("<f4", "2, 1, 2, 2", numbers(floats)), "y": npy("|u1", "2,", []byte{2, 0})})},
		{"wide.npz", npz(t, map[string][]byte{"x": npy("|u1", "2, 1, 2, 2", eightBits), "y": npy("<u2", "2,", numbers([]uint16{2, 0}))})},
		{"bytes.safetensors", tensors(t, map[string]safetensors.TensorView{
			"x": view(t, safetensors.U8, eightBits, 2, 1, 2, 2), "y": view(t, safetensors.I32, numbers([]int32{2, 0}), 2)})},
		{"floats.safetensors", tensors(t, map[string]safetensors.TensorView{
			"x": view(t, safetensors.F32, numbers(floats), 2, 1, 2, 2), "y": view(t, safetensors.I16, numbers([]int16{2, 0}), 2)})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := save(t, tt.name, tt.b).Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := arbench.Batch{X: arbench.NewTensor(2, 1, 2, 2), Y: []int{2, 0}, ID: []int{0, 1}}
			copy(want.X.Data, floats)
			if diff := cmp.Diff(want, arbench.ReadBatch(data.Test, []int{1, 2, 2}, []int{0, 1})); diff != "" {
				t.Errorf("examples (-want +got):\n%s", diff)
			}
			if data.Train.Len() != 0 || data.Title != tt.name {
				t.Errorf("%d examples to train on, title %q", data.Train.Len(), data.Title)
			}
		})
	}
}

func TestDigestIsOfTheContents(t *testing.T) {
	open := func(name string, b []byte) string {
		data, err := save(t, name, b).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return data.Digest
	}
	files := func(y byte) map[string][]byte {
		return map[string][]byte{"x": npy("|u1", "2, 1, 2, 2", eightBits), "y": npy("|u1", "2,", []byte{y, 0})}
	}
	a := open("a.npz", npz(t, files(2)))
	if b := open("b.safetensors", tensors(t, map[string]safetensors.TensorView{
		"x": view(t, safetensors.U8, eightBits, 2, 1, 2, 2), "y": view(t, safetensors.U8, []byte{2, 0}, 2),
	})); a != b {
		t.Errorf("digests %s and %s of the same contents", a, b)
	}
	if c := open("c.npz", npz(t, files(1))); a == c {
		t.Errorf("the same digest for other labels")
	}
}

func TestTrainIsAFileOfItsOwn(t *testing.T) {
	d := save(t, "test.npz", npz(t, map[string][]byte{"x": npy("|u1", "2, 1, 2, 2", eightBits), "y": npy("|u1", "2,", []byte{2, 0})}))
	alone, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.Files.Train = save(t, "train.npz",
		npz(t, map[string][]byte{"x": npy("|u1", "1, 1, 2, 2", eightBits[:4]), "y": npy("|u1", "1,", []byte{1})})).Files.Test
	both, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if both.Train.Len() != 1 || both.Test.Len() != 2 || both.Title != "train.npz and test.npz" || both.Digest == alone.Digest {
		t.Errorf("%d and %d examples, title %q, digest %s", both.Train.Len(), both.Test.Len(), both.Title, both.Digest)
	}
}

func TestOpenRefuses(t *testing.T) {
	x, y := npy("|u1", "2, 1, 2, 2", eightBits), npy("|u1", "2,", []byte{2, 0})
	of := func(x, y []byte) []byte { return npz(t, map[string][]byte{"x": x, "y": y}) }
	nan := numbers([]float32{0, 0, 0, 0, 0, 0, float32(math.NaN()), 0})
	for _, tt := range []struct {
		name, file string
		b          []byte
		want       string
	}{
		{"another ending", "a.csv", nil, "ends in .npz or .safetensors"},
		{"no zip", "a.npz", []byte("hello"), "not an .npz file"},
		{"no safetensors", "a.safetensors", []byte("hello"), "not a safetensors file"},
		{"no y", "a.npz", npz(t, map[string][]byte{"x": x}), `no array y, only ["x"]`},
		{"no npy", "a.npz", of([]byte("hello, world"), y), "not an .npy file"},
		{"a pickle", "a.npz", of(x, npy("|O", "2,", nil)), `type "|O"`},
		{"big-endian", "a.npz", of(x, npy(">i4", "2,", nil)), `type ">i4"`},
		{"doubles", "a.npz", of(npy("<f8", "2, 1, 2, 2", make([]byte, 64)), y), `type "<f8"`},
		{"Fortran order", "a.npz", of(bytes.Replace(x, []byte("False"), []byte("True "), 1), y), "Fortran order"},
		{"pixels too few", "a.npz", of(npy("|u1", "2, 1, 2, 2", eightBits[1:]), y), "has 7 bytes, want 8"},
		{"pixels too many", "a.npz", of(npy("|u1", "2, 1, 2, 2", append(eightBits[:8:8], 1)), y), "has 9 bytes, want 8"},
		{"a shape beyond all bounds", "a.npz", of(npy("|u1", "9999999999, 9999999999", nil), y), "out of range"},
		{"another shape", "a.npz", of(npy("|u1", "2, 2, 2, 1", eightBits), y), "x has shape [2 2 2 1], want [2 1 2 2]"},
		{"labels too few", "a.npz", of(x, npy("|u1", "1,", []byte{1})), "want [1 1 2 2]"},
		{"labels in two dimensions", "a.npz", of(x, npy("|u1", "2, 1", []byte{1, 1})), "want one dimension"},
		{"a label too large", "a.npz", of(x, npy("|u1", "2,", []byte{0, 3})), "y[1] is 3, want 0 to 2"},
		{"a negative label", "a.npz", of(x, npy("|i1", "2,", []byte{0, 255})), "y[1] is -1, want 0 to 2"},
		{"labels that are not whole", "a.npz", of(x, npy("<f4", "2,", make([]byte, 8))), "y is of float32"},
		{"pixels of another kind", "a.npz", of(npy("|i1", "2, 1, 2, 2", eightBits), y), "x is of int8"},
		{"a pixel above 1", "a.npz", of(npy("<f4", "2, 1, 2, 2", numbers([]float32{0, 0, 0, 0, 0, 255, 0, 0})), y), "x[1] has a pixel 255"},
		{"a pixel that is no number", "a.npz", of(npy("<f4", "2, 1, 2, 2", nan), y), "x[1] has a pixel NaN"},
		{"half floats", "a.safetensors", tensors(t, map[string]safetensors.TensorView{
			"x": view(t, safetensors.F16, make([]byte, 16), 2, 1, 2, 2)}), "x is of F16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := save(t, tt.file, tt.b).Open(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestValidateNamesEveryOption(t *testing.T) {
	err := (&Dataset{Shape: []int{3, 0, 2}}).Validate()
	for _, want := range []string{"files: no test file", "shape [3 0 2]", "classes 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(npz(f, map[string][]byte{"x": npy("|u1", "2, 1, 2, 2", eightBits), "y": npy("<i8", "2,", numbers([]int64{2, 0}))}))
	f.Add(tensors(f, map[string]safetensors.TensorView{
		"x": view(f, safetensors.U8, eightBits, 2, 1, 2, 2), "y": view(f, safetensors.I32, numbers([]int32{2, 0}), 2)}))
	f.Add(npy("<f4", "2, 1, 2, 2", numbers(floats)))
	f.Fuzz(func(t *testing.T, b []byte) {
		readNPY(bytes.NewReader(b), "x")
		for _, read := range []func([]byte, string) (array, error){readNPZ, readSafetensors} {
			x, err := read(b, "x")
			y, err2 := read(b, "y")
			if err != nil || err2 != nil {
				continue
			}
			if m, err := newImages(x, y, []int{1, 2, 2}, 3); err == nil && m.Len() > 0 {
				m.Read(m.Len()-1, make([]float32, 4))
			}
		}
	})
}
