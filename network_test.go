package arbench_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

var (
	conv3 = arbench.Conv{Out: 4, Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1}}
	pool2 = arbench.MaxPool{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}}
	norm  = arbench.BatchNorm{Eps: 1e-5, Momentum: 0.1}
)

// residualNet has one layer of every kind that a residual net needs.
func residualNet() *arbench.Network {
	n := &arbench.Network{Input: []int{3, 8, 8}}
	n.Add("conv1", conv3)
	n.Add("bn1", norm)
	stem := n.Add("relu1", arbench.Activation{Function: arbench.ReLU})
	n.Add("conv2", arbench.Conv{
		Out: 8, Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}, Groups: 2, Bias: true,
	})
	branch := n.Add("bn2", norm)
	short := n.Add("short", arbench.ShortcutA{Out: 8, Stride: 2}, stem)
	n.Add("add", arbench.Add{}, branch, short)
	n.Add("join", arbench.Concat{}, "add", short)
	n.Add("pool", pool2)
	n.Add("avg", arbench.AvgPool{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1}})
	n.Add("gap", arbench.GlobalAvgPool{})
	n.Add("fc", arbench.Dense{Out: 10, Bias: true})
	return n
}

func TestShapesOfResidualNet(t *testing.T) {
	shapes, err := residualNet().Shapes()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]int{
		{4, 8, 8}, {4, 8, 8}, {4, 8, 8}, {8, 4, 4}, {8, 4, 4}, {8, 4, 4}, {8, 4, 4},
		{16, 4, 4}, {16, 2, 2}, {16, 3, 3}, {16}, {10},
	}
	if diff := cmp.Diff(want, shapes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := residualNet().Classes(); got != 10 {
		t.Errorf("%d classes, want 10", got)
	}
}

// Sizes are PyTorch's: floor((n + 2 pad - dilation (kernel - 1) - 1) / stride) + 1.
func TestShapesOfDilatedConv(t *testing.T) {
	c := arbench.Conv{Out: 2, Kernel: [2]int{3, 2}, Stride: [2]int{1, 2}, Pad: [2]int{2, 0}, Dilation: [2]int{2, 3}}
	for dilation, want := range map[[2]int][]int{{2, 3}: {2, 8, 3}, {1, 1}: {2, 10, 4}, {}: {2, 10, 4}, {5, 0}: {2, 2, 4}} {
		c.Dilation = dilation
		got, err := c.Shape([][]int{{3, 8, 8}})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("dilation %v: error %v, shape -want +got:\n%s", dilation, err, diff)
		}
	}
}

