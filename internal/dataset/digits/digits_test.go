package digits

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"
)

func open(t *testing.T) *arbench.Data {
	t.Helper()
	d, err := arbench.Datasets.New("digits")
	if err != nil {
		t.Fatal(err)
	}
	data, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The golden file data_digits holds rows 1564 to 1627 of the file, pixels divided by 16.
func TestRowsAreThoseOfGoldenData(t *testing.T) {
	b, err := os.ReadFile("../../../testdata/golden/data_digits.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatal(err)
	}
	xs, _ := file.Tensor("x")
	ys, _ := file.Tensor("y")
	want := arbench.Batch{X: arbench.NewTensor(64, 1, 8, 8)}
	for i := range want.X.Data {
		want.X.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(xs.Data()[4*i:]))
	}
	for i := range 64 {
		want.Y = append(want.Y, int(binary.LittleEndian.Uint64(ys.Data()[8*i:])))
		want.ID = append(want.ID, 1564-split+i)
	}
	got := arbench.ReadBatch(open(t).Test, []int{1, 8, 8}, want.ID)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// Counts by class of the file's rows before and from 1157 on, by awk.
func TestSplitsHaveTheirClasses(t *testing.T) {
	data := open(t)
	want := map[arbench.Split][10]int{
		arbench.Train: {114, 117, 114, 118, 116, 117, 116, 115, 114, 116},
		arbench.Test:  {64, 65, 63, 65, 65, 65, 65, 64, 60, 64},
	}
	got := map[arbench.Split][10]int{}
	x := make([]float32, pixels)
	for _, s := range []arbench.Split{arbench.Train, arbench.Test} {
		var count [10]int
		for i := range data.Split(s).Len() {
			count[data.Split(s).Read(i, x)]++
		}
		got[s] = count
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("examples of each class (-want +got):\n%s", diff)
	}
}

// Every form begins with the digits 0 to 9 in order.
func TestTestSplitBeginsWithAForm(t *testing.T) {
	data, x := open(t), make([]float32, pixels)
	for i := range 20 {
		if y := data.Test.Read(i, x); y != i%10 {
			t.Errorf("test example %d has class %d, want %d", i, y, i%10)
		}
	}
}

func TestReadRefusesOtherData(t *testing.T) {
	var other bytes.Buffer
	z := gzip.NewWriter(&other)
	if _, err := z.Write([]byte(strings.Repeat("0,", 64) + "0\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		packed []byte
		want   string
	}{
		{"another file", other.Bytes(), "sha256"},
		{"a file cut short", archive[:len(archive)/2], "unexpected EOF"},
		{"no gzip file", []byte("0,0"), "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := read(tt.packed); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
