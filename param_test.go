package arbench_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

func TestParamsHaveTheNamesAndShapesOfPyTorch(t *testing.T) {
	ps, err := residualNet().Params()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ps {
		got = append(got, fmt.Sprint(p.Name, " ", p.Role, " ", p.Value.Shape))
	}
	want := []string{
		"conv1.weight weight [4 3 3 3]",
		"bn1.weight scale [4]", "bn1.bias shift [4]",
		"bn1.running_mean statistic [4]", "bn1.running_var statistic [4]",
		"conv2.weight weight [8 2 3 3]", "conv2.bias bias [8]",
		"bn2.weight scale [8]", "bn2.bias shift [8]",
		"bn2.running_mean statistic [8]", "bn2.running_var statistic [8]",
		"fc.weight weight [10 16]", "fc.bias bias [10]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The residual net has 4·27 + 2·4 + 8·2·9 + 8 + 2·8 + 160 + 10 values that are not statistics.
// tokenNet has one layer of every kind that works on tokens, over 2×3 patches.
func tokenNet() *arbench.Network {
	n := &arbench.Network{Input: []int{3, 4, 6}}
	n.Add("embed", arbench.Conv{Out: 8, Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}})
	n.Add("class", arbench.ClassToken{})
	n.Add("place", arbench.Position{})
	n.Add("norm", arbench.LayerNorm{Eps: 1e-6})
	n.Add("qkv", arbench.Dense{Out: 24, Bias: true})
	n.Add("heads", arbench.Attention{Heads: 2})
	n.Add("first", arbench.FirstToken{})
	n.Add("fc", arbench.Dense{Out: 10})
	return n
}

func TestShapesAndParamsOfTokens(t *testing.T) {
	shapes, err := tokenNet().Shapes()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]int{{8, 2, 3}, {8, 1, 7}, {8, 1, 7}, {8, 1, 7}, {24, 1, 7}, {8, 1, 7}, {8}, {10}}
	if diff := cmp.Diff(want, shapes); diff != "" {
		t.Errorf("shapes -want +got:\n%s", diff)
	}
	ps, err := tokenNet().Params()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ps {
		got = append(got, fmt.Sprint(p.Name, " ", p.Role, " ", p.Value.Shape))
	}
	names := []string{
		"embed.weight weight [8 3 2 2]", "class embedding [1 1 8]", "place embedding [1 7 8]",
		"norm.weight scale [8]", "norm.bias shift [8]", "qkv.weight weight [24 8]", "qkv.bias bias [24]",
		"fc.weight weight [10 8]",
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("parameters -want +got:\n%s", diff)
	}
}

// The bounds of the sample deviation are four of its own deviations, 0.02/√(2·2048), away.
func TestEmbeddingsStartNormal(t *testing.T) {
	n := &arbench.Network{Input: []int{32, 8, 8}}
	n.Add("place", arbench.Position{})
	n.Add("first", arbench.FirstToken{})
	first, other := must[[]arbench.Param](t)(n.Init(1)), must[[]arbench.Param](t)(n.Init(2))
	square := 0.0
	for _, v := range first[0].Value.Data {
		square += float64(v) * float64(v) / 2048
	}
	if d := math.Sqrt(square); math.Abs(d-0.02) > 0.00125 || cmp.Equal(first, other) {
		t.Errorf("deviation %v, want 0.02 and other numbers for another seed", d)
	}
}

func TestSizeCountsWhatTrainingMoves(t *testing.T) {
	if n, err := residualNet().Size(); n != 454 || err != nil {
		t.Errorf("size %d, %v, want 454", n, err)
	}
	if _, err := (&arbench.Network{}).Size(); err == nil {
		t.Error("a net that does not fit together has a size")
	}
}

// No machine could hold the first net; no int could hold the numbers of the others.
func TestSizeMakesNoParameters(t *testing.T) {
	for _, tt := range []struct {
		name   string
		hidden []int
		want   int // 0: an error
	}{
		{"10¹² values", []int{1 << 20, 1 << 20}, 12<<20 + 1<<40},
		{"in one parameter", []int{1 << 32, 1 << 32}, 0},
		{"in all together", []int{1 << 31, 1 << 31, 1 << 31, 1 << 31}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := &arbench.Network{Input: []int{1, 1, 2}}
			n.Add("flatten", arbench.Flatten{})
			for i, h := range tt.hidden {
				n.Add(fmt.Sprint("fc", i), arbench.Dense{Out: h})
			}
			n.Add("fc", arbench.Dense{Out: 10})
			got, err := n.Size()
			if got != tt.want && tt.want > 0 || (err == nil) != (tt.want > 0) {
				t.Errorf("size %d, %v, want %d", got, err, tt.want)
			}
		})
	}
}

