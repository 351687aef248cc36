//go:build speed

package kernel

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// The guard against regressions of speed. It compares what runs side by side in one process, never
// wall times, and is built only with the tag "speed", so that other tests do not depend on the
// machine's other work.

// A race is one kernel and the least factor by which each path with vectors must beat portable Go,
// about half of what both reach on an AMD EPYC of the fourth generation.
type race struct {
	name  string
	least float64
	f     func()
}

const (
	raceRounds = 9 // of which the median counts
	raceTries  = 5 // a noisy neighbour may spoil some
	raceTime   = 400 * time.Microsecond
)

func TestSpeedOfVectors(t *testing.T) {
	if best == portable {
		t.Log("no path with vectors on this machine")
		return
	}
	was := current
	defer func() { current = was }()
	for _, r := range slices.Concat(convRaces(t), winogradRaces(t), denseRaces(t), passRaces()) {
		for p := avx2; p <= best; p++ {
			t.Run(r.name+"/"+pathNames[p], func(t *testing.T) {
				atLeast(t, r.least, func() float64 { return ratio(on(portable, r.f), on(p, r.f)) })
			})
		}
	}
}

// No path is much slower than the one below it, whose instructions it has as well.
func TestSpeedOfWidePaths(t *testing.T) {
	was := current
	defer func() { current = was }()
	for _, r := range slices.Concat(convRaces(t), winogradRaces(t), denseRaces(t), passRaces()) {
		for p := avx2 + 1; p <= best; p++ {
			t.Run(r.name+"/"+pathNames[p], func(t *testing.T) {
				atLeast(t, 0.8, func() float64 { return ratio(on(p-1, r.f), on(p, r.f)) })
			})
		}
	}
}

// Winograd's algorithm beats direct convolution on each path that has it at speed.
func TestSpeedOfWinograd(t *testing.T) {
	was := current
	defer func() { current = was }()
	for _, g := range []Geometry{{28, 28, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1}, {14, 14, 16, 32, 5, 5, 1, 1, 2, 2, 1, 1}} {
		l := newLayer(t, g)
		for _, pass := range []string{"forward", "input", "weight"} {
			for p := avx2; p <= best; p++ {
				t.Run(fmt.Sprintf("%dx%d/%s/%s", g.KernelH, g.KernelW, pass, pathNames[p]), func(t *testing.T) {
					atLeast(t, 1.8, func() float64 { return ratio(on(p, l.direct(pass)), on(p, l.winograd(pass))) })
				})
			}
		}
	}
}

// To find what is not 0 there are vectors in AVX-512 alone.
func TestSpeedOfNonzeros(t *testing.T) {
	if best < avx512 {
		t.Log("no AVX-512 on this machine")
		return
	}
	was := current
	defer func() { current = was }()
	const n = 24
	s, half := Sparse{k: 256, n: 64, from: 256, to: 64, width: 4}, sparseRows(1, n, 256, 0.5)
	var z Nonzeros
	find := func() { z.Find(s, n, half) }
	atLeast(t, 2.5, func() float64 { return ratio(on(portable, find), on(avx512, find)) })
}

func on(p path, f func()) func() { return func() { current = p; f() } }

// atLeast fails unless one of several measurements reaches least.
func atLeast(t *testing.T, least float64, measure func() float64) {
	t.Helper()
	got := 0.0
	for range raceTries {
		if got = max(got, measure()); got >= least {
			t.Logf("%.2f times as fast, want at least %g", got, least)
			return
		}
	}
	t.Errorf("%.2f times as fast in the best of %d tries, want at least %g", got, raceTries, least)
}

