package apgd

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// altered changes the passes of a model.
type altered struct {
	arbench.Model
	alter func(c arbench.Call, p arbench.Pass)
}

func (m altered) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	p, err := m.Model.Run(ctx, c)
	if err == nil {
		m.alter(c, p)
	}
	return p, err
}

var norms = []arbench.Threat{{Norm: arbench.Linf, Eps: 0.1}, {Norm: arbench.L2, Eps: 0.5}, {Norm: arbench.L1, Eps: 2}}

// gradient returns a wrapper that puts v in the place of all derivatives.
func gradient(v float32) func(arbench.Model) arbench.Model {
	return func(m arbench.Model) arbench.Model {
		return altered{m, func(_ arbench.Call, p arbench.Pass) {
			for _, d := range p.DX {
				for j := range d.Data {
					d.Data[j] = v
				}
			}
		}}
	}
}

// TestStaysWithoutDerivative: derivatives that are zero or no number leave each search at its start,
// which three steps cannot tell from one; infinite ones move it, within the ball.
func TestStaysWithoutDerivative(t *testing.T) {
	for _, threat := range norms {
		start := perturb(t, &Attack{Loss: "ce", Steps: 1, Restarts: 1, EOT: 1}, digits(t, gradient(0), threat))
		for _, v := range []float64{0, math.NaN(), math.Inf(1), math.Inf(-1)} {
			a := &Attack{Loss: "ce", Steps: 3, Restarts: 1, EOT: 1}
			tr := digits(t, gradient(float32(v)), threat)
			x := perturb(t, a, tr)
			if stays := slices.Equal(start.Data, x.Data); stays == math.IsInf(v, 0) {
				t.Errorf("%v: derivatives of %v: candidates are the starts: %v", threat, v, stays)
			}
			inBall(t, tr, x)
		}
	}
}

func inBall(t *testing.T, tr arbench.Trial, x arbench.Tensor) {
	t.Helper()
	for i := range x.Len() {
		if d := tr.Distance(x.Row(i), tr.X.Row(i)); !(d <= tr.At(i)*(1+1e-5)) || !arbench.InBox(x.Row(i)) {
			t.Errorf("%v: row %d has distance %v or is not in the box", tr.Threat, i, d)
		}
	}
}

// TestNaNOfOneImage: an image for which the model answers NaN stays as it is; the others do not notice.
func TestNaNOfOneImage(t *testing.T) {
	const row = 10
	nan := float32(math.NaN())
	poison := func(m arbench.Model) arbench.Model {
		return altered{m, func(c arbench.Call, p arbench.Pass) {
			i := row
			if c.Rows != nil {
				i = slices.Index(c.Rows, row)
			}
			if i < 0 {
				return
			}
			y := examples(t, "digits", 32).Y[row]
			p.Logits.Row(i)[y] = nan // which counts as the greatest, so as correct
			for l := range p.Values {
				p.Values[l][i] = math.NaN()
			}
			for _, d := range p.DX {
				for j := range d.Row(i) {
					d.Row(i)[j] = nan
				}
			}
		}}
	}
	for _, threat := range norms {
		for _, loss := range losses {
			a := with(func(a *Attack) { a.Loss, a.Targets = loss, 2 })
			tr := digits(t, poison, threat)
			want, got := perturb(t, a, digits(t, plain, threat)), perturb(t, a, tr)
			copy(want.Row(row), tr.X.Row(row))
			for i := range got.Len() {
				if !slices.Equal(want.Row(i), got.Row(i)) {
					t.Errorf("%v, %s: row %d is another candidate", threat, loss, i)
				}
			}
		}
	}
}

// TestBallLargerThanTheBox: a ball that holds the whole box is the smallest one that does.
func TestBallLargerThanTheBox(t *testing.T) {
	for _, tt := range []struct {
		norm     arbench.Norm
		diameter float64 // of 64 pixels
	}{{arbench.Linf, 1}, {arbench.L2, 8}, {arbench.L1, 64}} {
		a := with(func(*Attack) {})
		want := perturb(t, a, digits(t, plain, arbench.Threat{Norm: tt.norm, Eps: tt.diameter}))
		for _, eps := range []float64{1e3, 1e300} {
			got := perturb(t, a, digits(t, plain, arbench.Threat{Norm: tt.norm, Eps: eps}))
			if !slices.Equal(want.Data, got.Data) || !arbench.InBox(got.Data) {
				t.Errorf("%s: eps %v gives other candidates than %v", tt.norm, eps, tt.diameter)
			}
		}
	}
}

// TestKeysAreNeverUsedTwice: a model that draws numbers draws others in each pass, and the same for an
// image whatever its batch.
func TestKeysAreNeverUsedTwice(t *testing.T) {
	keys := func(rows []int, loss string) []uint64 {
		var used []uint64
		m := altered{openNet(t, "mlp_digits"), func(c arbench.Call, _ arbench.Pass) { used = append(used, c.Key) }}
		b := examples(t, "digits", 32).Gather(rows)
		tr := trial(t, m, b, arbench.Threat{Norm: arbench.L1, Eps: 0.1})
		perturb(t, with(func(a *Attack) { a.Loss, a.Restarts, a.EOT, a.Targets = loss, 2, 3, 2 }), tr)
		return used
	}
	for _, loss := range losses {
		used := keys([]int{0, 1, 2}, loss)
		if alone := keys([]int{0}, loss); !slices.Equal(used[:len(alone)], alone) {
			t.Errorf("%s: the keys of image 0 depend on its batch", loss)
		}
		n := len(used)
		slices.Sort(used)
		if len(slices.Compact(used)) != n {
			t.Errorf("%s: some of %d keys were used twice", loss, n)
		}
	}
}
