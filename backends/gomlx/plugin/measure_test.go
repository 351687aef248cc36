//go:build gomlx

package plugin

import (
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
)

// TestMeasureGoEngine measures the engine that is in every program: its products are of float32.
func TestMeasureGoEngine(t *testing.T) {
	b, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Measure(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1e of matrices, %.1e of convolutions", p.MatMul, p.Conv)
	if p.String() != "float32" || p.MatMul == 0 || p.Conv == 0 {
		t.Errorf("%+v is called %s, want float32 and its rounding", p, p)
	}
}
