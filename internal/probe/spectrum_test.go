package probe

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/arch"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
)

// The golden nets, as the golden quantities call them.
var nets = []struct{ name, weights string }{
	{"mlp", "mlp_digits"}, {"cnn", "cnn_fashion"}, {"resnet8", "resnet8_fashion"},
}

// subjectOf returns a golden net with its weights.
func subjectOf(t *testing.T, name string) arbench.Subject {
	t.Helper()
	spec, err := golden.Spec(name)
	if err != nil {
		t.Fatal(err)
	}
	return arbench.Subject{Network: spec.Network, Params: spec.Weights, Shape: spec.Network.Input, Level: 0.95}
}

func doubles(x arbench.Tensor) []float64 {
	out := make([]float64, len(x.Data))
	for i, v := range x.Data {
		out[i] = float64(v)
	}
	return out
}

// The golden vectors hold, of every layer, its singular values and nine numbers about them.
func TestSpectraAreGolden(t *testing.T) {
	file := openGolden(t, "quantities")
	for _, net := range nets {
		t.Run(net.name, func(t *testing.T) {
			s := subjectOf(t, net.weights)
			qs, err := (&Spectrum{FoldBatchNorm: true}).Probe(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]float64{}
			for _, q := range qs {
				if q.Name != "singular std mean" {
					got[q.Detail] = append(got[q.Detail], q.Value)
				}
				if q.Lo != q.Value || q.Hi != q.Value {
					t.Errorf("%s of %s is not exact", q.Name, q.Detail)
				}
			}
			want := map[string][]float64{}
			for detail := range got {
				layer, folded := strings.CutSuffix(detail, "/folded")
				switch {
				case folded:
					want[detail] = doubles(file.Floats(net.name + "." + layer + ".folded_sv.summary"))
				case net.name == "resnet8" && layer != "fc":
					sv := doubles(file.Floats(net.name + "." + layer + ".reshape_sv"))
					for _, v := range summarize(sv) {
						want[detail] = append(want[detail], v.value)
					}
				case net.name == "resnet8": // fc has no golden spectrum
					delete(got, detail)
				default:
					key := net.name + "." + layer + ".weight.reshape_sv.summary"
					want[detail] = doubles(file.Floats(key))
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(2e-6, 0)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSingularValuesAreGolden(t *testing.T) {
	file := openGolden(t, "quantities")
	for _, net := range nets {
		s := subjectOf(t, net.weights)
		values := map[string]arbench.Tensor{}
		for _, p := range s.Params {
			values[p.Name] = p.Value
		}
		for i, l := range s.Network.Layers {
			if !linear(l.Op) || l.Name == "fc" {
				continue
			}
			key := net.name + "." + l.Name + ".weight.reshape_sv"
			if net.name == "resnet8" {
				key = net.name + "." + l.Name + ".reshape_sv"
			}
			w, err := matrix(l.Name, values)
			if err != nil {
				t.Fatal(err)
			}
			checkValues(t, key, w, doubles(file.Floats(key)))
			if bn, op, ok := follower(s.Network, i); ok {
				if err := fold(w, bn, op, values); err != nil {
					t.Fatal(err)
				}
				key := net.name + "." + l.Name + ".folded_sv"
				checkValues(t, key, w, doubles(file.Floats(key)))
			}
		}
	}
}

// checkValues compares relative to the greatest singular value, as the golden vectors ask.
func checkValues(t *testing.T, key string, w *mat.Dense, want []float64) {
	t.Helper()
	var svd mat.SVD
	if !svd.Factorize(w, mat.SVDNone) {
		t.Fatalf("%s does not converge", key)
	}
	if diff := cmp.Diff(want, svd.Values(nil), cmpopts.EquateApprox(0, 1e-6*want[0])); diff != "" {
		t.Errorf("%s (-want +got):\n%s", key, diff)
	}
}

// By hand: diag(3, 4) has values 4, 3: mean 3.5, std .5, stable rank 25/16, and diag(4, 0) no
// condition number.
func TestSummaryOfDiagonalMatrices(t *testing.T) {
	want := []number{
		{"singular mean", 3.5}, {"singular std", 0.5}, {"singular cv", 1.0 / 7}, {"singular max", 4},
		{"singular min", 3}, {"singular condition", 4.0 / 3},
		{"singular log condition", math.Log10(4.0 / 3)}, {"stable rank", 25.0 / 16},
		{"entropy rank", math.Exp(-16.0/25*math.Log(16.0/25) - 9.0/25*math.Log(9.0/25))},
	}
	opts := cmp.Options{cmp.AllowUnexported(number{}), cmpopts.EquateApprox(1e-12, 0)}
	if diff := cmp.Diff(want, summarize([]float64{4, 3}), opts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, qs, err := spectrum(context.Background(), "fc", mat.NewDense(2, 2, []float64{4, 0, 0, 0}))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range qs {
		if strings.Contains(q.Name, "condition") {
			t.Errorf("a singular matrix has %s %v", q.Name, q.Value)
		}
	}
}

// The stem of a net with activations before convolutions feeds the shortcut too: its normalization
// cannot be folded into it; that between the two convolutions of a block can.
func TestOnlyALayerThatFeedsNormalizationAloneIsFolded(t *testing.T) {
	n, err := (&arch.WideResNet{Depth: 10, Widen: 1}).Network([]int{3, 8, 8}, 10)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := n.Init(1)
	if err != nil {
		t.Fatal(err)
	}
	qs, err := (&Spectrum{FoldBatchNorm: true}).Probe(context.Background(),
		arbench.Subject{Network: n, Params: ps})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range qs {
		if layer, ok := strings.CutSuffix(q.Detail, "/folded"); ok && q.Name == "singular max" {
			got = append(got, layer)
		}
	}
	want := []string{"block1.layer.0.conv1", "block2.layer.0.conv1", "block3.layer.0.conv1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("folded layers (-want +got):\n%s", diff)
	}
}

func TestMeanOverLayersHasEachLayerOnce(t *testing.T) {
	s := subjectOf(t, "mlp_digits")
	qs, err := (&Spectrum{FoldBatchNorm: true}).Probe(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	sum, got := 0.0, arbench.Quantity{}
	for _, q := range qs {
		switch q.Name {
		case "singular std":
			sum += q.Value
		case "singular std mean":
			got = q
		}
	}
	if math.Abs(got.Value-sum/3) > 1e-12 || got.N != 3 {
		t.Errorf("mean %v of %d layers, want %v of 3", got.Value, got.N, sum/3)
	}
}

func TestSpectrumRefusesBrokenWeights(t *testing.T) {
	s := subjectOf(t, "mlp_digits")
	ps := s.Params
	tests := []struct {
		name  string
		spoil func(s *arbench.Subject)
		want  string
	}{
		{"without net", func(s *arbench.Subject) { s.Network = nil }, "layers of the model"},
		{"without weights", func(s *arbench.Subject) { s.Params = nil }, `"fc1" has no weight`},
		{"with a NaN", func(s *arbench.Subject) {
			s.Params = append(ps[:0:0], ps...)
			for i, p := range s.Params {
				if p.Name == "fc2.weight" {
					s.Params[i].Value = p.Value.Clone()
					s.Params[i].Value.Data[5] = float32(math.NaN())
				}
			}
		}, `"fc2": its weight holds a NaN`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := s
			tt.spoil(&bad)
			_, err := (&Spectrum{}).Probe(context.Background(), bad)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
