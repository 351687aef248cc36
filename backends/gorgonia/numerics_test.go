package gorgonia

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/arbench/arbench"
)

// randomWideNet returns a net of 16 and 32 channels, most of whose convolutions go by Winograd's
// algorithm, joined at random, with the given activations.
func randomWideNet(r *rand.Rand, functions ...arbench.Function) *arbench.Network {
	side := 8 + 4*r.IntN(2)
	net := &arbench.Network{Input: []int{[]int{3, 16}[r.IntN(2)], side, side}}
	x, width := net.Add("stem", convOf(16, 3, 1, 1)), 16
	for i := range 3 + r.IntN(2) {
		name := func(s string) string { return fmt.Sprint(s, i) }
		out := []int{16, 16, 32}[r.IntN(3)]
		kernel := []int{3, 3, 5}[r.IntN(3)]
		skip := x
		if r.IntN(3) == 0 {
			x = net.Add(name("pre"), act(functions[r.IntN(len(functions))]), x)
		}
		conv := convOf(out, kernel, 1, kernel/2)
		conv.Bias = r.IntN(2) == 0
		x = net.Add(name("conv"), conv, x)
		if r.IntN(2) == 0 {
			x = net.Add(name("bn"), bn())
		}
		switch {
		case out == width && r.IntN(2) == 0:
			x = net.Add(name("add"), arbench.Add{}, x, skip)
		case r.IntN(4) == 0:
			x = net.Add(name("cat"), arbench.Concat{}, x, skip)
			out += width
		}
		x, width = net.Add(name("act"), act(functions[r.IntN(len(functions))]), x), out
	}
	if r.IntN(2) == 0 {
		net.Add("pool", arbench.AvgPool{Kernel: sq(2), Stride: sq(2)})
		net.Add("flat", arbench.Flatten{})
	} else {
		net.Add("pool", arbench.GlobalAvgPool{})
	}
	if r.IntN(2) == 0 { // with ReLUs: products that leave out zeros
		for _, name := range []string{"wide", "narrow"} {
			net.Add(name, arbench.Dense{Out: 64 + 16*r.IntN(3), Bias: true})
			net.Add(name+".act", act(functions[r.IntN(len(functions))]))
		}
	}
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	return net
}

// The functions of nets whose algorithms are compared: a unit with a kink, or a choice of the largest,
// turns a rounding into a whole derivative.
var smooth = []arbench.Function{arbench.Softplus, arbench.SiLU, arbench.GELU, arbench.Tanh}

// On random nets both algorithms agree with the float64 reference and with each other: logits, and
// derivatives along a random direction of the images and of all parameters. winogradTolerance is five
// times kernel.WinogradError, which bounds one layer; roundings of layers add up as the root of
// their number.
func TestNumericsAgreeOnRandomNets(t *testing.T) {
	for i := range 10 {
		c := newTrial(t, randomWideNet(arbench.KeyedRand(71, "wide net", i), smooth...), 2, arbench.KeyedRand(72, i))
		for _, m := range modes[:2] {
			t.Run(fmt.Sprint(i, "/", m.name), func(t *testing.T) { c.checkNumerics(t, m.mode, i) })
		}
	}
}

func (c trial) checkNumerics(t *testing.T, mode arbench.Mode, seed int) {
	call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Mode: mode,
		Weight: []float32{1, 1}, Want: arbench.DX | arbench.DParams}
	spec := arbench.ModelSpec{Network: c.net, Weights: c.params, Threads: 2}
	ref, x := c.reference(mode, nil), toFloat64(c.x.Data)
	logits := ref.logits(x, c.x.Len())
	alongX, alongW := c.slopes(ref, x, seed)
	passes := map[string]arbench.Pass{}
	for _, numerics := range []string{"direct", "winograd"} {
		m := openWith(t, numerics, spec)
		if n := byWinograd(m); (n > 0) != (numerics == "winograd") {
			t.Errorf("%s: %d layers go by Winograd's algorithm", numerics, n)
		}
		p := run(t, m, call)
		passes[numerics] = p
		tolerance := map[string]float64{"direct": gradTolerance, "winograd": winogradTolerance}[numerics]
		near(t, numerics+": logits", logits, p.Logits.Data, tolerance)
		r, dx := arbench.KeyedRand(73, seed), 0.0
		for _, v := range p.DX[0].Data {
			dx += direction(r) * float64(v)
		}
		near(t, numerics+": derivative along the images", []float64{alongX}, []float64{dx}, 10*tolerance)
		r, dw := arbench.KeyedRand(74, seed), 0.0
		of := paramsOf(t, m)
		for _, q := range c.params {
			for _, v := range of[q.Name].Grad.Data {
				dw += direction(r) * float64(v)
			}
		}
		near(t, numerics+": derivative along the parameters", []float64{alongW}, []float64{dw}, 10*tolerance)
	}
	near(t, "dx of both", passes["direct"].DX[0].Data, passes["winograd"].DX[0].Data, winogradTolerance)
}

// direction draws one value of a random direction.
func direction(r *rand.Rand) float64 { return 2*r.Float64() - 1 }

// slopes returns the derivatives of the loss in float64, by central differences, along a random
// direction of the images and of the parameters that are trained.
func (c trial) slopes(ref *reference, x []float64, seed int) (alongX, alongW float64) {
	const h = 1e-6
	slope := func(r *rand.Rand, of [][]float64) float64 {
		var d [][]float64
		for _, s := range of {
			v := make([]float64, len(s))
			for i := range v {
				v[i] = direction(r)
			}
			d = append(d, v)
		}
		move := func(by float64) {
			for k, s := range of {
				for i := range s {
					s[i] += by * d[k][i]
				}
			}
		}
		move(h)
		up := c.total(ref, x, nil)
		move(-2 * h)
		down := c.total(ref, x, nil)
		move(h)
		return (up - down) / (2 * h)
	}
	var trained [][]float64
	for _, p := range c.params {
		if p.Role != arbench.Statistic {
			trained = append(trained, ref.params[p.Name])
		}
	}
	return slope(arbench.KeyedRand(73, seed), [][]float64{x}), slope(arbench.KeyedRand(74, seed), trained)
}

// byWinograd counts the layers of a model that go by Winograd's algorithm.
func byWinograd(m *Model) (n int) {
	for _, l := range m.plan.linears {
		if l == nil {
			continue
		}
		if _, ok := l.mapping.(winograd); ok {
			n++
		}
	}
	return n
}
