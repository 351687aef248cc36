package gorgonia

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/cw"
	"github.com/arbench/arbench/attacks/deepfool"
	"github.com/arbench/arbench/attacks/fab"
	"github.com/arbench/arbench/attacks/fgsm"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/internal/golden"
)

// l2 are the budgets of the golden attacks in that norm, by net.
var l2 = map[string]float64{"mlp_digits": 0.5, "cnn_fashion": 1.5}

// The candidates of FGSM and PGD, and the losses on the way, are those of testdata/golden, section 6,
// on rows that the golden vectors call stable.
func TestAttacksAgreeWithGolden(t *testing.T) {
	steps := &pgd.Attack{Steps: 10, RelStep: 0.25, Restarts: 1, Loss: "ce"}
	for k, tt := range golden.Nets[:2] {
		for _, a := range []struct {
			name      string
			attack    arbench.Attack
			threat    arbench.Threat
			tolerance float64 // of losses
		}{
			{"fgsm", &fgsm.Attack{RelStep: 1, Loss: "ce"}, arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, 1e-5},
			{"pgd_linf", steps, arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, 1e-5},
			{"pgd_l2", steps, arbench.Threat{Norm: arbench.L2, Eps: l2[tt.Name]}, 1e-4},
		} {
			t.Run(tt.Name+" "+a.name, func(t *testing.T) {
				m, _, _ := openGolden(t, k)
				b, f := sixteen(t, tt.Data), goldenFile(t, "attacks_"+tt.Name)
				o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, a.threat)
				x, err := a.attack.Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: a.threat})
				if err != nil {
					t.Fatal(err)
				}
				ce := []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}
				end := run(t, m, arbench.Call{X: x, Losses: ce}).Values[0]
				want, stable := f.Floats(a.name), f.Ints(a.name+".stable")
				for i := range b.Len() {
					if stable[i] == 0 {
						continue
					}
					if d := arbench.Linf.Of(minus(x.Row(i), want.Row(i))); d > 1e-5 {
						t.Errorf("row %d: a pixel is off by %v", i, d)
					}
					if a.name == "fgsm" {
						continue // no losses are stored
					}
					losses := f.Floats(a.name + "_loss")
					last := float64(losses.Row(losses.Len() - 1)[i])
					if math.Abs(end[i]-last) > a.tolerance*(1+last) {
						t.Errorf("row %d: loss %v at the end, want %v", i, end[i], last)
					}
				}
			})
		}
	}
}

// FAB, and FAB-T at the second class, find the distances of testdata/golden, section 7, on every row.
// On rows that the golden vectors call stable candidates agree to 3e-4: late iterates are equally near
// to float32's precision, so rounding decides which is kept. (Section 7's 1e-4 holds with a net in
// float64, in attacks/fab.)
func TestFABAgreesWithGolden(t *testing.T) {
	m, _, _ := openGolden(t, 0)
	b, f := sixteen(t, "digits"), goldenFile(t, "fab_mlp_digits")
	for _, tt := range []struct {
		key       string
		norm      arbench.Norm
		targets   int
		tolerance float64 // of distances
	}{
		{"Linf.100.untargeted", arbench.Linf, 0, 1e-5},
		{"Linf.100.t2", arbench.Linf, 1, 1e-5},
		{"L2.100.untargeted", arbench.L2, 0, 1e-5},
		{"L2.100.t2", arbench.L2, 1, 1e-5},
		{"L1.100.t2", arbench.L1, 1, 1e-3},
	} {
		threat := arbench.Threat{Norm: tt.norm}
		o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
		x, err := fab.New(tt.targets).Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: threat})
		if err != nil {
			t.Fatal(err)
		}
		want, norms, stable := f.Floats(tt.key+".x_adv"), f.Floats(tt.key+".norm"), f.Ints(tt.key+".stable")
		for i := range b.Len() {
			if d := threat.Distance(x.Row(i), b.X.Row(i)); math.Abs(d-float64(norms.Data[i])) > tt.tolerance {
				t.Errorf("%s row %d: distance %v, want %v", tt.key, i, d, norms.Data[i])
			}
			if d := arbench.Linf.Of(minus(x.Row(i), want.Row(i))); stable[i] == 1 && d > 3e-4 {
				t.Errorf("%s row %d: a pixel is off by %v", tt.key, i, d)
			}
		}
	}
}

