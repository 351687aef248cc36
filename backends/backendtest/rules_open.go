package backendtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

func describes(ctx context.Context, k *kit) error {
	b := k.open().Info()
	if b.Doc == "" || b.Numerics == "" {
		return fmt.Errorf("backend info %+v: want a doc and the numerics", b)
	}
	m, err := k.model(ctx)
	if err != nil {
		return err
	}
	info := m.Info()
	_, trainable := m.(arbench.Trainable)
	switch {
	case !slices.Equal(info.Shape, k.net.Input):
		return fmt.Errorf("shape %v, want %v", info.Shape, k.net.Input)
	case info.Classes != k.net.Classes():
		return fmt.Errorf("%d classes, want %d", info.Classes, k.net.Classes())
	case info.Access > b.Access:
		return fmt.Errorf("access to %v exceeds the backend's, %v", info.Access, b.Access)
	case info.Access == arbench.Weights && !trainable:
		return fmt.Errorf("access to weights without being trainable")
	case info.Network != k.net:
		return fmt.Errorf("the network is not the one that was opened")
	}
	return nil
}

func initial(ctx context.Context, k *kit, _ arbench.Trainable) error {
	for _, s := range []uint64{seed, seed + 1} {
		m, err := k.open().Open(ctx, arbench.ModelSpec{Network: k.net, Seed: s})
		if err != nil {
			return err
		}
		want, err := k.net.Init(s)
		if err != nil {
			return err
		}
		got, err := m.(arbench.Trainable).Params(ctx)
		if err != nil {
			return err
		}
		if err := sameParams(fmt.Sprintf("seed %d", s), want, got); err != nil {
			return err
		}
	}
	return nil
}

func givenWeights(ctx context.Context, k *kit, _ arbench.Trainable) error {
	given, err := k.weights()
	if err != nil {
		return err
	}
	m, err := k.open().Open(ctx, arbench.ModelSpec{Network: k.net, Seed: 99, Weights: given})
	if err != nil {
		return err
	}
	for _, p := range given {
		for i := range p.Value.Data {
			p.Value.Data[i] = 1e6
		}
	}
	want, err := k.weights()
	if err != nil {
		return err
	}
	got, err := m.(arbench.Trainable).Params(ctx)
	if err != nil {
		return err
	}
	return sameParams("after the caller changed its own copy", want, got)
}

func wrongWeights(ctx context.Context, k *kit) error {
	for name, spoil := range map[string]func(ps []arbench.Param) []arbench.Param{
		"one missing": func(ps []arbench.Param) []arbench.Param { return ps[1:] },
		"one too many": func(ps []arbench.Param) []arbench.Param {
			return append(ps, arbench.Param{Name: "extra", Value: arbench.NewTensor(1)})
		},
		"one of another shape": func(ps []arbench.Param) []arbench.Param {
			ps[0].Value = arbench.NewTensor(len(ps[0].Value.Data) + 1)
			return ps
		},
	} {
		ps, err := k.weights()
		if err != nil {
			return err
		}
		spec := arbench.ModelSpec{Network: k.net, Weights: spoil(ps)}
		if _, err := k.open().Open(ctx, spec); err == nil {
			return fmt.Errorf("%s: no error", name)
		}
	}
	return nil
}

// strange is an operation that no backend knows.
type strange struct{}

func (strange) Kind() string { return "strange" }

func (strange) Shape(in [][]int) ([]int, error) { return in[0], nil }

func unknownLayer(ctx context.Context, k *kit) error {
	n := *k.net
	n.Layers = slices.Clone(n.Layers)
	n.Add("odd.one", strange{})
	_, err := k.open().Open(ctx, arbench.ModelSpec{Network: &n})
	if err == nil || !strings.Contains(err.Error(), "odd.one") {
		return fmt.Errorf("a net whose layer %q is unknown: error %v, want it named", "odd.one", err)
	}
	return nil
}

func notANumber(ctx context.Context, k *kit, m arbench.Model) error {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		c := k.call(3, 0)
		c.X.Row(1)[len(c.X.Row(1))-1] = float32(v)
		if _, err := m.Run(ctx, c); err == nil {
			return fmt.Errorf("a pixel of %v: no error", v)
		}
	}
	if _, err := m.Run(ctx, k.call(3, 0)); err != nil {
		return fmt.Errorf("the next call fails, too: %w", err)
	}
	return nil
}

func brokenWeight(ctx context.Context, k *kit, m arbench.Trainable) error {
	ps, err := m.Params(ctx)
	if err != nil {
		return err
	}
	last := ps[len(ps)-1]
	for i := range last.Value.Data {
		last.Value.Data[i] = float32(math.NaN())
	}
	last.Grad = arbench.Tensor{}
	if err := m.SetParams(ctx, []arbench.Param{last}); err != nil {
		return err
	}
	layer := last.Name
	if dot := strings.LastIndex(layer, "."); dot >= 0 {
		layer = layer[:dot]
	}
	if _, err := m.Run(ctx, k.call(2, 0)); err == nil || !strings.Contains(err.Error(), layer) {
		return fmt.Errorf("%s is NaN: error %v, want it to name layer %q", last.Name, err, layer)
	}
	return nil
}

func wrongShape(ctx context.Context, k *kit, m arbench.Model) error {
	in := k.net.Input
	calls := map[string]func(c *arbench.Call){
		"a channel too many": func(c *arbench.Call) { c.X = arbench.NewTensor(3, in[0]+1, in[1], in[2]) },
		"a column too many":  func(c *arbench.Call) { c.X = arbench.NewTensor(3, in[0], in[1], in[2]+1) },
		"flat images":        func(c *arbench.Call) { c.X.Shape = []int{3, arbench.Volume(in)} },
		"too few numbers":    func(c *arbench.Call) { c.X.Data = c.X.Data[:len(c.X.Data)-1] },
		"a weight too few":   func(c *arbench.Call) { c.Weight = []float32{1, 1} },
		"groups of too few":  func(c *arbench.Call) { c.Groups = []int{1, 1} },
	}
	if m.Info().Access >= arbench.Gradients {
		calls["derivatives of no loss"] = func(c *arbench.Call) { c.Losses, c.Want = nil, arbench.DX }
	}
	for name, spoil := range calls {
		c := k.call(3, 0)
		spoil(&c)
		if _, err := m.Run(ctx, c); err == nil {
			return fmt.Errorf("%s: no error", name)
		}
	}
	return nil
}

func cancelled(ctx context.Context, k *kit, m arbench.Model) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.Run(ctx, k.call(2, 0)); err == nil {
		return fmt.Errorf("Run: no error")
	}
	if _, err := k.open().Open(ctx, arbench.ModelSpec{Network: k.net}); err == nil {
		return fmt.Errorf("no error from Open")
	}
	return nil
}
