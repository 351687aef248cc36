package probe

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A stored attack answers with images that it holds, by example id.
type stored struct{ x arbench.Tensor }

func (stored) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Norms: []arbench.Norm{arbench.Linf, arbench.L2}}
}

func (a stored) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	return a.x.Gather(t.ID), nil
}

// A list is examples in memory.
type list arbench.Batch

func (l list) Len() int { return len(l.Y) }

func (l list) Read(i int, x []float32) int {
	copy(x, l.X.Row(i))
	return l.Y[i]
}

// The golden vectors hold D and R of the first 16 images under the stored attacks. Their "pre" and
// "post" are before and after the activation.
func TestChangesAreGolden(t *testing.T) {
	tests := []struct {
		net    int // of nets
		layers map[string]string
	}{
		{0, map[string]string{
			"fc1": "fc1.pre", "fc1.relu": "fc1.post", "fc2": "fc2.pre", "fc2.relu": "fc2.post",
			"fc3": "logits",
		}},
		{1, map[string]string{
			"conv1": "conv1.pre", "conv1.relu": "conv1.post", "pool1": "pool1", "conv2": "conv2.pre",
			"conv2.relu": "conv2.post", "pool2": "pool2", "fc1": "fc1.pre", "fc1.relu": "fc1.post",
			"fc2": "logits",
		}},
	}
	quantities := openGolden(t, "quantities")
	for _, tt := range tests {
		net := nets[tt.net]
		for _, attack := range []string{"pgd_linf", "pgd_l2"} {
			t.Run(net.name+" "+attack, func(t *testing.T) {
				s := subjectOf(t, net.weights)
				data := strings.Split(net.weights, "_")[1]
				x := openGolden(t, "data_"+data).Floats("x").Rows(0, 16)
				far := openGolden(t, "attacks_"+net.weights).Floats(attack)
				var names []string
				for name := range tt.layers {
					names = append(names, name)
				}
				w, err := newWatch(s.Network, names, 1)
				if err != nil {
					t.Fatal(err)
				}
				model := newReference(t, s.Network, s.Params)
				if err := w.see(context.Background(), model, x, []arbench.Tensor{far}); err != nil {
					t.Fatal(err)
				}
				got, want := map[string][]float64{"dx_l2": w.shift[0]}, map[string][]float64{}
				for name, key := range tt.layers {
					c := w.changes(name, 0)
					got[key+".D"], got[key+".R"] = c.absolute, c.relative
				}
				for key := range got {
					want[key] = doubles(quantities.Floats(net.name + ".feat." + attack + "." + key))
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-6, 0)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

// mlpSubject is the golden MLP with its first 16 images, and the probe with the stored PGD attack.
func mlpSubject(t *testing.T) (arbench.Subject, *Features) {
	t.Helper()
	s := subjectOf(t, "mlp_digits")
	b, err := golden.Examples("digits", 16)
	if err != nil {
		t.Fatal(err)
	}
	s.Model, s.Data, s.IDs, s.Split = newReference(t, s.Network, s.Params), list(b), b.ID, arbench.Test
	s.Batch, s.Seed = 64, 7
	p := NewFeatures()
	p.Eps, p.Directions = 0.1, 4
	p.Attack = arbench.Use[arbench.Attack]{
		Name: "stored", It: stored{openGolden(t, "attacks_mlp_digits").Floats("pgd_linf")},
	}
	return s, p
}

func TestProbeDoesNotDependOnTheBatch(t *testing.T) {
	s, p := mlpSubject(t)
	var want []arbench.Quantity
	for _, batch := range []int{1, 20, 1000} {
		s.Batch = batch
		got, err := p.Probe(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("batch %d (-batch 1 +got):\n%s", batch, diff)
		}
	}
}

func TestQuantitiesAreMeansOverExamples(t *testing.T) {
	s, p := mlpSubject(t)
	qs, err := p.Probe(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	file := openGolden(t, "quantities")
	for _, layer := range []string{"fc1", "fc2"} {
		sum := 0.0
		for _, v := range doubles(file.Floats("mlp.feat.pgd_linf." + layer + ".pre.R")) {
			sum += v / 16
		}
		q := find(t, qs, "feature relative", layer+"/attack")
		if math.Abs(q.Value-sum) > 1e-6 || q.N != 16 || !(q.Lo < q.Value && q.Value < q.Hi) {
			t.Errorf("feature relative of %s: %+v, want mean %v of 16", layer, q, sum)
		}
	}
	// five layers; 3 neighbours with 4 changes and 1 spread; each with mean, std, 3 quantiles
	if want := 5 * (3*4 + 1) * 5; len(qs) != want {
		t.Errorf("%d quantities, want %d", len(qs), want)
	}
	for _, q := range qs {
		if !(q.Lo <= q.Value && q.Value <= q.Hi) || q.Split != arbench.Test {
			t.Errorf("%+v", q)
		}
	}
}

func find(t *testing.T, qs []arbench.Quantity, name, detail string) arbench.Quantity {
	t.Helper()
	i := slices.IndexFunc(qs, func(q arbench.Quantity) bool {
		return q.Name == name && q.Detail == detail
	})
	if i < 0 {
		t.Fatalf("no %q of %q", name, detail)
	}
	return qs[i]
}

func TestRandomNeighboursHaveTheSizeOfTheAttack(t *testing.T) {
	s, p := mlpSubject(t)
	b := arbench.ReadBatch(s.Data, s.Shape, s.IDs)
	near, err := p.surround(context.Background(), s, b)
	if err != nil {
		t.Fatal(err)
	}
	if len(near) != 3+4 {
		t.Fatalf("%d neighbours, want 7", len(near))
	}
	linf, l2 := arbench.Threat{Norm: arbench.Linf}, arbench.Threat{Norm: arbench.L2}
	for i := range b.Len() {
		x := b.X.Row(i)
		a := linf.Distance(near[0].Row(i), x)
		// 64 uniform numbers stay below 0.8 of their bound with probability 6e-7
		if d := linf.Distance(near[1].Row(i), x); d > a*(1+1e-5) || d < 0.8*a {
			t.Errorf("row %d: noise is %v away, attack %v", i, d, a)
		}
		got := []float64{l2.Distance(near[2].Row(i), x)}
		want := []float64{l2.Distance(near[0].Row(i), x)}
		for _, direction := range near[3:] {
			got, want = append(got, l2.Distance(direction.Row(i), x)), append(want, 0.8) // .1·√64
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-5, 0)); diff != "" {
			t.Errorf("row %d, l2 (-want +got):\n%s", i, diff)
		}
	}
}

// A net of one dense layer: W = 3 E moves 3 times as far as the image in every direction; a single
// row moves by |u·w|, whose spread over directions of many dimensions is that of |N(0, 1)|,
// √(π/2 - 1).
func TestSpreadTellsEvenFromOneSidedLayers(t *testing.T) {
	tests := []struct {
		name   string
		out    int
		gain   float64
		spread float64
		within float64
	}{
		{"even", 64, 3, 0, 1e-5},
		{"one-sided", 1, math.NaN(), math.Sqrt(math.Pi/2 - 1), 0.03},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, p := mlpSubject(t)
			s.Network = &arbench.Network{Input: []int{1, 8, 8}}
			s.Network.Add("flatten", arbench.Flatten{})
			s.Network.Add("fc", arbench.Dense{Out: tt.out})
			w := arbench.NewTensor(tt.out, 64)
			for k := range w.Len() {
				w.Row(k)[k] = 3
			}
			s.Model = newReference(t, s.Network, []arbench.Param{{Name: "fc.weight", Value: w}})
			p.Directions = 300
			qs, err := p.Probe(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			if got := find(t, qs, "direction spread", "fc").Value; math.Abs(got-tt.spread) > tt.within {
				t.Errorf("spread %v, want %v", got, tt.spread)
			}
			for _, n := range neighbours {
				got := find(t, qs, "feature gain", "fc/"+n).Value
				if !math.IsNaN(tt.gain) && math.Abs(got-tt.gain) > 1e-5 {
					t.Errorf("gain to %s %v, want %v", n, got, tt.gain)
				}
			}
		})
	}
}

// The image reaches conv1 divided by the deviation 0.5, so that an identity kernel has gain 2 and
// local gain 1. Adding its output to itself doubles it, against inputs that moved √2 as far together.
func TestLocalGainIsThatOfTheLayersOwnInputs(t *testing.T) {
	s, p := mlpSubject(t)
	n := &arbench.Network{
		Input:     []int{1, 8, 8},
		Normalize: &arbench.Normalize{Mean: []float64{0.3}, Std: []float64{0.5}},
	}
	n.Add("conv1", arbench.Conv{Out: 1, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}})
	n.Add("add", arbench.Add{}, "conv1", "conv1")
	n.Add("flatten", arbench.Flatten{})
	s.Network = n
	one := arbench.Tensor{Shape: []int{1, 1, 1, 1}, Data: []float32{1}}
	s.Model = newReference(t, n, []arbench.Param{{Name: "conv1.weight", Value: one}})
	p.Layers = []string{"add", "conv1"}
	qs, err := p.Probe(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, layer := range p.Layers {
		got[layer] = find(t, qs, "feature gain", layer+"/attack").Value
		got[layer+" local"] = find(t, qs, "feature local gain", layer+"/attack").Value
	}
	want := map[string]float64{"conv1": 2, "conv1 local": 1, "add": 4, "add local": math.Sqrt2}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-5, 0)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