// ratio returns how many times as long slow takes as fast: the median of rounds, in each of which
// both run for about the same time, one after the other.
func ratio(slow, fast func()) float64 {
	n, m := calls(slow), calls(fast)
	var all []float64
	for range raceRounds {
		s, f := timed(slow, n), timed(fast, m)
		all = append(all, s*float64(m)/(f*float64(n)))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// calls returns how many calls take raceTime.
func calls(f func()) int {
	f()
	for n := 1; ; n *= 2 {
		if timed(f, n) > raceTime.Seconds() {
			return n
		}
	}
}

// timed returns the seconds of n calls.
func timed(f func(), n int) float64 {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start).Seconds()
}

// Input channels cost alike: the next 32 twice as much as the 16 before them, within a tenth. What a
// layer costs without any, such as the transforms of its results, is left out.
func TestSpeedIsLinearInChannels(t *testing.T) {
	for _, c := range channelCases(t) {
		t.Run(c.name, func(t *testing.T) {
			got := 0.0
			for range raceTries {
				cost := leasts(c.once, c.twice, c.four)
				if got = (cost[2] - cost[1]) / (cost[1] - cost[0]); got >= 1.8 && got <= 2.2 {
					t.Logf("%.2f times the cost; twice the channels %.2f, four times %.2f", got, cost[1]/cost[0], cost[2]/cost[0])
					return
				}
			}
			t.Errorf("%.2f times the cost, want 1.8 to 2.2", got)
		})
	}
}

// leasts returns the least seconds of a call of each function, which run in turn: those that others
// disturbed least, since differences leave no room for more.
func leasts(fs ...func()) []float64 {
	all := make([]float64, len(fs))
	for round := range 300 {
		for i, f := range fs {
			if v := timed(f, 1); round == 0 || v < all[i] {
				all[i] = v
			}
		}
	}
	return all
}

func convRaces(t *testing.T) []race {
	l := newLayer(t, Geometry{16, 16, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1})
	l.n = 1
	g := Geometry{16, 16, 3, 16, 3, 3, 1, 1, 1, 1, 1, 1}
	lx, ly := g.Layouts()
	c, err := NewConv(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	r := source(1)
	x, y := randoms(r, lx.Size()), randoms(r, ly.Size())
	panel, grad, sum := randoms(r, c.PanelLen()), make([]float32, c.GradPanelLen()), make([]float32, c.PanelLen())
	return []race{
		{"tile", 16, l.direct("forward")},
		{"tile of the input gradient", 16, l.direct("input")},
		{"weight tile", 16, l.direct("weight")},
		{"tile of few channels", 15, func() { c.Forward(x, panel, y, nil) }},
		{"weight tile of few channels", 14, func() { c.WeightGrad(x, y, sum) }},
		{"dot", 12, func() { c.InputGrad(y, grad, x, nil) }},
		{"transpose", 3, func() { l.c.PackGrad(l.panel, l.grad) }},
	}
}

func winogradRaces(t *testing.T) (all []race) {
	for _, g := range []Geometry{{8, 8, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1}, {8, 8, 32, 32, 5, 5, 1, 1, 2, 2, 1, 1}} {
		l := newLayer(t, g)
		l.n = 2
		for _, pass := range []string{"forward", "input", "weight"} {
			all = append(all, race{fmt.Sprintf("winograd %d %s", g.KernelH, pass), 22, l.winograd(pass)})
		}
	}
	return all
}

func denseRaces(t *testing.T) []race {
	const n = 24
	l, err := NewDense(256, 64, 256)
	if err != nil {
		t.Fatal(err)
	}
	r := source(1)
	x, y, dx := randoms(r, n*256), randoms(r, n*l.YPitch()), make([]float32, n*l.DXPitch())
	panel, grad, sum := randoms(r, l.PanelLen()), make([]float32, l.GradPanelLen()), make([]float32, l.PanelLen())
	l.PackGrad(panel, grad)
	s, _ := l.SparseForward()
	half, tiles := sparseRows(1, n, 256, 0.5), make([]float32, s.PanelLen())
	s.Pack(panel, tiles)
	var z Nonzeros
	z.Find(s, n, half)
	return []race{
		{"dense", 16, func() { l.Forward(n, x, panel, y, nil) }},
		{"dense input gradient", 16, func() { l.InputGrad(n, y, grad, dx, nil) }},
		{"dense weight gradient", 16, func() { l.WeightGrad(n, x, y, sum) }},
		{"dense blocks", 14, func() { l.ForwardBlocks(1, 3, n, x, panel, y, nil) }},
		{"sparse", 11, func() { s.Run(&z, tiles, y, nil) }},
	}
}

func passRaces() []race {
	l, half := Layout{16, 16, 16, 1, 1}, Layout{8, 8, 16, 1, 1}
	r := source(1)
	x, y := Image{l, randoms(r, l.Size())}, Image{l, make([]float32, l.Size())}
	p, dp := Image{half, randoms(r, half.Size())}, Image{half, randoms(r, half.Size())}
	scale, sum, dot := randoms(r, 16), make([]float64, 16), make([]float64, 16)
	pool := Pooling{2, 2, 2, 2, 0, 0}
	pool.MaxForward(p, x)
	const n = 1 << 12
	w, g, buf, v := randoms(r, n), randoms(r, n), randoms(r, n), make([]float32, n)
	adam := Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
	step := func(s SGD) func() { return func() { s.Step(w, g, buf) } }
	return []race{
		{"max pool", 3.5, func() { pool.MaxForward(p, x) }},
		{"max pool gradient", 2.5, func() { pool.MaxBackward(y, dp, x, p, false) }},
		{"affine", 5, func() { Affine(y, x, scale, scale, nil, true) }},
		{"affine with residual", 3.5, func() { Affine(y, x, scale, scale, &x, true) }},
		{"norm gradient", 4.5, func() { NormGrad(y, x, x, scale, scale, scale) }},
		{"channel sums", 3.5, func() { ChannelSums(x, sum, dot) }},
		{"channel dots", 2.7, func() { ChannelDots(x, y, sum, dot) }},
		{"add", 3, func() { AddTo(w, g) }},
		{"axpby", 3.5, func() { Axpby(w, g, 0.5, 0.5) }},
		{"relu", 6, func() { ReLU(w, g) }},
		{"relu gradient", 3.5, func() { ReLUGrad(w, g, buf) }},
		{"sign step", 8, func() { SignStep(buf, v, g, 0.01, 0.03) }},
		{"sgd", 4, step(SGD{Rate: 1e-3, Decay: 1e-3})},
		{"sgd momentum", 3, step(SGD{Rate: 1e-3, Momentum: 0.5, Decay: 1e-3})},
		{"sgd nesterov", 3, step(SGD{Rate: 1e-3, Momentum: 0.5, Decay: 1e-3, Nesterov: true})},
		{"adam", 4, func() { adam.Step(1, w, g, buf, v) }},
	}
}
