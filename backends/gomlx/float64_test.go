//go:build gomlx

package gomlx

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// answers are the numbers of a pass by their kind, those of a parameter by its name.
type answers map[string][]float64

// Logits, losses and derivatives of every architecture agree with gorgonia, a backend that shares no code with
// this one, and with the same net in float64: at initial weights in a pass of training, and in an evaluation
// after some steps of it. How far float32 is from float64 is what gorgonia's is, the root of the mean square over an array;
// of the numbers of a kind 99.9 % must be within ten times that of either. The others are left for those
// behind a kink of ReLU or maximum that rounding decides. The float64 run is a lowering of this backend: that the lowering
// is right is what backendtest and gorgonia say.
func TestArchitecturesAgreeWithFloat64AndGorgonia(t *testing.T) {
	onXLA(t, func(t *testing.T, b *Backend) {
		for name, a := range architectures {
			t.Run(name, func(t *testing.T) {
				net, err := a.Network([]int{3, 32, 32}, 5)
				if err != nil {
					t.Fatal(err)
				}
				spec := arbench.ModelSpec{Network: net, Seed: 6}
				m := openNet(t, b, spec)
				other := onGorgonia(t, spec)
				check := func(mode arbench.Mode) {
					t.Helper()
					exact := inFloat64(t, m, mode)
					far(t, exact, inFloat32(t, other, mode), inFloat32(t, m, mode))
				}
				check(arbench.BatchStats)
				x, y := images(net, 8)
				for range 3 {
					_, err := other.Run(t.Context(), arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}},
						Want: arbench.DParams, Mode: arbench.BatchUpdate})
					if err := cmp.Or(err, other.Step(t.Context(), arbench.NewSGD(), 0.02)); err != nil {
						t.Fatal(err)
					}
				}
				s, err := other.Snapshot(t.Context())
				if err := cmp.Or(err, m.SetParams(t.Context(), s.Params)); err != nil {
					t.Fatal(err)
				}
				check(arbench.Frozen)
			})
		}
	})
}

// inFloat32 returns the answers of a model for 8 images.
func inFloat32(t *testing.T, m arbench.Trainable, mode arbench.Mode) answers {
	t.Helper()
	x, y := images(m.Info().Network, 8)
	m.ClearGrad()
	p, err := m.Run(t.Context(), arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}},
		Want: arbench.DX | arbench.DParams, Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	out := answers{"logits": wide(p.Logits.Data), "losses": p.Values[0], "derivatives in the images": wide(p.DX[0].Data)}
	for name, q := range paramsOf(t, m) {
		if q.Role != arbench.Statistic {
			out[name] = wide(q.Grad.Data)
		}
	}
	m.ClearGrad()
	return out
}

func wide(x []float32) (out []float64) {
	for _, v := range x {
		out = append(out, float64(v))
	}
	return out
}

// inFloat64 returns the answers of a model's net and parameters, all computed in float64.
func inFloat64(t *testing.T, m *Model, mode arbench.Mode) answers {
	t.Helper()
	x, y := images(m.plan.net, 8)
	n, k, trained := x.Len(), m.plan.classes(), m.plan.trained()
	shape := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float64, dims...) }
	program, err := compile(m.engine, "float64", func(g *graph.Graph) []*graph.Node {
		var ws []*graph.Node
		for _, p := range m.plan.params {
			ws = append(ws, graph.Parameter(g, p.name, shape(p.shape...)))
		}
		x := graph.Parameter(g, "images", shape(x.Shape...))
		z := m.plan.lower(x, ws, mode != arbench.Frozen).logits()
		d := soft.gradient(z, graph.Parameter(g, "target", shape(n, k)))
		outs := append([]*graph.Node{z}, back(z, d, x)...)
		return append(outs, back(z, graph.DivScalar(d, float64(n)), pick(ws, trained)...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer program.drop()
	var own buffers
	defer func() { own.free() }()
	put := func(data []float64, dims ...int) {
		b, err := m.engine.BufferFromFlatData(0, data, shape(dims...))
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, b)
	}
	ps := paramsOf(t, m)
	for _, p := range m.plan.params {
		put(wide(ps[p.name].Value.Data), p.shape...)
	}
	put(wide(x.Data), x.Shape...)
	target := make([]float64, n*k)
	for i, c := range y {
		target[i*k+c] = 1
	}
	put(target, n, k)
	out, err := program.run(borrowed([]compute.Buffer(own)...))
	if err != nil {
		t.Fatal(err)
	}
	own = append(own, out...)
	get := func(b compute.Buffer, n int) []float64 {
		data := make([]float64, n)
		if err := b.ToFlatData(data); err != nil {
			t.Fatal(err)
		}
		return data
	}
	all := answers{"logits": get(out[0], n*k), "derivatives in the images": get(out[1], len(x.Data))}
	for i, c := range y {
		z, sum := all["logits"][i*k:(i+1)*k], 0.0
		for _, v := range z {
			sum += math.Exp(v - z[c])
		}
		all["losses"] = append(all["losses"], math.Log(sum))
	}
	for i, at := range trained {
		all[m.plan.params[at].name] = get(out[2+i], arbench.Volume(m.plan.params[at].shape))
	}
	return all
}

// far fails the test where too many numbers are too far from exact or from other.
func far(t *testing.T, exact, other, got answers) {
	t.Helper()
	const times, share = 10, 1000
	kindOf := func(name string) string {
		if !slices.Contains([]string{"logits", "losses", "derivatives in the images"}, name) {
			return "derivatives in the parameters"
		}
		return name
	}
	count, off, top := map[string]int{}, map[string]int{}, map[string]float64{}
	for name, want := range exact {
		for _, v := range want {
			top[kindOf(name)] = math.Max(top[kindOf(name)], math.Abs(v))
		}
	}
	for name, want := range exact {
		kind := kindOf(name)
		if len(got[name]) != len(want) || len(other[name]) != len(want) {
			t.Fatalf("%s: %d numbers, and %d of gorgonia; want %d", name, len(got[name]), len(other[name]), len(want))
		}
		square := 0.0
		for i, v := range want {
			square += (v - other[name][i]) * (v - other[name][i])
		}
		apart := math.Max(math.Sqrt(square/float64(len(want))), top[kind]/(1<<24))
		count[kind] += len(want)
		for i, v := range want {
			d := math.Max(math.Abs(v-got[name][i]), math.Abs(other[name][i]-got[name][i]))
			if !(d <= times*apart) {
				off[kind]++
			}
		}
	}
	for kind, n := range count {
		if off[kind] > n/share {
			t.Errorf("%s: %d of %d numbers are farther than %d times the distance of float32 from float64",
				kind, off[kind], n, times)
		}
	}
}
