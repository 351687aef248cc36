package cifar

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

// Means and deviations of the published training pixels by channel, and those of the synthetic set,
// in bytes: half of its pixels are so much below the mean, the other half above.
var (
	means      = [3]float64{.4914, .4822, .4465}
	deviations = [3]float64{.247, .243, .262}
	middle     = [3]int{125, 123, 114}
	away       = [3]int{63, 62, 67}
)

// recordOf returns an image in the binary layout.
func recordOf(labels ...byte) []byte {
	b := bytes.Clone(labels)
	for c := range 3 {
		for j := range side * side {
			sign := 1 - 2*(j%2)
			b = append(b, byte(middle[c]+sign*away[c]))
		}
	}
	return b
}

// synthetic returns a dataset of two images a class for training and one for testing, in files of
// the same layout. The coarse label of class y is 99 - y.
func synthetic(t *testing.T, s source) *Dataset {
	t.Helper()
	set := *s.set
	set.Files = append([]files.File(nil), set.Files...)
	d := &Dataset{Dir: t.TempDir(), source: source{&set, s.info, s.labels}}
	next, each := 0, 2*s.info.Classes/(len(set.Files)-1)
	for i := range set.Files {
		if i == len(set.Files)-1 {
			each = s.info.Classes
		}
		var b []byte
		for range each {
			y := byte(next % s.info.Classes)
			next++
			b = append(b, recordOf([]byte{99 - y, y}[2-s.labels:]...)...)
		}
		set.Files[i].Size = int64(len(b))
		dir := filepath.Join(d.Dir, set.Folder)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, set.Files[i].Name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// TestFacts counts the images of each class and takes the statistics of the training pixels, of the
// real data where they are there.
func TestFacts(t *testing.T) {
	for _, s := range sources {
		t.Run(s.set.Name, func(t *testing.T) {
			d, train, test := synthetic(t, s), 2, 1
			if _, err := s.set.Find(""); err == nil {
				d, train, test = &Dataset{source: s}, 50000/s.info.Classes, 10000/s.info.Classes
			}
			data, err := d.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := count(data.Train, s.info.Classes)
			got = append(got, count(data.Test, s.info.Classes)...)
			want := make([]int, len(got))
			for i := range want {
				if want[i] = train; i >= s.info.Classes {
					want[i] = test
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("images of each class (-want +got):\n%s", diff)
			}
			if s.set.Name == "cifar10" {
				checkStatistics(t, data.Train)
			}
		})
	}
}

func count(e arbench.Examples, classes int) []int {
	n, x := make([]int, classes), make([]float32, pixels)
	for i := range e.Len() {
		n[e.Read(i, x)]++
	}
	return n
}

func checkStatistics(t *testing.T, e arbench.Examples) {
	t.Helper()
	var sum, squares [3]float64
	x := make([]float32, pixels)
	for i := range e.Len() {
		e.Read(i, x)
		for j, v := range x {
			sum[j/(side*side)] += float64(v)
			squares[j/(side*side)] += float64(v) * float64(v)
		}
	}
	n := float64(e.Len() * side * side)
	for c := range 3 {
		mean := sum[c] / n
		deviation := math.Sqrt(squares[c]/n - mean*mean)
		if math.Abs(mean-means[c]) > .002 || math.Abs(deviation-deviations[c]) > .002 {
			t.Errorf("channel %d has mean %.4f and deviation %.4f, want %.4f and %.4f",
				c, mean, deviation, means[c], deviations[c])
		}
	}
}

func TestPlanesFollowTheLabels(t *testing.T) {
	for _, s := range sources {
		data, err := synthetic(t, s).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, pixels)
		if y := data.Train.Read(7, x); y != 7 {
			t.Errorf("%s: image 7 has class %d, want 7", s.set.Name, y)
		}
		for j, want := range map[int]float32{0: 188, 1: 62, 1024: 185, 2048: 181, 3071: 47} {
			if x[j] != want/255 {
				t.Errorf("%s: pixel %d is %v, want %v", s.set.Name, j, x[j], want/255)
			}
		}
		if want := s.set.Title + " (unknown copy)"; data.Title != want {
			t.Errorf("title %q, want %q", data.Title, want)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		want string
	}{
		{"half an image", recordOf(1)[:2000], "2000 bytes, want a multiple of 3073"},
		{"a class too large", append(recordOf(1), recordOf(10)...), "image 1 has class 10, want less than 10"},
	} {
		var m files.Images
		if err := add(&m, tt.b, 1, 10); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that says %q", tt.name, err, tt.want)
		}
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(recordOf(1), 1)
	f.Add(recordOf(1, 2), 2)
	f.Fuzz(func(t *testing.T, b []byte, labels int) {
		var m files.Images
		if add(&m, b, 1+(labels&1), 10) == nil && m.Len() > 0 {
			m.Read(m.Len()-1, make([]float32, pixels))
		}
	})
}
