package arch_test

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/backendtest"
	"github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/internal/arch"
)

// TestDeepNetsRunOnTheCPUBackend holds nets that join layers, pool until one pixel is left, or work on
// tokens, to all rules of backends: logits of a float64 reference, derivatives of finite differences.
func TestDeepNetsRunOnTheCPUBackend(t *testing.T) {
	var nets []*arbench.Network
	for _, a := range []arbench.Architecture{
		&arch.VGG{Depth: 11, Width: 2, BatchNorm: true},
		&arch.VGG{Depth: 11, Width: 2},
		&arch.DenseNet{Depth: 10, Growth: 2},
		&arch.ViT{Patch: 2, Width: 6, Depth: 2, Heads: 3, MLPRatio: 2},
	} {
		n, err := a.Network([]int{1, 8, 8}, 3)
		if err != nil {
			t.Fatal(err)
		}
		nets = append(nets, n)
	}
	backendtest.Run(t, func() arbench.Backend { return &gorgonia.Backend{Numerics: "direct"} }, nets...)
}
