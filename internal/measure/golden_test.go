package measure

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// array returns an array of floats of a golden file.
func array(t *testing.T, file, name string) []float64 {
	t.Helper()
	f, err := golden.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, v := range f.Floats(name).Data {
		out = append(out, float64(v))
	}
	return out
}

// The golden nets: the prefix of their quantities, the file of their logits and that of the data.
var nets = []struct{ name, grads, data string }{
	{"mlp", "grads_mlp_digits", "digits"},
	{"cnn", "grads_cnn_fashion", "fashion"},
	{"resnet8", "grads_resnet8_fashion", "fashion"},
}

// goldenOutcome returns what a golden net says of its 64 images.
func goldenOutcome(t *testing.T, grads, data string) *arbench.Outcome {
	t.Helper()
	f, err := golden.Open(grads)
	if err != nil {
		t.Fatal(err)
	}
	b, err := golden.Examples(data, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &arbench.Outcome{Split: arbench.Test, ID: b.ID, Y: b.Y, Logits: f.Floats("logits")}
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
			ce := array(t, net.grads, "ce")
			got := map[string][]float64{
				"margin": m.logit, "prob_margin": m.probability, "norm_margin": m.normalized,
				"conf": conf, "true_conf": truth, "entropy": entropy, "ce": losses(rows(o), o.Y),
			}
			want := map[string][]float64{"ce": ce}
			for name := range got {
				if name != "ce" {
					want[name] = array(t, "quantities", net.name+"."+name)
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
			want := array(t, "quantities", net.name+".calib") // its last number is the accuracy
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
			want := array(t, "quantities", net.name+".ece_bins") // bin, count, mean conf, accuracy
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
			want := array(t, "quantities", net.name+".bc")
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

// The first 16 images under the stored PGD attacks; kl_gap of section 9 and, for Linf, the last row
// of pgd_linf_loss of section 6.
func TestKLGapAndLossUnderAttackAreGolden(t *testing.T) {
	for _, attack := range []string{"pgd_linf", "pgd_l2"} {
		t.Run(attack, func(t *testing.T) {
			f, err := golden.Open("attacks_mlp_digits")
			if err != nil {
				t.Fatal(err)
			}
			net, err := golden.OpenNet("mlp_digits")
			if err != nil {
				t.Fatal(err)
			}
			p, err := net.Run(t.Context(), arbench.Call{X: f.Floats(attack)})
			if err != nil {
				t.Fatal(err)
			}
			o := goldenOutcome(t, "grads_mlp_digits", "digits")
			clean := &arbench.Outcome{
				Split: arbench.Test, ID: o.ID[:16], Y: o.Y[:16], Logits: o.Logits.Rows(0, 16),
			}
			attacked := *clean
			attacked.Logits = p.Logits
			d, ok := underAttack(arbench.Record{Test: clean, Attacked: &attacked, Level: 0.95})
			if !ok {
				t.Fatal("not taken for a record under attack")
			}
			want := array(t, "quantities", "mlp.feat."+attack+".kl_gap")
			if diff := cmp.Diff(want, d.divergence(), cmpopts.EquateApprox(1e-6, 1e-5)); diff != "" {
				t.Errorf("KL gap (-want +got):\n%s", diff)
			}
			trace := array(t, "attacks_mlp_digits", attack+"_loss")
			got := losses(d.rows(), d.clean.Y)
			if diff := cmp.Diff(trace[160:], got, cmpopts.EquateApprox(1e-4, 1e-5)); diff != "" {
				t.Errorf("loss (-want +got):\n%s", diff)
			}
		})
	}
}
