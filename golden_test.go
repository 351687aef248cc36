package arbench_test

import (
	"math"
	"testing"

	"github.com/arbench/arbench/internal/golden"
)

func openGolden(t *testing.T, name string) *golden.File {
	t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// near reports the first element of got that differs from want by more than abs + rel·|want|.
func near[G, W float32 | float64](t *testing.T, what string, got []G, want []W, abs, rel float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i, w := range want {
		w := float64(w)
		if d := math.Abs(float64(got[i]) - w); !(d <= abs+rel*math.Abs(w)) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}