func TestInitIsKeyedBySeedAndBounded(t *testing.T) {
	n := residualNet()
	a, b, c := must[[]arbench.Param](t), must[[]arbench.Param](t), must[[]arbench.Param](t)
	first, again, other := a(n.Init(7)), b(n.Init(7)), c(n.Init(8))
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("one seed, two nets:\n%s", diff)
	}
	fanIn := map[string]int{"conv1": 27, "conv2": 18, "fc": 16}
	for i, p := range first {
		layer, _, _ := strings.Cut(p.Name, ".")
		lo, hi, same := math.Inf(1), math.Inf(-1), true
		for j, v := range p.Value.Data {
			lo, hi = min(lo, float64(v)), max(hi, float64(v))
			same = same && v == other[i].Value.Data[j]
		}
		switch p.Role {
		case arbench.Weight, arbench.Bias:
			bound := 1 / math.Sqrt(float64(fanIn[layer]))
			if lo < -bound || hi > bound || hi-lo < bound/2 || same {
				t.Errorf("%s is in [%v, %v], want within ±%v and other numbers for another seed",
					p.Name, lo, hi, bound)
			}
		default:
			want := 0.0
			if p.Role == arbench.Scale || strings.HasSuffix(p.Name, "var") {
				want = 1
			}
			if lo != want || hi != want {
				t.Errorf("%s is in [%v, %v], want %v", p.Name, lo, hi, want)
			}
		}
	}
}

func TestInitOfALayerDoesNotDependOnOthers(t *testing.T) {
	short, long := softmaxNet(3, 1, 2, 3), &arbench.Network{Input: []int{1, 2, 3}}
	long.Add("conv", arbench.Conv{Out: 1, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}})
	long.Add("flat", arbench.Flatten{})
	long.Add("fc", arbench.Dense{Out: 3, Bias: true})
	a, b := must[[]arbench.Param](t), must[[]arbench.Param](t)
	if diff := cmp.Diff(a(short.Init(1)), b(long.Init(1))[1:]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCheckParamsSaysWhatDiffers(t *testing.T) {
	n := softmaxNet(3, 1, 2, 3)
	given := func() []arbench.Param { return must[[]arbench.Param](t)(n.Init(1)) }
	if err := n.CheckParams(given()); err != nil {
		t.Error(err)
	}
	missing, extra, misshapen := given()[:1], given(), given()
	extra = append(extra, arbench.Param{Name: "gc.bias"})
	misshapen[0].Value = arbench.NewTensor(3, 5)
	for want, ps := range map[string][]arbench.Param{
		`"fc.bias" is missing`: missing, `"gc.bias" is not one`: extra, "[3 5], want [3 6]": misshapen,
	} {
		if err := n.CheckParams(ps); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestCheckSetSaysWhatDoesNotFit(t *testing.T) {
	four, six := arbench.NewTensor(4), arbench.NewTensor(6)
	for _, tt := range []struct {
		name  string
		role  arbench.Role
		value arbench.Tensor
		grad  arbench.Tensor
		want  string // empty for none
	}{
		{"nothing", arbench.Weight, arbench.Tensor{}, arbench.Tensor{}, ""},
		{"both", arbench.Weight, six, six, ""},
		{"value of a statistic", arbench.Statistic, six, arbench.Tensor{}, ""},
		{"value", arbench.Weight, four, six, `parameter "p" has 4 values, want shape [3 2]`},
		{"derivative", arbench.Weight, six, four, `derivative of parameter "p" has 4 values, want shape [3 2]`},
		{"derivative of a statistic", arbench.Statistic, six, six, `parameter "p" is a statistic and has no derivative`},
	} {
		err := arbench.Param{Name: "p", Value: tt.value, Grad: tt.grad}.CheckSet(tt.role, []int{3, 2})
		if got := fmt.Sprint(err); tt.want == "" && err != nil || tt.want != "" && got != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