// FAB-T breaks the examples that testdata/golden, section 8, says: by itself, and on the CNN, in L2,
// one of those that both of the stages of AutoAttack before it left.
func TestFABTargetedBreaksAsGolden(t *testing.T) {
	f := goldenFile(t, "autoattack")
	for _, tt := range []struct {
		net    int
		threat arbench.Threat
		key    string
		before int // the stage before, or -1 for none: rows of 64 flags
		after  int
	}{
		{0, arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, "mlp_digits.Linf.alone", -1, 2},
		{0, arbench.Threat{Norm: arbench.L2, Eps: 0.5}, "mlp_digits.L2.alone", -1, 2},
		{1, arbench.Threat{Norm: arbench.L2, Eps: 1.5}, "cnn_fashion.L2.flags", 1, 2},
	} {
		m, _, _ := openGolden(t, tt.net)
		all, err := golden.Examples(golden.Nets[tt.net].Data, 64)
		if err != nil {
			t.Fatal(err)
		}
		flags := f.Ints(tt.key)
		var rows []int
		for i := range 64 {
			if tt.before < 0 || flags[tt.before*64+i] == 1 {
				rows = append(rows, i)
			}
		}
		b, a := all.Gather(rows), fab.New(9)
		a.EarlyExit = true
		o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, tt.threat)
		x, err := a.Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: tt.threat})
		if err != nil {
			t.Fatal(err)
		}
		z := run(t, m, arbench.Call{X: x}).Logits
		for i, r := range rows {
			d := tt.threat.Distance(x.Row(i), b.X.Row(i))
			robust := arbench.Argmax(z.Row(i)) == b.Y[i] || d > tt.threat.Eps
			if want := flags[tt.after*64+r] == 1; robust != want {
				t.Errorf("%s example %d at distance %v: robust %v, want %v", tt.key, r, d, robust, want)
			}
		}
	}
}

// The changes of features between images and their PGD neighbours are those of testdata/golden,
// section 9: D = ‖I(x') - I(x)‖₂ and R = D / ‖I(x)‖₂.
func TestFeaturesAgreeWithGolden(t *testing.T) {
	layers := map[string]map[string]string{
		"mlp_digits": {
			"fc1": "fc1.pre", "fc1.relu": "fc1.post", "fc2": "fc2.pre", "fc2.relu": "fc2.post", "fc3": "logits",
		},
		"cnn_fashion": {
			"conv1": "conv1.pre", "conv1.relu": "conv1.post", "pool1": "pool1", "conv2": "conv2.pre",
			"conv2.relu": "conv2.post", "pool2": "pool2", "fc1": "fc1.pre", "fc1.relu": "fc1.post", "fc2": "logits",
		},
	}
	quantities := goldenFile(t, "quantities")
	for k, tt := range golden.Nets[:2] {
		m, _, _ := openGolden(t, k)
		x := sixteen(t, tt.Data).X
		for _, attack := range []string{"pgd_linf", "pgd_l2"} {
			near, far := visited(t, m, x), visited(t, m, goldenFile(t, "attacks_"+tt.Name).Floats(attack))
			for layer, key := range layers[tt.Name] {
				net, _, _ := strings.Cut(tt.Name, "_")
				prefix := net + ".feat." + attack + "." + key
				var d, r []float64
				for i := range 16 {
					a, b := near[layer].Row(i), far[layer].Row(i)
					d = append(d, arbench.L2.Of(minus(b, a)))
					r = append(r, d[i]/arbench.L2.Of(a))
				}
				agree(t, prefix+".D", quantities.Floats(prefix+".D").Data, d)
				agree(t, prefix+".R", quantities.Floats(prefix+".R").Data, r)
			}
		}
	}
}

