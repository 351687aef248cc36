package apgd

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/internal/golden"
	"github.com/google/go-cmp/cmp"
)

// mostMissed rows of a net's 288 may miss a tolerance of the golden vectors. Those of the reference's
// float32 are not exact: where its loss is 4e-6, its derivative is good to 3 %; where a component of a
// derivative is nearly 0, the last bits of an arithmetic give its sign.
const mostMissed = 6

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
		file, missed := open(t, "apgd_"+tt.net), []string(nil)
		for norm, eps := range tt.eps {
			for _, loss := range []string{"ce", "dlr", "dlrt"} {
				for _, steps := range []int{10, 100} {
					key := fmt.Sprintf("%s.%s.%d", strings.ToUpper(string(norm[:1]))+string(norm[1:]), loss, steps)
					t.Run(tt.name+"/"+key, func(t *testing.T) {
						tr := trial(t, tt.model, examples(t, tt.data, 16), arbench.Threat{Norm: norm, Eps: eps})
						start := tr.X
						if norm == arbench.L1 {
							start = file.Floats("l1_start")
						}
						got := record(t, tr, lossOf(tr, file, key, loss), start, []phase{{1, steps}}, count(file, key))
						missed = append(missed, compare(t, file, key, got)...)
					})
				}
			}
		}
		if len(missed) > 0 {
			t.Logf("%s: %d of 288 rows miss a tolerance:\n%s", tt.name, len(missed), strings.Join(missed, "\n"))
		}
		if len(missed) > mostMissed {
			t.Errorf("%s: want at most %d", tt.name, mostMissed)
		}
	}
}

// TestScheduleAgreesWithReference compares the three balls of the schedule of L1. The file has no
// numbers of changed pixels for it, so images are compared until a checkpoint decides otherwise because
// the reference counts pixels that have changed by rounding alone.
func TestScheduleAgreesWithReference(t *testing.T) {
	file, model := open(t, "apgd_mlp_digits"), openNet(t, "mlp_digits")
	for steps, most := range map[int]int{10: 1, 100: 5} {
		key := fmt.Sprintf("L1large.ce.%d", steps)
		t.Run(key, func(t *testing.T) {
			tr := trial(t, model, examples(t, "digits", 16), arbench.Threat{Norm: arbench.L1, Eps: 2})
			phases := (&Attack{Steps: steps, Schedule: true}).phases(arbench.L1)
			got := record(t, tr, goal.Untargeted(tr.Y, "ce"), file.Floats("l1_start"), phases, nil)
			loss, step, acc := file.Floats(key+".loss"), file.Floats(key+".step"), file.Ints(key+".acc")
			parted := 0
			for i, s := range got.searches {
				k := 0
				for ; k < steps && math.Abs(got.step[k][i]-float64(step.Row(k)[i])) < 1e-6; k++ {
					near(t, fmt.Sprintf("row %d: loss after step %d", i, k), got.loss[k][i], loss.Row(k)[i], 1e-4)
				}
				tolerance := 1e-4
				if k < steps {
					parted++
					tolerance = 5e-3
				}
				near(t, fmt.Sprintf("row %d: greatest loss", i), s.most, file.Floats(key + ".loss_best").Data[i], tolerance)
				if s.broken != (acc[i] == 0) {
					t.Errorf("row %d: broken is %v, want %v", i, s.broken, acc[i] == 0)
				}
				want := file.Floats(key + ".x_best").Row(i)
				if d := (arbench.Threat{Norm: arbench.Linf}).Distance(s.best, want); k == steps && d > 1e-3 {
					t.Errorf("row %d: a pixel of the best point is off by %v", i, d)
				}
			}
			if parted > most {
				t.Errorf("%d of 16 images parted from the reference, want at most %d", parted, most)
			}
		})
	}
}

var (
	digitsEps  = map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 0.5, arbench.L1: 2}
	fashionEps = map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 1.5, arbench.L1: 12}
)

// compare holds a recording against the reference with the tolerances of testdata/golden, section 5, and
// returns what it found for each row that misses one. Whether an image is broken, and within 5e-3 its
// greatest loss, must be the reference's in those too.
func compare(t *testing.T, f *golden.File, key string, got recording) (missed []string) {
	t.Helper()
	if diff := cmp.Diff(f.Ints(key+".chk"), got.checks); diff != "" {
		t.Errorf("checkpoints: -want +got:\n%s", diff)
	}
	acc := f.Ints(key + ".acc")
	for i, s := range got.searches {
		if s.broken != (acc[i] == 0) {
			t.Errorf("row %d: broken is %v, want %v", i, s.broken, acc[i] == 0)
		}
		stable := f.Ints(key + ".stable")[i] == 1
		if stable {
			near(t, fmt.Sprintf("row %d: greatest loss", i), s.most, f.Floats(key + ".loss_best").Data[i], 5e-3)
		}
		if why := compareRow(f, key, got, i, stable); why != "" {
			missed = append(missed, fmt.Sprintf("%s: row %d: %s", key, i, why))
		}
	}
	return missed
}

// compareRow returns the first difference of row i; of one that is not stable it compares losses, before
// the two runs of the reference part, which is when they differ by 1e-3.
func compareRow(f *golden.File, key string, got recording, i int, stable bool) string {
	loss, step, s := f.Floats(key+".loss"), f.Floats(key+".step"), got.searches[i]
	rows, tolerance := len(got.loss), 1e-4
	if !stable {
		rows, tolerance = f.Ints(key + ".departs")[i], 2e-3
	}
	for k := range rows {
		if !isNear(got.loss[k][i], loss.Row(k)[i], tolerance) {
			return fmt.Sprintf("loss %v after step %d, want %v", got.loss[k][i], k, loss.Row(k)[i])
		}
		if stable && !isNear(got.step[k][i], step.Row(k)[i], 1e-6) {
			return fmt.Sprintf("size %v of step %d, want %v", got.step[k][i], k, step.Row(k)[i])
		}
	}
	if !stable {
		return ""
	}
	if want := f.Floats(key + ".loss0").Data[i]; !isNear(got.loss0[i], want, tolerance) {
		return fmt.Sprintf("loss %v at the start, want %v", got.loss0[i], want)
	}
	if want := f.Floats(key + ".loss_best").Data[i]; !isNear(s.most, want, tolerance) {
		return fmt.Sprintf("greatest loss %v, want %v", s.most, want)
	}
	if want := f.Ints(key + ".acc_steps")[i]; got.accSteps[i] != want {
		return fmt.Sprintf("correct in %d points, want %d", got.accSteps[i], want)
	}
	if f.Has(key + ".x_best") {
		d := arbench.Threat{Norm: arbench.Linf}.Distance(s.best, f.Floats(key+".x_best").Row(i))
		if d > 1e-3 {
			return fmt.Sprintf("a pixel of the best point is off by %v", d)
		}
	}
	return ""
}

func isNear(got float64, want float32, tolerance float64) bool {
	w := float64(want)
	return math.Abs(got-w) <= tolerance*(1+math.Abs(w))
}

func near(t *testing.T, what string, got float64, want float32, tolerance float64) {
	t.Helper()
	if !isNear(got, want, tolerance) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

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
