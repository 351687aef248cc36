package gorgonia

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// A trial is a net with weights, images and the loss Σ coefficient · logit.
type trial struct {
	net    *arbench.Network
	params []arbench.Param
	x      arbench.Tensor
	coef   arbench.Tensor
}

func newTrial(t testing.TB, net *arbench.Network, n int, r *rand.Rand) trial {
	t.Helper()
	ps, err := net.Init(r.Uint64())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps { // scales, shifts and statistics that do something
		if p.Role == arbench.Scale || p.Role == arbench.Shift || p.Role == arbench.Statistic {
			for i := range p.Value.Data {
				p.Value.Data[i] = 0.5 + r.Float32()
			}
		}
	}
	c := trial{net: net, params: ps, x: arbench.NewTensor(append([]int{n}, net.Input...)...),
		coef: arbench.NewTensor(n, net.Classes())}
	for i := range c.x.Data {
		c.x.Data[i] = r.Float32()
	}
	for i := range c.coef.Data {
		c.coef.Data[i] = 2*r.Float32() - 1
	}
	return c
}

// linearLoss is the loss of a trial.
func linearLoss(coef arbench.Tensor) arbench.Loss {
	return arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {
		for i := range z.Len() {
			values[i] = 0
			for k, v := range z.Row(i) {
				values[i] += float64(v) * float64(coef.Row(i)[k])
			}
		}
		copy(dz.Data, coef.Data)
	})
}

func (c trial) model(t testing.TB, threads int) *Model {
	return openNet(t, arbench.ModelSpec{Network: c.net, Weights: c.params, Threads: threads})
}

// reference returns the net in float64.
func (c trial) reference(mode arbench.Mode, groups []int) *reference {
	r := newReference(c.net, c.params)
	r.mode, r.groups = mode, groups
	return r
}

// total returns the loss in float64, each row multiplied by its weight; nil means 1.
func (c trial) total(r *reference, x []float64, weight []float32) float64 {
	s, k := 0.0, c.coef.Shape[1]
	for i, z := range r.logits(x, c.x.Len()) {
		w := 1.0
		if weight != nil {
			w = float64(weight[i/k])
		}
		s += w * z * float64(c.coef.Data[i])
	}
	return s
}

// differences returns the central differences of f in the values of x at the given places. It
// restores x.
func differences(x []float64, at []int, f func() float64) []float64 {
	const h = 1e-6
	d := make([]float64, len(at))
	for i, k := range at {
		v := x[k]
		x[k] = v + h
		a := f()
		x[k] = v - h
		d[i] = (a - f()) / (2 * h)
		x[k] = v
	}
	return d
}

// places returns where n values of the net are compared: at most 30 places, and 3 where the reference
// is slow.
func (c trial) places(n int, r *rand.Rand) []int {
	most := 30
	if size, err := c.net.Size(); err != nil || size > 5000 {
		most = 3
	}
	return r.Perm(n)[:min(n, most)]
}

// pick returns the values at the given places.
func pick(x []float32, at []int) []float32 {
	var y []float32
	for _, k := range at {
		y = append(y, x[k])
	}
	return y
}

// The cases of modes: Frozen, and batch statistics of one group and of two.
var modes = []struct {
	name   string
	mode   arbench.Mode
	groups []int
}{
	{"frozen", arbench.Frozen, nil},
	{"batch", arbench.BatchStats, nil},
	{"groups", arbench.BatchStats, []int{3, 2}},
}

// gradTolerance is that of float32 against float64: some hundred roundings.
const gradTolerance = 2e-5

func TestDerivativesAreDifferencesOfReference(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(smallNets())) {
		c := newTrial(t, smallNets()[name], 5, arbench.KeyedRand(1, name))
		weight := []float32{0.5, 1, -0.3, 0.2, 0.9}
		for _, m := range modes {
			t.Run(name+"/"+m.name, func(t *testing.T) {
				model, ref := c.model(t, 2), c.reference(m.mode, m.groups)
				call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Weight: weight,
					Mode: m.mode, Groups: m.groups, Want: arbench.DX | arbench.DParams}
				p := run(t, model, call)
				x := toFloat64(c.x.Data)
				near(t, "logits", ref.logits(x, 5), p.Logits.Data, gradTolerance)
				r := arbench.KeyedRand(3, name, m.name)
				at := c.places(len(x), r)
				dx := differences(x, at, func() float64 { return c.total(ref, x, nil) })
				near(t, "dx", dx, pick(p.DX[0].Data, at), gradTolerance)
				for name, q := range paramsOf(t, model) {
					if q.Role != arbench.Statistic {
						at := c.places(len(q.Grad.Data), r)
						want := differences(ref.params[name], at, func() float64 { return c.total(ref, x, weight) })
						nearOrSmall(t, name, want, pick(q.Grad.Data, at))
					}
				}
				call.Want = arbench.DX
				again := run(t, model, call)
				near(t, "logits without parameters", toFloat64(p.Logits.Data), again.Logits.Data, gradTolerance)
				near(t, "dx without parameters", toFloat64(p.DX[0].Data), again.DX[0].Data, gradTolerance)
			})
		}
	}
}

