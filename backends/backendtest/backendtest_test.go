package backendtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
)

// tinyNet has a convolution, batch statistics and a curved activation in 47 numbers.
func tinyNet() *arbench.Network {
	n := &arbench.Network{Input: []int{1, 3, 3}}
	n.Normalize = &arbench.Normalize{Mean: []float64{0.5}, Std: []float64{0.3}}
	n.Add("conv", arbench.Conv{Out: 2, Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}})
	n.Add("bn", arbench.BatchNorm{Eps: 1e-3, Momentum: 0.1})
	n.Add("act", arbench.Activation{Function: arbench.Softplus})
	n.Add("flat", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: 3, Bias: true})
	return n
}

func TestCheckPassesABackendThatKeepsTheRules(t *testing.T) {
	if err := Check(t.Context(), func() arbench.Backend { return &slow{} }, tinyNet()); err != nil {
		t.Error(err)
	}
}

// Every flaw is found, and by the rule that it breaks.
func TestCheckNamesTheRuleThatIsBroken(t *testing.T) {
	for broken, rule := range map[flaw]string{
		"own random numbers":               "Init(seed) gives the vocabulary's parameters",
		"keeps the caller's weights":       "given weights are used and copied",
		"ignores the context":              "cancelled context is an error",
		"takes NaN":                        "NaN input is an error",
		"takes flat images":                "wrong shape is an error",
		"gives rows the first one's value": "values are each row's own",
		"hands out its memory":             "inputs are left alone and results belong to the caller",
		"means over the batch":             "row independence: a row's results do not depend on other rows",
		"forgets a pixel":                  "input gradient equals finite differences",
		"overwrites derivatives":           "gradients accumulate until Step",
		"steps keep derivatives":           "gradients accumulate until Step",
		"never clears":                     "ClearGrad",
		"ignores weights":                  "parameter gradient equals finite differences",
		"weights scale images":             "weights scale parameter derivatives only",
		"drops given derivatives":          "SetParams/Params round trip",
		"ignores nesterov":                 "SGD and Adam steps equal a float64 reference",
		"couples the decay":                "SGD and Adam steps equal a float64 reference",
		"forgets moments":                  "snapshot/restore is bit-identical",
		"evaluation moves statistics":      "modes: BatchUpdate moves statistics, BatchStats and Frozen do not",
		"training leaves statistics":       "modes: BatchUpdate moves statistics, BatchStats and Frozen do not",
		"ignores groups":                   "Groups equal separate batches",
		"shows every layer":                "Visit shows named layers",
	} {
		err := Check(t.Context(), func() arbench.Backend { return &slow{broken} }, tinyNet())
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("rule %q", rule)) {
			t.Errorf("a backend that %s breaks:\n%v\nwant rule %q", broken, err, rule)
		}
	}
}

// threaded gives other bits with other numbers of threads.
type threaded struct{ slow }

func (b *threaded) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	if spec.Threads == 3 {
		return (&slow{"differs by threads"}).Open(ctx, spec)
	}
	return b.slow.Open(ctx, spec)
}

func TestCheckFindsBitsThatDependOnThreads(t *testing.T) {
	err := Check(t.Context(), func() arbench.Backend { return &threaded{} }, tinyNet())
	if got := brokenRules(err); !cmp.Equal(got, []string{"determinism over threads"}) {
		t.Errorf("broken rules %q", got)
	}
}

// brokenRules returns the rules that an error of Check names.
func brokenRules(err error) (names []string) {
	if err == nil {
		return nil
	}
	for line := range strings.Lines(err.Error()) {
		if _, rest, ok := strings.Cut(line, `rule "`); ok {
			name, _, _ := strings.Cut(rest, `"`)
			names = append(names, name)
		}
	}
	return names
}

// scores shows no more of a backend's models than their logits.
type scores struct{ slow }

type scoresModel struct{ arbench.Model }

func (b *scores) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	m, err := b.slow.Open(ctx, spec)
	return scoresModel{m}, err
}

func (m scoresModel) Info() arbench.ModelInfo {
	info := m.Model.Info()
	info.Access = arbench.Scores
	return info
}

func (m scoresModel) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if c.Want != 0 {
		return arbench.Pass{}, fmt.Errorf("scores only")
	}
	return m.Model.Run(ctx, c)
}

func TestCheckAsksAModelOnlyForWhatItHas(t *testing.T) {
	if err := Check(t.Context(), func() arbench.Backend { return &scores{} }, tinyNet()); err != nil {
		t.Error(err)
	}
}

// tight is softmax regression whose bounds do not enclose its logits, and which drops half of their
// derivative.
type tight struct{ *linear.Model }

func (m tight) Bounds(ctx context.Context, lo, hi arbench.Tensor) (zlo, zhi arbench.Tensor, err error) {
	zlo, zhi, err = m.Model.Bounds(ctx, lo, hi)
	for i, v := range zhi.Data {
		zhi.Data[i] = v - 0.4*(v-zlo.Data[i])
	}
	return zlo, zhi, err
}

func (m tight) BoundsGrad(ctx context.Context, lo, hi, dlo, _ arbench.Tensor) error {
	return m.Model.BoundsGrad(ctx, lo, hi, dlo, arbench.NewTensor(dlo.Shape...))
}

type tightBackend struct{ linear.Backend }

func (b *tightBackend) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	m, err := b.Backend.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	return tight{m.(*linear.Model)}, nil
}

func TestCheckFindsBoundsThatDoNotHold(t *testing.T) {
	n := &arbench.Network{Input: []int{1, 3, 3}}
	n.Add("flat", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: 3, Bias: true})
	got := brokenRules(Check(t.Context(), func() arbench.Backend { return &tightBackend{} }, n))
	want := []string{"Bounds enclose the logits", "the derivative of bounds equals finite differences"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("broken rules -want +got:\n%s", diff)
	}
}