// agree compares to 4e-6 of the greatest value: each side of a difference is a float32 output, for which
// section 2 allows 2e-6. (In float64, where internal/probe computes them, section 9's 1e-6 holds.)
func agree(t *testing.T, what string, want []float32, got []float64) {
	t.Helper()
	near(t, what, want, got, 4e-6)
}

// visited returns the outputs of all layers.
func visited(t *testing.T, m *Model, x arbench.Tensor) map[string]arbench.Tensor {
	t.Helper()
	var names []string
	for _, l := range m.Info().Network.Layers {
		names = append(names, l.Name)
	}
	out := map[string]arbench.Tensor{}
	err := m.Visit(t.Context(), x, names, func(layer string, a arbench.Tensor) error {
		out[layer] = a.Clone()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func minus(x, y []float32) []float32 {
	d := make([]float32, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	return d
}

func goldenFile(t *testing.T, name string) *golden.File {
	t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sixteen returns the first 16 golden examples.
func sixteen(t *testing.T, data string) arbench.Batch {
	t.Helper()
	b, err := golden.Examples(data, 16)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// DeepFool finds the distances of testdata/golden, section 6: those of Foolbox, which adds 1e-4 to each step.
func TestDeepFoolAgreeWithGolden(t *testing.T) {
	for k, net := range golden.Nets[:2] {
		want := goldenFile(t, "attacks_"+net.Name).Floats("deepfool_l2.dist").Data
		for i, d := range distances(t, k, deepfool.New(), 16) {
			if w := float64(want[i]); d < w*(1-1e-3)-slack || d > w+slack {
				t.Errorf("%s, row %d: distance %v, want %v", net.Name, i, d, w)
			}
		}
	}
}

// CW finds the distances of testdata/golden, section 12, within 0.3 % and three times what the reference
// scatters: those of Foolbox with 500 steps, without abort and with, on one image at a time. A kernel that
// this machine would not choose is asked for two images alone, since each takes thousands of passes.
func TestCWAgreeWithGolden(t *testing.T) {
	images := 16
	if os.Getenv("ARBENCH_KERNEL") != "" {
		images = 2
	}
	for k, net := range golden.Nets[:2] {
		for name, abort := range map[string]bool{net.Name + ".no_abort": false, net.Name + ".alone": true} {
			a := cw.New()
			a.Steps, a.AbortEarly = 500, abort
			file := goldenFile(t, "cw_l2")
			want, scatter := file.Floats(name).Data, file.Floats(name+".scatter").Data
			for i, d := range distances(t, k, a, images) {
				w := float64(want[i])
				if most := 3e-3*w + 3*float64(scatter[i]) + slack; !(math.Abs(d-w) <= most) {
					t.Errorf("%s, row %d: distance %v, want %v, at most %v away", name, i, d, w, most)
				}
			}
		}
	}
}

// slack is more than how far from a misclassified image CW's reference begins.
const slack = 2e-5

// distances returns how far an attack that looks for the smallest change in L2 goes for the first images
// of golden net number k, +Inf where the net is still right.
func distances(t *testing.T, k int, a arbench.Attack, images int) []float64 {
	t.Helper()
	m, _, _ := openGolden(t, k)
	b, err := golden.Examples(golden.Nets[k].Data, images)
	if err != nil {
		t.Fatal(err)
	}
	threat := arbench.Threat{Norm: arbench.L2, Eps: math.Inf(1)}
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
	x, err := a.Perturb(t.Context(), arbench.Trial{Model: o, Batch: b, Threat: threat})
	if err != nil {
		t.Fatal(err)
	}
	out, z := make([]float64, images), run(t, m, arbench.Call{X: x}).Logits
	for i := range out {
		if out[i] = threat.Distance(x.Row(i), b.X.Row(i)); arbench.Argmax(z.Row(i)) == b.Y[i] {
			out[i] = math.Inf(1)
		}
	}
	return out
}
