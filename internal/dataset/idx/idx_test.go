package idx

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

// fileOf returns an IDX file: magic number, dimensions, then bytes.
func fileOf(magic uint32, dims []uint32, data []byte) []byte {
	var b bytes.Buffer
	for _, v := range append([]uint32{magic}, dims...) {
		binary.Write(&b, binary.BigEndian, v)
	}
	b.Write(data)
	return b.Bytes()
}

// pair returns n images and their labels: image i has class i mod 10 and pixels i, i+1, ….
func pair(n int) (images, labels []byte) {
	x, y := make([]byte, n*side*side), make([]byte, n)
	for i := range n {
		y[i] = byte(i % classes)
		for j := range side * side {
			x[i*side*side+j] = byte(i + j)
		}
	}
	return fileOf(imagesMagic, []uint32{uint32(n), side, side}, x), fileOf(labelsMagic, []uint32{uint32(n)}, y)
}

// synthetic returns a dataset of 40 training and 20 test images in files of the same layout.
func synthetic(t *testing.T) *Dataset {
	t.Helper()
	d := &Dataset{Dir: t.TempDir(), source: sets[0]}
	set := *d.source.set
	set.Files = append([]files.File(nil), set.Files...)
	for i, n := range []int{40, 20} {
		images, labels := pair(n)
		for k, b := range [][]byte{images, labels} {
			f := &set.Files[2*i+k]
			f.Size = int64(len(b))
			if err := os.WriteFile(filepath.Join(d.Dir, f.Name), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.source.set = &set
	return d
}

// The published sets, where they are there, have 6,000 training and 1,000 test images of each class;
// the synthetic one has 4 and 2. MNIST is not balanced.
func TestClassesAreBalanced(t *testing.T) {
	for _, name := range []string{"fashion-mnist", "kmnist"} {
		t.Run(name, func(t *testing.T) {
			d, train, test := arbench.Dataset(synthetic(t)), 4, 2
			kept, err := arbench.Datasets.New(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := kept.(files.Published).Published().Find(""); err == nil {
				d, train, test = kept, 6000, 1000
			}
			data, err := d.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for split, want := range map[arbench.Split]int{arbench.Train: train, arbench.Test: test} {
				var got, all [classes]int
				for i := range data.Split(split).Len() {
					got[data.Split(split).Read(i, make([]float32, side*side))]++
				}
				for y := range all {
					all[y] = want
				}
				if diff := cmp.Diff(all, got); diff != "" {
					t.Errorf("%s images of each class of %s (-want +got):\n%s", split, data.Title, diff)
				}
			}
		})
	}
}

func TestPixelsAreBytesOver255(t *testing.T) {
	data, err := synthetic(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if data.Title != "Fashion-MNIST (unknown copy)" {
		t.Errorf("title %q", data.Title)
	}
	x := make([]float32, side*side)
	if y := data.Train.Read(13, x); y != 3 {
		t.Errorf("image 13 has class %d, want 3", y)
	}
	for _, j := range []int{0, 1, 783} {
		if want := float32(byte(13+j)) / 255; x[j] != want {
			t.Errorf("pixel %d is %v, want %v", j, x[j], want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	images, labels := pair(20)
	patch := func(b []byte, at int, v byte) []byte {
		b = bytes.Clone(b)
		b[at] = v
		return b
	}
	for _, tt := range []struct {
		name           string
		images, labels []byte
		want           string
	}{
		{"files swapped", labels, images, "magic number 0x00000801, want 0x00000803"},
		{"labels of another magic number", images, patch(labels, 3, 3), "labels: magic number"},
		{"no images", nil, labels, "0 bytes, want a head of 16"},
		{"other rows", patch(images, 11, 29), labels, "dimension 1 is 29, want 28"},
		{"other columns", patch(images, 15, 29), labels, "dimension 2 is 29, want 28"},
		{"a count too large", patch(images, 7, 21), labels, "21 images, 20 labels"},
		{"a count of all", patch(images, 4, 255), patch(labels, 4, 255), "20 bytes of labels"},
		{"pixels cut off", images[:len(images)-1], labels, "bytes of pixels"},
		{"a label of 10", images, patch(labels, 8, 10), "image 0 has class 10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parse(tt.images, tt.labels); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestMissingFilesSayWhatToRun(t *testing.T) {
	t.Setenv(files.Variable, t.TempDir())
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	d, err := arbench.Datasets.New("mnist")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(context.Background()); err == nil || !strings.Contains(err.Error(), "arbench data fetch mnist") {
		t.Errorf("error %v, want one that says what to run", err)
	}
}

func FuzzParse(f *testing.F) {
	images, labels := pair(2)
	f.Add(images, labels)
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		m, err := parse(images, labels)
		if err != nil {
			return
		}
		for i := range m.Len() {
			m.Read(i, make([]float32, side*side))
		}
	})
}