// nearOrSmall compares derivatives that may be zero but for rounding.
func nearOrSmall(t *testing.T, what string, want []float64, got []float32) {
	t.Helper()
	for i := range want {
		if d := math.Abs(want[i] - float64(got[i])); !(d <= 3e-5*(1+math.Abs(want[i]))) {
			t.Errorf("%s[%d] is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

// plainRun makes a pass by the lowering that has one op for each layer.
func plainRun(t *testing.T, m *Model, c arbench.Call) arbench.Pass {
	t.Helper()
	r := m.newRound(c)
	what := purpose{plain: true, batch: c.Mode != arbench.Frozen && m.hasNorms(),
		dx: c.Want&arbench.DX != 0, dparams: c.Want&arbench.DParams != 0 && m.trains()}
	g, err := newGraph(m.plan, m.eng, what, r.n)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.prepare(m.now); err != nil {
		t.Fatal(err)
	}
	if err := r.backward(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	return r.out
}

func TestBlocksAgreeWithLayers(t *testing.T) {
	nets := smallNets()
	for i := range 80 {
		r := arbench.KeyedRand(7, "random net", i)
		nets[fmt.Sprintf("random %d", i)] = randomNet(r)
	}
	for _, name := range slices.Sorted(maps.Keys(nets)) {
		r := arbench.KeyedRand(2, name)
		n := 4 + r.IntN(5)
		c := newTrial(t, nets[name], n, r)
		for _, m := range modes {
			if m.groups != nil {
				m.groups = []int{n - 2, 2}
			}
			t.Run(name+"/"+m.name, func(t *testing.T) {
				blocks, layers := c.model(t, 2), c.model(t, 1)
				for _, want := range []arbench.Want{arbench.DX, arbench.DParams, arbench.DX | arbench.DParams} {
					if !blocks.trains() {
						want = arbench.DX
					}
					call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Mode: m.mode,
						Groups: m.groups, Want: want}
					a, b := run(t, blocks, call), plainRun(t, layers, call)
					near(t, "logits", a.Logits.Data, b.Logits.Data, gradTolerance)
					ref := c.reference(m.mode, m.groups).logits(toFloat64(c.x.Data), n)
					near(t, "logits of reference", ref, a.Logits.Data, gradTolerance)
					if want&arbench.DX != 0 {
						near(t, "dx", a.DX[0].Data, b.DX[0].Data, gradTolerance)
					}
				}
				of := paramsOf(t, layers)
				for name, p := range paramsOf(t, blocks) {
					nearOrSmall(t, name, toFloat64(of[name].Grad.Data), p.Grad.Data)
				}
			})
		}
	}
}

// The same holds for nets with ReLUs whose convolutions go by Winograd's algorithm. Both sides use it, so
// that few units are on the two sides of their kinks.
func TestWideBlocksAgreeWithLayers(t *testing.T) {
	for i := range 10 {
		c := newTrial(t, randomWideNet(arbench.KeyedRand(79, i), arbench.ReLU), 5, arbench.KeyedRand(80, i))
		for _, m := range modes {
			t.Run(fmt.Sprint(i, "/", m.name), func(t *testing.T) {
				blocks, layers := c.model(t, 2), c.model(t, 1)
				call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Mode: m.mode,
					Groups: m.groups, Want: arbench.DX | arbench.DParams}
				a, b := run(t, blocks, call), plainRun(t, layers, call)
				near(t, "logits", b.Logits.Data, a.Logits.Data, winogradTolerance)
				near(t, "dx", b.DX[0].Data, a.DX[0].Data, winogradTolerance)
				of := paramsOf(t, layers)
				for name, p := range paramsOf(t, blocks) {
					nearOrSmall(t, name, toFloat64(of[name].Grad.Data), p.Grad.Data)
				}
			})
		}
	}
}