func TestShapesNamesTheLayerThatDoesNotFit(t *testing.T) {
	flat, dense := arbench.Flatten{}, arbench.Dense{Out: 2}
	for _, c := range []struct {
		name string
		add  func(n *arbench.Network)
		want []string
	}{
		{"dense on an image", func(n *arbench.Network) { n.Add("fc", dense) }, []string{`"fc"`, "logits"}},
		{"conv on a vector", func(n *arbench.Network) { n.Add("f", flat); n.Add("c", conv3) }, []string{`"c"`}},
		{"groups", func(n *arbench.Network) {
			n.Add("c", arbench.Conv{Out: 4, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Groups: 2})
		}, []string{`"c"`, "groups"}},
		{"no channels", func(n *arbench.Network) {
			n.Add("c", arbench.Conv{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}})
		}, []string{`"c": 0 output channels, want at least one`}},
		{"kernel too large", func(n *arbench.Network) {
			n.Add("c", arbench.Conv{Out: 4, Kernel: [2]int{9, 9}, Stride: [2]int{1, 1}})
		}, []string{`"c"`, "larger"}},
		{"dilated kernel too large", func(n *arbench.Network) {
			n.Add("c", arbench.Conv{Out: 4, Kernel: [2]int{3, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{4, 9}})
		}, []string{`"c"`, "larger", "[9 1]"}},
		{"negative dilation", func(n *arbench.Network) {
			n.Add("c", arbench.Conv{Out: 4, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{0, -1}})
		}, []string{`"c"`, "dilation [0 -1]"}},
		{"endless dilation", func(n *arbench.Network) { // 4 · 2⁶² overflows to 0
			n.Add("c", arbench.Conv{Out: 4, Kernel: [2]int{5, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1 << 62, 1}})
		}, []string{`"c"`, "dilation"}},
		{"no stride", func(n *arbench.Network) {
			n.Add("p", arbench.MaxPool{Kernel: [2]int{2, 2}})
		}, []string{`"p"`, "stride"}},
		{"pool of padding", func(n *arbench.Network) {
			n.Add("p", arbench.AvgPool{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Pad: [2]int{2, 2}})
		}, []string{`"p"`, "half"}},
		{"unknown source", func(n *arbench.Network) { n.Add("f", flat, "nowhere") }, []string{`"f"`, `"nowhere"`}},
		{"reads itself", func(n *arbench.Network) { n.Add("f", flat, "f") }, []string{`"f"`}},
		{"name taken", func(n *arbench.Network) { n.Add("f", flat); n.Add("f", dense) }, []string{"layer 1", `"f"`}},
		{"name empty", func(n *arbench.Network) { n.Add("", flat) }, []string{"layer 0"}},
		{"adds one", func(n *arbench.Network) { n.Add("c", conv3); n.Add("a", arbench.Add{}) }, []string{`"a"`}},
		{"adds two shapes", func(n *arbench.Network) {
			n.Add("c", conv3)
			n.Add("a", arbench.Add{}, "c", "")
		}, []string{`"a"`, "[4 8 8]", "[3 8 8]"}},
		{"joins two sizes", func(n *arbench.Network) {
			n.Add("p", pool2)
			n.Add("j", arbench.Concat{}, "p", "")
		}, []string{`"j"`}},
		{"unknown activation", func(n *arbench.Network) {
			n.Add("x", arbench.Activation{Function: "sine"})
		}, []string{`"x"`, `"sine"`, "relu"}},
		{"batch norm without eps", func(n *arbench.Network) { n.Add("bn", arbench.BatchNorm{}) }, []string{`"bn"`}},
		{"shortcut shrinks", func(n *arbench.Network) {
			n.Add("s", arbench.ShortcutA{Out: 2, Stride: 1})
		}, []string{`"s"`}},
		{"layer norm without eps", func(n *arbench.Network) { n.Add("ln", arbench.LayerNorm{}) }, []string{`"ln"`, "eps"}},
		{"no queries", func(n *arbench.Network) {
			n.Add("c", conv3)
			n.Add("a", arbench.Attention{Heads: 1})
		}, []string{`"a"`, "4 channels", "equal width"}},
		{"heads", func(n *arbench.Network) {
			n.Add("q", arbench.Dense{Out: 24})
			n.Add("a", arbench.Attention{Heads: 3})
		}, []string{`"a"`, "3 heads do not divide 8 channels"}},
		{"token of a vector", func(n *arbench.Network) { n.Add("f", flat); n.Add("t", arbench.ClassToken{}) }, []string{`"t"`, "axes"}},
		{"ends in an image", func(n *arbench.Network) { n.Add("c", conv3) }, []string{`"c"`, "logits"}},
		{"empty", func(*arbench.Network) {}, []string{"without layers"}},
		{"input", func(n *arbench.Network) { n.Input = []int{3, 8} }, []string{"[3 8]"}},
		{"normalization", func(n *arbench.Network) {
			n.Normalize = &arbench.Normalize{Mean: []float64{0}, Std: []float64{1}}
		}, []string{"3 channels"}},
	} {
		n := &arbench.Network{Input: []int{3, 8, 8}}
		c.add(n)
		_, err := n.Shapes()
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v, want it to say %s", c.name, err, w)
			}
		}
		if n.Classes() != 0 {
			t.Errorf("%s: %d classes, want 0", c.name, n.Classes())
		}
	}
}

func TestNetsThatComputeOtherThingsHaveOtherJSON(t *testing.T) {
	seen := map[string]string{}
	dilated := conv3
	dilated.Dilation = [2]int{2, 1}
	for name, op := range map[string]arbench.Op{
		"max": pool2, "avg": arbench.AvgPool(pool2), "flat": arbench.Flatten{},
		"gap": arbench.GlobalAvgPool{}, "relu": arbench.Activation{Function: arbench.ReLU},
		"gelu": arbench.Activation{Function: arbench.GELU}, "conv": conv3, "dilated": dilated,
		"heads": arbench.Attention{Heads: 1}, "norm": arbench.LayerNorm{Eps: 1}, "place": arbench.Position{},
		"class": arbench.ClassToken{}, "first": arbench.FirstToken{},
	} {
		n := &arbench.Network{Input: []int{3, 8, 8}}
		n.Add("x", op)
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := seen[string(b)]; taken {
			t.Errorf("%s and %s are both written %s", name, other, b)
		}
		seen[string(b)] = name
	}
}

func TestFindGoesByTheNet(t *testing.T) {
	n := residualNet()
	got, err := n.Find([]string{"fc", "relu1", "fc"})
	if diff := cmp.Diff([]int{2, 11}, got); diff != "" || err != nil {
		t.Errorf("error %v, -want +got:\n%s", err, diff)
	}
	if at, err := n.Find(nil); len(at) != 0 || err != nil {
		t.Errorf("of no names: %v and error %v", at, err)
	}
	if _, err := n.Find([]string{"fc", "fc3"}); err == nil || !strings.Contains(err.Error(), `no layer "fc3" in this net`) {
		t.Errorf("error %v for a name of no layer", err)
	}
}
