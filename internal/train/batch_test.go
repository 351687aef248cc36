package train

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

func ids(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 100
	}
	return out
}

func TestBatchesHoldEachExampleOnce(t *testing.T) {
	for _, tc := range []struct{ n, size, groups, last int }{
		{10, 4, 3, 2}, {8, 4, 2, 4}, {9, 4, 2, 5}, {3, 8, 1, 3}, {1, 4, 1, 1},
	} {
		groups := batches(ids(tc.n), tc.size, 1, 2)
		all := slices.Sorted(slices.Values(slices.Concat(groups...)))
		if d := cmp.Diff(ids(tc.n), all); d != "" {
			t.Errorf("n %d: -want +got\n%s", tc.n, d)
		}
		if len(groups) != tc.groups || len(groups[len(groups)-1]) != tc.last {
			t.Errorf("n %d size %d: %d groups, the last of %d; want %d, %d", tc.n, tc.size,
				len(groups), len(groups[len(groups)-1]), tc.groups, tc.last)
		}
	}
}

func TestBatchesDependOnSeedAndEpochAlone(t *testing.T) {
	a := batches(ids(50), 8, 1, 2)
	if d := cmp.Diff(a, batches(ids(50), 8, 1, 2)); d != "" {
		t.Error(d)
	}
	for _, b := range [][][]int{batches(ids(50), 8, 1, 3), batches(ids(50), 8, 2, 2)} {
		if cmp.Equal(a, b) {
			t.Error("another seed or epoch gives the same order")
		}
	}
}

// image returns a batch of one 1×h×w image with pixel values 1, 2, 3 …
func image(id, h, w int) arbench.Batch {
	b := arbench.Batch{X: arbench.NewTensor(1, 1, h, w), Y: []int{0}, ID: []int{id}}
	for i := range b.X.Data {
		b.X.Data[i] = float32(i + 1)
	}
	return b
}

func TestShiftMovesAndBringsInZeros(t *testing.T) {
	tests := []struct {
		name   string
		dy, dx int
		want   []float32
	}{
		{"down and left", 1, -1, []float32{0, 0, 0, 2, 3, 0, 5, 6, 0}},
		{"up and right", -2, 1, []float32{0, 7, 8, 0, 0, 0, 0, 0, 0}},
		{"nowhere", 0, 0, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"out below", 3, 0, make([]float32, 9)},
		{"out to the left", 0, -4, make([]float32, 9)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := image(0, 3, 3)
			shift(b.X.Data, make([]float32, 9), 3, tt.dy, tt.dx)
			if d := cmp.Diff(tt.want, b.X.Data); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// Over many examples every shift of a crop and both sides of a flip occur, and each is what its
// kind says.
func TestAugmentDrawsEveryChange(t *testing.T) {
	crops, flips := map[float32]int{}, map[float32]int{}
	for id := range 400 {
		b := image(id, 8, 8) // an eighth of 8 is a shift of up to one pixel
		augment(b, []string{"crop"}, 1, 0)
		crops[b.X.Data[3*8+3]]++ // the value at (3, 3) tells where it came from
		b = image(id, 8, 8)
		augment(b, []string{"flip"}, 1, 0)
		flips[b.X.Data[0]]++
	}
	if len(crops) != 9 {
		t.Errorf("crop made %d different shifts, want 9", len(crops))
	}
	for v, n := range crops {
		if n < 20 || n > 80 { // 400/9 = 44, five standard deviations are 31
			t.Errorf("the crop that brings in %v was drawn %d times of 400", v, n)
		}
	}
	if flips[1]+flips[8] != 400 || flips[1] < 150 || flips[8] < 150 {
		t.Errorf("flips: %v, want about 200 of pixel 1 and of pixel 8", flips)
	}
}

func TestAugmentIsKeyedByExampleAndEpoch(t *testing.T) {
	both := []string{"crop", "flip"}
	one := image(5, 8, 8)
	augment(one, both, 3, 1)
	pair := arbench.Batch{X: arbench.JoinRows(image(4, 8, 8).X, image(5, 8, 8).X), Y: []int{0, 0}, ID: []int{4, 5}}
	augment(pair, both, 3, 1)
	if d := cmp.Diff(one.X.Row(0), pair.X.Row(1)); d != "" {
		t.Errorf("example 5 depends on its batch: -alone +with another\n%s", d)
	}
	differ := false
	for epoch := range 10 {
		b := image(5, 8, 8)
		augment(b, both, 3, epoch)
		differ = differ || !cmp.Equal(b.X.Data, one.X.Data)
	}
	if !differ {
		t.Error("ten epochs gave the same image")
	}
}
