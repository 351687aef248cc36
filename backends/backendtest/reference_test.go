package backendtest

import (
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

// The reference against PyTorch's float64 logits, running statistics and losses of
// testdata/golden/grads_*: of the 64 images, or the first 16 where no batch statistics are needed.
func TestReferenceEqualsGolden(t *testing.T) {
	for _, c := range golden.Nets {
		spec := must(golden.Spec(c.Name))
		want := must(golden.Open("grads_" + c.Name))
		data := must(golden.Open("data_" + c.Data))
		x, y := data.Floats("x"), data.Ints("y")
		r := must(newReference(spec.Network, spec.Weights))
		z := must(r.logits(rows(x.Rows(0, 16)), arbench.Frozen))
		report(t, near(c.Name+": logits", wide(want.Floats("logits").Rows(0, 16).Data), narrow(join(z)), 1e-6))
		ce := crossEntropy(z, y[:16])
		report(t, near(c.Name+": ce", wide(want.Floats("ce").Data[:16]), narrow(ce), 1e-6))
		if c.Name != "resnet8_fashion" { // the one that normalizes batches
			continue
		}
		z = must(r.logits(rows(x), arbench.BatchUpdate))
		report(t, near("train.logits", wide(want.Floats("train.logits").Data), narrow(join(z)), 1e-6))
		names, values := r.statistics(spec.Weights)
		for i, name := range names {
			report(t, near(name, wide(want.Floats("train.stats1."+name).Data), narrow(values[i]), 1e-6))
		}
		if len(names) != 18 {
			t.Errorf("%d statistics, want 18: %s", len(names), strings.Join(names, " "))
		}
	}
}

// must returns v; without the vectors a test cannot go on.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

func report(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// The layers that no golden net has, by numbers worked out by hand.
func TestReferenceLayersEqualHandWork(t *testing.T) {
	two := [2]int{2, 2}
	one := [2]int{1, 1}
	x := []float64{1, 2, 3, 4} // 2×2
	for name, c := range map[string]struct{ want, got []float64 }{
		"average with padding": {
			[]float64{0.25, 0.75, 0.5, 1, 2.5, 1.5, 0.75, 1.75, 1},
			pool(x, []int{1, 2, 2}, []int{1, 3, 3}, two, one, one, false),
		},
		"greatest with padding": {
			[]float64{1, 2, 2, 3, 4, 4, 3, 4, 4},
			pool(x, []int{1, 2, 2}, []int{1, 3, 3}, two, one, one, true),
		},
		"shortcut": {
			[]float64{0, 1, 0},
			shortcut(arbench.ShortcutA{Out: 3, Stride: 2}, x, []int{1, 2, 2}, []int{3, 1, 1}),
		},
		"two groups": { // each group sees its own channel
			[]float64{2 * 5, 3 * 7},
			conv(arbench.Conv{Out: 2, Kernel: one, Stride: one, Groups: 2}, []float64{5, 7},
				[]int{2, 1, 1}, []int{2, 1, 1}, []float64{2, 3}, nil),
		},
		"dilation": { // rows 0 and 2, columns 0 and 3 of a window that moves by one column
			[]float64{1*1 + 2*4 + 3*11 + 4*14, 1*2 + 2*5 + 3*12 + 4*15},
			conv(arbench.Conv{Out: 1, Kernel: two, Stride: one, Dilation: [2]int{2, 3}},
				[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
				[]int{1, 3, 5}, []int{1, 1, 2}, []float64{1, 2, 3, 4}, nil),
		},
		"dense on two pixels": { // of two channels
			[]float64{1*1 + 2*3 + 5, 1*2 + 2*4 + 5},
			dense(x, 2, 1, []float64{1, 2}, []float64{5}),
		},
		"layer norm": { // two tokens of two channels, each a mean and ±1 of √3 deviations
			[]float64{10 - 2*0.5, 10 - 2*0.5, 20 + 3*0.5, 20 + 3*0.5},
			layerNorm(arbench.LayerNorm{Eps: 3}, x, 2, []float64{2, 3}, []float64{10, 20}),
		},
		"attention": { // exp of ln 3 · 1 and of 0 for the first token, of 0 twice for the second
			[]float64{(3*8 + 4) / 4.0, 6},
			attention(arbench.Attention{Heads: 1}, []float64{math.Log(3), 0, 1, 0, 8, 4}, 1),
		},
		"attention of two heads": { // the first has scores of 0, the second for its first token ln 3 and 0
			[]float64{6, 6, (30 + 20) / 4.0, 15},
			attention(arbench.Attention{Heads: 2}, []float64{
				0, 0, 1, 0, // queries of two channels, one for each head
				0, 0, math.Log(3), 0, // keys
				8, 4, 10, 20, // values
			}, 2),
		},
		"class token": {[]float64{9, 1, 2, 8, 3, 4}, classToken(x, []float64{9, 8})},
		"position":    {[]float64{11, 32, 23, 44}, position(x, []float64{10, 20, 30, 40}, 2)},
		"leaky-relu":  {[]float64{-0.02, 3}, apply([]float64{-2, 3}, function(arbench.LeakyReLU))},
		"elu":         {[]float64{-0.8646647167633873, 3}, apply([]float64{-2, 3}, function(arbench.ELU))},
		"softplus":    {[]float64{0.6931471805599453}, apply([]float64{0}, function(arbench.Softplus))},
		"silu":        {[]float64{0.7310585786300049}, apply([]float64{1}, function(arbench.SiLU))},
		"gelu":        {[]float64{0.8413447460685429}, apply([]float64{1}, function(arbench.GELU))},
		"tanh":        {[]float64{0.7615941559557649}, apply([]float64{1}, function(arbench.Tanh))},
	} {
		report(t, near(name, c.want, narrow(c.got), 1e-6))
	}
}
