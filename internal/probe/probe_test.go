package probe

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// By hand, of 1 to 100: mean 50.5, s = √(10100/12) = 29.011492, t(0.975, 99) = 1.984217; of the
// standard deviation, m₄ = (n²-1)(3n²-7)/240 = 1249583.3625 and half width 1.959964·√(m₄/100 -
// s⁴/100)/(2s) = 2.484958; of the median, P(B ≤ 39) = 0.0176 and P(B ≤ 40) = 0.0284, so ranks 40, 61.
func TestSummaryHasKnownIntervals(t *testing.T) {
	v := make([]float64, 100)
	for i := range v {
		v[i] = float64(100 - i)
	}
	type row struct {
		Name          string
		Value, Lo, Hi float64
	}
	var got []row
	for _, q := range (sample{arbench.Test, 0.95}).summary("change", "fc1", v, []float64{0.5}) {
		got = append(got, row{q.Name, q.Value, q.Lo, q.Hi})
	}
	want := []row{
		{"change", 50.5, 44.743490, 56.256510},
		{"change std", 29.011492, 26.526534, 31.496450},
		{"change 50 %", 50, 40, 61},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-3)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
