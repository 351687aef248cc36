package bench

import (
	"testing"

	"github.com/arbench/arbench/internal/arch"
	"github.com/google/go-cmp/cmp"
)

// Multiply-adds by hand: 784·256 + 256·256 + 256·10; 28²·25·16 + 14²·25·16·32 + 1568·128 + 128·10. The
// nets of the papers: ResNet-20 has 40.6 million without the shortcuts' (He et al. 2016, CIFAR-10).
func TestCostOfNets(t *testing.T) {
	want := map[string][2]float64{
		"mlp": {784*256 + 256*256 + 256*10, 784 * 256},
		"cnn": {28*28*25*16 + 14*14*25*16*32 + 1568*128 + 128*10, 28 * 28 * 25 * 16},
		"resnet20": {
			32*32*9*(3*16+6*16*16) + 16*16*9*(16*32+5*32*32) + 8*8*9*(32*64+5*64*64) + 64*10,
			32 * 32 * 9 * 3 * 16,
		},
	}
	for _, n := range nets[:3] {
		net, err := n.arch.Network(n.input, 10)
		if err != nil {
			t.Fatal(err)
		}
		c, err := costOf(net)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[n.name], [2]float64{c.forward / 2, c.first / 2}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", n.name, diff)
		}
	}
	// Patches, then in a block of 17 tokens of 8 channels four linear maps and two products of all pairs.
	want["vit"] = [2]float64{16*4*8 + 17*8*(24+8+32+32) + 2*17*17*8 + 8*10, 16 * 4 * 8}
	net, err := (&arch.ViT{Patch: 2, Width: 8, Depth: 1, Heads: 2, MLPRatio: 4}).Network([]int{1, 8, 8}, 10)
	if err != nil {
		t.Fatal(err)
	}
	vit, err := costOf(net)
	if diff := cmp.Diff(want["vit"], [2]float64{vit.forward / 2, vit.first / 2}); diff != "" || err != nil {
		t.Errorf("vit: error %v, -want +got:\n%s", err, diff)
	}
	c := cost{forward: 10, first: 4}
	for cell, want := range map[string]float64{
		"forward": 10, "igrad": 20, "train": 26, "pgd10_train": 226, "pgd20": 400,
	} {
		if got := c.of(cell); got != want {
			t.Errorf("%s: %v, want %v", cell, got, want)
		}
	}
}
