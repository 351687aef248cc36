package measure

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nlpodyssey/safetensors"
)

// golden returns an array of a golden file as float64, and its shape.
func golden(t *testing.T, file, name string) ([]float64, []int) {
	t.Helper()
	b, err := os.ReadFile("../../testdata/golden/" + file + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := arrays.Tensor(name)
	if !ok {
		t.Fatalf("no %q in %s", name, file)
	}
	var shape []int
	for _, d := range v.Shape() {
		shape = append(shape, int(d))
	}
	out := make([]float64, arbench.Volume(shape))
	for i := range out {
		switch raw := v.Data(); v.DType() {
		case safetensors.F32:
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		case safetensors.F64:
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		case safetensors.I64:
			out[i] = float64(int64(binary.LittleEndian.Uint64(raw[8*i:])))
		default:
			t.Fatalf("%q holds %v", name, v.DType())
		}
	}
	return out, shape
}

// The golden nets: the prefix of their quantities, the file of their logits and that of the data.
var nets = []struct{ name, grads, data string }{
	{"mlp", "grads_mlp_digits", "data_digits"},
	{"cnn", "grads_cnn_fashion", "data_fashion"},
	{"resnet8", "grads_resnet8_fashion", "data_fashion"},
}

// goldenOutcome returns what a golden net says of its 64 images.
func goldenOutcome(t *testing.T, grads, data string) *arbench.Outcome {
	t.Helper()
	z, shape := golden(t, grads, "logits")
	y, _ := golden(t, data, "y")
	o := &arbench.Outcome{Split: arbench.Test, Logits: arbench.NewTensor(shape...)}
	for i, v := range z {
		o.Logits.Data[i] = float32(v)
	}
	for i, c := range y {
		o.ID, o.Y = append(o.ID, i), append(o.Y, int(c))
	}
	return o
}

// within compares floats as golden/README.md section 9 asks: 1e-6 relative; the float32 logits add
// as much in absolute terms to numbers that are differences.
var within = cmpopts.EquateApprox(1e-6, 2e-6)

func TestPerExampleNumbersAreGolden(t *testing.T) {
	for _, net := range nets {
		t.Run(net.name, func(t *testing.T) {
			o := goldenOutcome(t, net.grads, net.data)
			m := marginsOf(o)
			conf, truth, entropy := confidences(o)
			ce, _ := golden(t, net.grads, "ce")
			got := map[string][]float64{
				"margin": m.logit, "prob_margin": m.probability, "norm_margin": m.normalized,
				"conf": conf, "true_conf": truth, "entropy": entropy, "ce": losses(rows(o), o.Y),
			}
			want := map[string][]float64{"ce": ce}
			for name := range got {
				if name != "ce" {
					want[name], _ = golden(t, "quantities", net.name+"."+name)
				}
			}
			if diff := cmp.Diff(want, got, within); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCalibrationIsGolden(t *testing.T) {
	for _, net := range nets {
		t.Run(net.name, func(t *testing.T) {
			o := goldenOutcome(t, net.grads, net.data)
			want, _ := golden(t, "quantities", net.name+".calib") // its last number is the accuracy
			r := arbench.Record{Test: o, Level: 0.95}
			var got []float64
			for _, name := range []string{"ECE", "MCE", "NLL", "Brier", "overconfidence"} {
				got = append(got, find(t, (&Calibration{Bins: 15}).Measure(r), name, "").Value)
			}
			got = append(got, find(t, (&Accuracy{}).Measure(r), "accuracy", "").Value/100)
			if diff := cmp.Diff(want, got, within); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBinsAreGolden(t *testing.T) {
	for _, net := range nets {
		t.Run(net.name, func(t *testing.T) {
			o := goldenOutcome(t, net.grads, net.data)
			want, _ := golden(t, "quantities", net.name+".ece_bins") // bin, count, mean conf, accuracy
			conf, _, _ := confidences(o)
			right := make([]float64, o.Len())
			for i := range right {
				if o.Correct(i) {
					right[i] = 1
				}
			}
			confs, rights := bin(conf, conf, 15), bin(conf, right, 15)
			var got []float64
			for b, v := range confs {
				if len(v) > 0 {
					got = append(got, float64(b), float64(len(v)), mean(v), mean(rights[b]))
				}
			}
			if diff := cmp.Diff(want, got, within); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func mean(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

func TestSharesNearBoundaryAreGolden(t *testing.T) {
	for _, net := range nets {
		t.Run(net.name, func(t *testing.T) {
			r := arbench.Record{Test: goldenOutcome(t, net.grads, net.data), Level: 0.95}
			want, _ := golden(t, "quantities", net.name+".bc")
			var got []float64
			for _, d := range []string{"0.05", "0.1", "0.2", "0.5"} {
				got = append(got, find(t, (&Margin{}).Measure(r), "near boundary", d).Value/100)
			}
			if diff := cmp.Diff(want, got, within); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// forward is the golden MLP in float64: flatten, fc1, relu, fc2, relu, fc3.
func forward(t *testing.T, x []float64) []float64 {
	t.Helper()
	for _, layer := range []string{"fc1", "fc2", "fc3"} {
		w, shape := golden(t, "weights_mlp_digits", layer+".weight")
		b, _ := golden(t, "weights_mlp_digits", layer+".bias")
		y := make([]float64, shape[0])
		for o := range y {
			y[o] = b[o]
			for i, v := range x {
				y[o] += w[o*shape[1]+i] * v
			}
			if layer != "fc3" {
				y[o] = max(y[o], 0)
			}
		}
		x = y
	}
	return x
}

// The first 16 images under the stored PGD attacks; kl_gap of section 9 and, for Linf, the last row
// of pgd_linf_loss of section 6.
func TestKLGapAndLossUnderAttackAreGolden(t *testing.T) {
	for _, attack := range []string{"pgd_linf", "pgd_l2"} {
		t.Run(attack, func(t *testing.T) {
			x, _ := golden(t, "attacks_mlp_digits", attack)
			o := goldenOutcome(t, "grads_mlp_digits", "data_digits")
			clean := &arbench.Outcome{
				Split: arbench.Test, ID: o.ID[:16], Y: o.Y[:16], Logits: o.Logits.Rows(0, 16),
			}
			attacked := *clean
			attacked.Logits = arbench.NewTensor(16, 10)
			for i := range 16 {
				for k, v := range forward(t, x[64*i:64*(i+1)]) {
					attacked.Logits.Row(i)[k] = float32(v)
				}
			}
			d, ok := underAttack(arbench.Record{Test: clean, Attacked: &attacked, Level: 0.95})
			if !ok {
				t.Fatal("not taken for a record under attack")
			}
			want, _ := golden(t, "quantities", "mlp.feat."+attack+".kl_gap")
			if diff := cmp.Diff(want, d.divergence(), cmpopts.EquateApprox(1e-6, 1e-5)); diff != "" {
				t.Errorf("KL gap (-want +got):\n%s", diff)
			}
			trace, _ := golden(t, "attacks_mlp_digits", attack+"_loss")
			got := losses(d.rows(), d.clean.Y)
			if diff := cmp.Diff(trace[160:], got, cmpopts.EquateApprox(1e-4, 1e-5)); diff != "" {
				t.Errorf("loss (-want +got):\n%s", diff)
			}
		})
	}
}
