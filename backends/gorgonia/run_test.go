package gorgonia

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// The rules below are those of Call and Pass.

func TestSeveralLossesAreSeparateCalls(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			c := newTrial(t, smallNets()["residual"], 5, arbench.KeyedRand(12))
			losses := []arbench.Loss{linearLoss(c.coef), crossEntropy(5, 3),
				arbench.Margin{Y: []int{0, 1, 2, 0, 1}}}
			call := arbench.Call{X: c.x, Losses: losses, Want: arbench.DX | arbench.DParams, Mode: m.mode,
				Groups: m.groups}
			model := c.model(t, 2)
			got := run(t, model, call)
			var want arbench.Pass
			each := c.model(t, 2) // adds up the derivatives by the parameters itself
			for _, l := range losses {
				call.Losses = []arbench.Loss{l}
				p := run(t, each, call)
				want.Logits = p.Logits
				want.Values, want.DX = append(want.Values, p.Values...), append(want.DX, p.DX...)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pass (-one by one +together):\n%.2000s", diff)
			}
			if diff := cmp.Diff(paramsOf(t, each), paramsOf(t, model)); diff != "" {
				t.Errorf("parameters (-one by one +together):\n%.2000s", diff)
			}
			sum := c.model(t, 2) // and without DX in one way back
			call.Losses, call.Want = losses, arbench.DParams
			run(t, sum, call)
			for name, p := range paramsOf(t, sum) {
				near(t, name, paramsOf(t, each)[name].Grad.Data, p.Grad.Data, 1e-4)
			}
		})
	}
}

func TestWeightsScaleOnlyParameters(t *testing.T) {
	c := newTrial(t, smallNets()["conv relu"], 5, arbench.KeyedRand(13))
	grads := func(weight []float32, want arbench.Want) (arbench.Pass, map[string]arbench.Param) {
		m := c.model(t, 2)
		p := run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Weight: weight, Want: want})
		return p, paramsOf(t, m)
	}
	both := arbench.DX | arbench.DParams
	plain, byN := grads(nil, both)
	for name, weight := range map[string][]float32{
		"equal": {2, 2, 2, 2, 2}, "zero": {0, 0, 0, 0, 0}, "one row": {0, 0, 1, 0, 0}, "signed": {1, -1, 0.5, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			p, got := grads(weight, both)
			if diff := cmp.Diff(plain, p); diff != "" {
				t.Errorf("pass (-without weights +with):\n%.2000s", diff)
			}
			_, alone := grads(weight, arbench.DParams)
			want := map[string][]float64{}
			for i, w := range weight {
				row := c.x.Rows(i, i+1)
				m := c.model(t, 1)
				run(t, m, arbench.Call{X: row, Losses: []arbench.Loss{linearLoss(c.coef.Rows(i, i+1))},
					Want: arbench.DParams})
				for name, q := range paramsOf(t, m) {
					if want[name] == nil {
						want[name] = make([]float64, len(q.Grad.Data))
					}
					for k, v := range q.Grad.Data {
						want[name][k] += float64(w) * float64(v)
					}
				}
			}
			for name := range byN {
				near(t, name, want[name], got[name].Grad.Data, gradTolerance)
				near(t, name+" alone", want[name], alone[name].Grad.Data, gradTolerance)
			}
		})
	}
}

func TestDerivativesAddUpUntilCleared(t *testing.T) {
	c := newTrial(t, smallNets()["conv bn relu"], 5, arbench.KeyedRand(14))
	m := c.model(t, 2)
	call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DParams}
	run(t, m, call)
	once := paramsOf(t, m)
	run(t, m, call)
	for name, p := range paramsOf(t, m) {
		for k, v := range p.Grad.Data {
			if v != 2*once[name].Grad.Data[k] {
				t.Fatalf("%s[%d] is %v after two passes and %v after one", name, k, v, once[name].Grad.Data[k])
			}
		}
	}
	m.ClearGrad()
	for name, p := range paramsOf(t, m) {
		if i := firstBad(p.Grad.Data, 1); i >= 0 || distance(make([]float32, len(p.Grad.Data)), p.Grad.Data) != 0 {
			t.Errorf("%s is not clear", name)
		}
	}
}

