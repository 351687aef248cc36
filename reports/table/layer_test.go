package table

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// TestLayersAreInTheOrderOfTheirNet has a net of fc1 and fc2 come before one of conv1, fc1 and fc2.
func TestLayersAreInTheOrderOfTheirNet(t *testing.T) {
	r := nets([]drop{{2, 1, 3}}, []drop{{3, 2, 4}})
	for model, layers := range map[string][]string{
		"std": {"fc1", "fc2"}, "at": {"fc1", "fc2"}, "std2": {"conv1", "fc1", "fc2"}, "at2": {"conv1", "fc1", "fc2"},
	} {
		a := answer(arbench.ProbeCell, model, 0)
		for _, name := range []string{spread, "singular cv"} {
			for _, layer := range layers {
				q := quantity(name, "", 1, 0.9, 1.1)
				q.Detail = layer
				a.Quantities = append(a.Quantities, q)
			}
		}
		if len(layers) == 2 {
			r.Cells = append([]arbench.Result{a}, r.Cells...)
		} else {
			r.Cells = append(r.Cells, a)
		}
	}
	parts := find(t, r, "What it regularizes: the weights").Parts
	want := [][]string{
		{"singular std, fc1"}, {"singular std, fc2"}, {"singular cv, fc1"}, {"singular cv, fc2"},
	}
	if d := cmp.Diff(want, texts(parts[1], 0)); d != "" {
		t.Errorf("std (-want +got):\n%s", d)
	}
	want = [][]string{
		{"singular std, conv1"}, {"singular std, fc1"}, {"singular std, fc2"},
		{"singular cv, conv1"}, {"singular cv, fc1"}, {"singular cv, fc2"},
	}
	if d := cmp.Diff(want, texts(parts[3], 0)); d != "" {
		t.Errorf("std2 (-want +got):\n%s", d)
	}
}
