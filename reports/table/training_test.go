package table

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

func TestCurvesAreThoseThatThereAre(t *testing.T) {
	epochs := func(validation ...float64) []arbench.EpochResult {
		out := []arbench.EpochResult{{Loss: 2}, {Loss: 1}, {Loss: 0.5}}
		for i := range out {
			out[i].Epoch, out[i].Clean, out[i].Validation = i+1, float64(50+20*i), validation[i]
		}
		return out
	}
	nan := func() []float64 { z := 0.0; return []float64{z / z, z / z, z / z} }()
	r := pair(70, 12, drop{2, 1, 3})
	r.Models[0].Epochs, r.Models[1].Epochs = epochs(nan...), epochs(nan...)
	p := find(t, r, "Training").Parts[0]
	if d := cmp.Diff([][]string{
		{"std", "3", "█▃▁", "2.00", "0.500", "▁▅█", "50.0 %", "90.0 %"},
		{"at", "3", "█▃▁", "2.00", "0.500", "▁▅█", "50.0 %", "90.0 %"},
	}, texts(p, 0, 2, 3, 4, 5, 6, 7, 8)); d != "" || len(p.Columns) != 9 {
		t.Errorf("%d columns without validation, want 9; -want +got\n%s", len(p.Columns), d)
	}
	r.Models[1].Epochs = epochs(60, 70, 65)
	p = find(t, r, "Training").Parts[0]
	if d := cmp.Diff([][]string{{"–", "–", "–", "–"}, {"▁█▅", "60.0 %", "65.0 %", "70.0 % (epoch 2)"}},
		texts(p, 9, 10, 11, 12)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
