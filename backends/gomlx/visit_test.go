//go:build gomlx

package gomlx

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// Layers shown alone, one after the other, are those shown together.
func TestVisitsOfLayersAreTold(t *testing.T) {
	net := netOf([]int{1, 2, 2}, arbench.Flatten{}, arbench.Dense{Out: 4}, act(arbench.ReLU), arbench.Dense{Out: 4})
	x, _ := images(net, 3)
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net})
		show := func(layers ...string) map[string]arbench.Tensor {
			shown := map[string]arbench.Tensor{}
			err := m.Visit(t.Context(), x, layers, func(layer string, a arbench.Tensor) error {
				shown[layer] = a.Clone()
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return shown
		}
		for layer, want := range show("b", "c", "d") {
			if d := cmp.Diff(map[string]arbench.Tensor{layer: want}, show(layer)); d != "" {
				t.Errorf("layer %s (-with others +alone):\n%s", layer, d)
			}
		}
	})
}
