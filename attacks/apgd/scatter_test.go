package apgd

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
)

// margin is how many times the scatter of the reference a number may be away from it, besides the
// tolerance (testdata/golden, section 11).
const margin = 3

// A run is one of the reference's (testdata/golden, section 5), beside how far from it the same program
// came with other roundings (section 11).
type run struct {
	file, scatter *golden.File
	key           string // of the arrays of the run, with a dot
}

func openRun(t *testing.T, net, key string) run {
	t.Helper()
	return run{open(t, "apgd_"+net), open(t, "apgd_scatter_"+net), key + "."}
}

// counts returns, for each step and image of a run in L1, the number of changed pixels that the
// reference's share of pixels comes from; nil for other norms.
func (r run) counts() [][]int {
	file := r.file
	if !file.Has(r.key + "topk") {
		file = r.scatter // those of the schedule
	}
	if !file.Has(r.key + "topk") {
		return nil
	}
	share := file.Floats(r.key + "topk")
	pixels := float64(arbench.Volume(r.file.Floats("l1_start").Shape[1:]))
	out := make([][]int, share.Len())
	for k := range out {
		for _, v := range share.Row(k) {
			out[k] = append(out[k], int(math.Round(float64(v)*1.5*pixels)))
		}
	}
	return out
}

// compare holds every row of a recording against the run: numbers within the tolerances of section 5
// and the margin of the scatter, which is next to nothing in most rows; sizes of steps for as long as
// all of the reference's were the same.
func (r run) compare(t *testing.T, got recording) {
	t.Helper()
	most, acc := make([]float64, len(got.searches)), make([]int, len(got.searches))
	for i, s := range got.searches {
		if most[i] = s.most; !s.broken {
			acc[i] = 1
		}
	}
	r.near(t, "loss_best", most)
	r.near(t, "loss", slices.Concat(got.loss...))
	r.counted(t, "acc", acc)
	r.sizes(t, got.step)
	if r.file.Has(r.key + "loss0") { // not of the schedule
		r.near(t, "loss0", got.loss0)
		r.counted(t, "acc_steps", got.accSteps)
	}
	if r.file.Has(r.key + "x_best") {
		r.points(t, got.searches)
	}
}

// near compares numbers, one for each row or as many for each step.
func (r run) near(t *testing.T, name string, got []float64) {
	t.Helper()
	want, scatter := r.file.Floats(r.key+name).Data, r.scatter.Floats(r.key+name).Data
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", name, len(got), len(want))
	}
	for j, w := range want {
		w := float64(w)
		if d, most := math.Abs(got[j]-w), 1e-4*(1+math.Abs(w))+margin*float64(scatter[j]); !(d <= most) {
			t.Errorf("row %d: %s %d is %v, want %v: %v away, want at most %v", j%16, name, j/16, got[j], w, d, most)
		}
	}
}

// counted compares a count for each row.
func (r run) counted(t *testing.T, name string, got []int) {
	t.Helper()
	want := r.file.Ints(r.key + name)
	for i, scatter := range r.scatter.Ints(r.key + name) {
		if d := got[i] - want[i]; max(d, -d) > margin*scatter {
			t.Errorf("row %d: %s is %d, want %d: at most %d away", i, name, got[i], want[i], margin*scatter)
		}
	}
}

func (r run) sizes(t *testing.T, got [][]float64) {
	t.Helper()
	want := r.file.Floats(r.key + "step")
	for i, same := range r.scatter.Ints(r.key + "step") {
		for k := range same {
			if math.Abs(got[k][i]-float64(want.Row(k)[i])) > 1e-6 {
				t.Errorf("row %d: size %v of step %d, want %v", i, got[k][i], k, want.Row(k)[i])
			}
		}
	}
}

func (r run) points(t *testing.T, got []*search) {
	t.Helper()
	want, scatter := r.file.Floats(r.key+"x_best"), r.scatter.Floats(r.key+"x_best").Data
	for i, s := range got {
		d, most := (arbench.Threat{Norm: arbench.Linf}).Distance(s.best, want.Row(i)), 1e-3+margin*float64(scatter[i])
		if d > most {
			t.Errorf("row %d: a pixel of the best point is off by %v, want at most %v", i, d, most)
		}
	}
}