// Running statistics follow those of the groups in order: here against the float64 reference, with
// biased variances inside and unbiased ones outside.
func TestGroupsMoveStatisticsInOrder(t *testing.T) {
	c := newTrial(t, netOf([]int{2, 3, 3}, bn(), arbench.Flatten{}), 5, arbench.KeyedRand(15))
	m := c.model(t, 2)
	run(t, m, arbench.Call{X: c.x, Mode: arbench.BatchStats, Groups: []int{2, 3}})
	if diff := cmp.Diff(c.params[2].Value, paramsOf(t, m)["a.running_mean"].Value); diff != "" {
		t.Errorf("BatchStats moved the mean (-before +after):\n%s", diff)
	}
	run(t, m, arbench.Call{X: c.x, Mode: arbench.BatchUpdate, Groups: []int{2, 3}})
	mean, variance := toFloat64(c.params[2].Value.Data), toFloat64(c.params[3].Value.Data)
	for k := range 2 {
		lo := 0
		for _, g := range []int{2, 3} {
			mu, v := refMoments(toFloat64(c.x.Data), lo, g, k, 2, 9)
			count := float64(9 * g)
			mean[k] += 0.2 * (mu - mean[k])
			variance[k] += 0.2 * (v*count/(count-1) - variance[k])
			lo += g
		}
	}
	near(t, "running_mean", mean, paramsOf(t, m)["a.running_mean"].Value.Data, 1e-6)
	near(t, "running_var", variance, paramsOf(t, m)["a.running_var"].Value.Data, 1e-6)
}

// New weights and statistics take effect at once, folded or not.
func TestParametersTakeEffect(t *testing.T) {
	a := newTrial(t, smallNets()["residual"], 5, arbench.KeyedRand(16))
	b := newTrial(t, a.net, 5, arbench.KeyedRand(17))
	m, fresh := a.model(t, 2), b.model(t, 2)
	for _, want := range []arbench.Want{0, arbench.DX, arbench.DX | arbench.DParams} {
		call := arbench.Call{X: a.x, Losses: []arbench.Loss{linearLoss(a.coef)}, Want: want}
		if err := m.SetParams(t.Context(), a.params); err != nil {
			t.Fatal(err)
		}
		run(t, m, call)
		if err := m.SetParams(t.Context(), b.params); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(run(t, fresh, call), run(t, m, call)); diff != "" {
			t.Errorf("want %d (-new model +new parameters):\n%.2000s", want, diff)
		}
	}
}

func TestParamsRoundTrip(t *testing.T) {
	for name, net := range smallNets() {
		c := newTrial(t, net, 2, arbench.KeyedRand(18, name))
		for i, p := range c.params {
			if p.Role != arbench.Statistic {
				c.params[i].Grad = p.Value.Clone()
			} else {
				c.params[i].Grad = arbench.Tensor{}
			}
		}
		m := c.model(t, 1)
		if err := m.SetParams(t.Context(), c.params); err != nil {
			t.Fatal(err)
		}
		got, err := m.Params(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.params, got); diff != "" {
			t.Errorf("%s (-set +got):\n%.2000s", name, diff)
		}
	}
}

// A graph for few rows makes way for one for many; fewer rows then use that one.
func TestRowsMayGrowAndShrink(t *testing.T) {
	c := newTrial(t, smallNets()["conv bn relu"], 40, arbench.KeyedRand(19))
	m := openNet(t, arbench.ModelSpec{Network: c.net, Weights: c.params, Batch: 8, Threads: 2})
	var kept *graph
	for _, n := range []int{3, 8, 1, 40, 39, 2} {
		call := arbench.Call{X: c.x.Rows(0, n), Losses: []arbench.Loss{linearLoss(c.coef.Rows(0, n))},
			Want: arbench.DX}
		if diff := cmp.Diff(run(t, c.model(t, 1), call), run(t, m, call)); diff != "" {
			t.Errorf("%d rows (-model of its own +this):\n%.2000s", n, diff)
		}
		if g := m.graphs[purpose{dx: true}]; kept != nil && g != kept && n != 40 {
			t.Errorf("%d rows compiled another graph", n)
		} else {
			kept = g
		}
	}
	if len(m.graphs) != 1 {
		t.Errorf("%d graphs, want 1", len(m.graphs))
	}
}

func TestOneValueHasNoVariance(t *testing.T) {
	c := newTrial(t, smallNets()["wide dense"], 4, arbench.KeyedRand(21))
	_, err := c.model(t, 1).Run(t.Context(), arbench.Call{X: c.x, Mode: arbench.BatchStats, Groups: []int{3, 1}})
	want := `batch normalization "c": one value per channel has no variance`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestCancelledRunStops(t *testing.T) {
	c := newTrial(t, smallNets()["dense"], 4, arbench.KeyedRand(23))
	m := c.model(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, want := range []arbench.Want{0, arbench.DX, arbench.DParams} {
		_, err := m.Run(ctx, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: want})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("want %d: error %v, want %v", want, err, context.Canceled)
		}
	}
}
