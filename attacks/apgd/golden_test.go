package apgd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
)

// TestRunsAgreeWithReference compares single runs of AutoAttack's program (testdata/golden, section 5)
// with those of the MLP in float64 and of both nets on the CPU backend.
func TestRunsAgreeWithReference(t *testing.T) {
	mlp, cnn := openNet(t, "mlp_digits"), openNet(t, "cnn_fashion")
	exact, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, net, data string
		model           arbench.Model
		eps             map[arbench.Norm]float64
	}{
		{"mlp float64", "mlp_digits", "digits", exact, digitsEps},
		{"mlp gorgonia", "mlp_digits", "digits", mlp, digitsEps},
		{"cnn gorgonia", "cnn_fashion", "fashion", cnn, fashionEps},
	} {
		for norm, eps := range tt.eps {
			for _, loss := range []string{"ce", "dlr", "dlrt"} {
				for _, steps := range []int{10, 100} {
					key := fmt.Sprintf("%s.%s.%d", strings.ToUpper(string(norm[:1]))+string(norm[1:]), loss, steps)
					t.Run(tt.name+"/"+key, func(t *testing.T) {
						want := openRun(t, tt.net, key)
						tr := trial(t, tt.model, examples(t, tt.data, 16), arbench.Threat{Norm: norm, Eps: eps})
						start := tr.X
						if norm == arbench.L1 {
							start = want.file.Floats("l1_start")
						}
						got := record(t, tr, lossOf(tr, want.file, key, loss), start, []phase{{1, steps}}, want.counts())
						if diff := cmp.Diff(want.file.Ints(key+".chk"), got.checks); diff != "" {
							t.Errorf("checkpoints: -want +got:\n%s", diff)
						}
						want.compare(t, got)
					})
				}
			}
		}
	}
}

// TestScheduleAgreesWithReference compares the three balls of the schedule of L1.
func TestScheduleAgreesWithReference(t *testing.T) {
	model := openNet(t, "mlp_digits")
	for _, steps := range []int{10, 100} {
		key := fmt.Sprintf("L1large.ce.%d", steps)
		t.Run(key, func(t *testing.T) {
			want := openRun(t, "mlp_digits", key)
			tr := trial(t, model, examples(t, "digits", 16), arbench.Threat{Norm: arbench.L1, Eps: 2})
			phases := (&Attack{Steps: steps, Schedule: true}).phases(arbench.L1)
			want.compare(t, record(t, tr, goal.Untargeted(tr.Y, "ce"), want.file.Floats("l1_start"), phases, want.counts()))
		})
	}
}

var (
	digitsEps  = map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 0.5, arbench.L1: 2}
	fashionEps = map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 1.5, arbench.L1: 12}
)

// TestCheckpointsAgreeWithReference compares steps until each checkpoint for other numbers of steps.
func TestCheckpointsAgreeWithReference(t *testing.T) {
	file, model := open(t, "apgd_mlp_digits"), openNet(t, "mlp_digits")
	for key, norm := range map[string]arbench.Norm{"checkpoints": arbench.L2, "checkpoints_l1": arbench.L1} {
		for _, steps := range []int{10, 20, 50, 100, 200} {
			tr := trial(t, model, examples(t, "digits", 1), arbench.Threat{Norm: norm, Eps: 0.5})
			got := record(t, tr, goal.Untargeted(tr.Y, "ce"), tr.X, []phase{{1, steps}}, nil).checks
			if diff := cmp.Diff(file.Ints(fmt.Sprintf("%s.%d", key, steps)), got); diff != "" {
				t.Errorf("%s of %d steps: -want +got:\n%s", key, steps, diff)
			}
		}
	}
}

// TestBreaksWhatAutoAttackBreaks compares the images that random starts leave with those of AutoAttack
// (testdata/golden, section 8): apgd-ce on all 64, then apgd-t on the rest. The reference says the same
// for all its seeds.
func TestBreaksWhatAutoAttackBreaks(t *testing.T) {
	file := open(t, "autoattack")
	targeted := New()
	targeted.Loss = "dlr-targeted"
	for net, eps := range map[string]map[arbench.Norm]float64{"mlp_digits": digitsEps, "cnn_fashion": fashionEps} {
		model := openNet(t, net)
		data := net[4:]
		for norm, name := range map[arbench.Norm]string{arbench.Linf: "Linf", arbench.L2: "L2"} {
			t.Run(net+"/"+name, func(t *testing.T) {
				tr := trial(t, model, examples(t, data, 64), arbench.Threat{Norm: norm, Eps: eps[norm]})
				ce := robust(t, tr, New())
				flags := file.Ints(fmt.Sprintf("%s.%s.flags", net, name))
				if diff := cmp.Diff(flags[:64], ce); diff != "" {
					t.Errorf("after apgd-ce: -want +got:\n%s", diff)
				}
				both := robust(t, tr, targeted)
				for i, left := range ce {
					both[i] &= left
				}
				if diff := cmp.Diff(flags[64:128], both); diff != "" {
					t.Errorf("after apgd-t: -want +got:\n%s", diff)
				}
			})
		}
	}
}

// robust returns 1 for each example that the model of t still gets right.
func robust(t *testing.T, tr arbench.Trial, a *Attack) []int {
	t.Helper()
	x, err := a.Perturb(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	y, err := tr.Model.Labels(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int, len(y))
	for i := range y {
		if y[i] == tr.Y[i] {
			out[i] = 1
		}
	}
	return out
}
